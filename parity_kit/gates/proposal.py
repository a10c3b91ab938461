"""Entries for the ledger that would cover what a run found, as text to put into it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from parity_kit.contract import Level
from parity_kit.contract.errors import LAST_WORDS
from parity_kit.contract.events import CaseJudged
from parity_kit.judging.ledger import MOST_COVERED, UNEXPLAINED, VERDICTS


def propose(judged: Iterable[CaseJudged], until: date) -> Iterator[str]:
    """Yield an entry for each kind of place in each corpus, of the cases that fail."""
    groups: dict[tuple[str, str, str], list[tuple[str, Level]]] = {}
    for case in judged:
        if case.verdict == "divergent":
            places = [(_pattern(item["headline"]), item["level"]) for item in case.differences]
        elif case.verdict in VERDICTS:
            places = [(_pattern(case.said), "result")]
        else:
            continue
        for pattern, level in places:
            key = (case.case.partition("/")[0], case.verdict, pattern)
            groups.setdefault(key, []).append((case.case, Level(Level[level.upper()] - 1)))
    for (corpus, verdict, pattern), cases in groups.items():
        yield _entry(corpus, verdict, pattern, cases, until)


def _pattern(headline: str) -> str:
    """Return a pattern of the first line, without names, numbers and ids that follow the case."""
    first = headline.partition(LAST_WORDS)[0].partition("\n")[0]
    return re.sub(r"\bcase \S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", "*", first)


def _entry(
    corpus: str, verdict: str, pattern: str, cases: Sequence[tuple[str, Level]], until: date
) -> str:
    names = dict.fromkeys(name for name, _ in cases)
    lines = [
        "[[difference]]",
        f"case = {_text(cases[0][0] if len(names) == 1 else _common(corpus, names))}",
        f"differs = {_text(pattern)}",
    ]
    if verdict == "divergent":
        level = min(level for _, level in cases)
        lines.append(f"level = {_text(level.label)}")
    else:
        lines.append(f"verdict = {_text(verdict)}")
    lines += [f"reason = {_text(UNEXPLAINED)}", f"until = {until}"]
    if len(names) > MOST_COVERED:
        lines.append("wide = true")
    return "\n".join(lines) + "\n"


def _common(corpus: str, names: Iterable[str]) -> str:
    """Return the pattern of the folder that all names are in."""
    parts = [name.split("/")[:-1] for name in names]
    shared = [corpus]
    for level in zip(*(part[1:] for part in parts), strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join([*shared, "*"])


def _text(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
