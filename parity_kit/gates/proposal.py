"""Entries for the ledger that would cover what a run found, as text to put into it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from parity_kit.contract import Level
from parity_kit.contract.events import CaseJudged
from parity_kit.judging.ledger import MOST_COVERED, VERDICTS
from parity_kit.judging.verdicts import cause

UNEXPLAINED = "not explained yet"


def propose(judged: Iterable[CaseJudged], until: date) -> Iterator[str]:
    """Yield an entry for each cause in each corpus, of the cases that fail."""
    groups: dict[tuple[str, tuple[str, str]], list[CaseJudged]] = {}
    for each in judged:
        if each.verdict in VERDICTS:
            key = (each.case.partition("/")[0], cause(each.verdict, each.said))
            groups.setdefault(key, []).append(each)
    for (corpus, _), cases in groups.items():
        yield _entry(corpus, cases, until)


def _entry(corpus: str, cases: Sequence[CaseJudged], until: date) -> str:
    first = cases[0]
    names = {case.case for case in cases}
    _, said = cause(first.verdict, first.said)
    lines = [
        "[[difference]]",
        f"case = {_text(first.case if len(names) == 1 else _common(corpus, names))}",
        f"differs = {_text(said.replace('#', '*'))}",
    ]
    if first.verdict == "divergent":
        level = min(Level[case.reached.upper()] for case in cases)
        lines.append(f"level = {_text(level.label)}")
    else:
        lines.append(f"verdict = {_text(first.verdict)}")
    lines += [f"reason = {_text(UNEXPLAINED)}", f"until = {until}"]
    if len(cases) > MOST_COVERED:
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
