"""The ledger: a candidate's known differences, each with a reason and an end.

`expected.toml` beside the manifest holds one table for each:

    [[difference]]
    case = "savers/*"               which cases: `*` stands for anything
    differs = "*: stored write/*"   what the verdict on them says, the same way
    verdict = "divergent"           crashed, hung or protocol error; may be left out
    level = "trace"                 the level they still reach at least, for divergent
    reason = "one sentence"
    link = "https://…"              may be left out
    until = 2027-06-30              the last day it holds
    wide = true                     it may cover more than 25 cases

A difference that no entry covers stays what it is, under whatever entry its case may be. An entry
fails the gate, as `stale`, if it has ended; and where all committed cases were run, if it covers
none of them, or too many.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

from parity_kit.contract import CaseId, Level
from parity_kit.contract.errors import BadFileError
from parity_kit.judging.verdicts import Divergent, Expected, Verdict, headline, label

FILE = "expected.toml"
MOST_COVERED = 25
"""Cases an entry may cover unless it says that it is wide."""
VERDICTS = ("divergent", "crashed", "hung", "protocol error")
_SEARCHED = "lockstep/"
_HINT = "see: parity-kit docs ledger"
_KEYS = {"case", "differs", "verdict", "level", "reason", "link", "until", "wide"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One known difference; `level` is the least level its cases still reach."""

    number: int
    case: str
    differs: str
    verdict: str
    level: Level
    reason: str
    until: date
    link: str = ""
    wide: bool = False

    def concerns(self, case: CaseId) -> bool:
        """Whether a case is one of those the entry is about."""
        return _matches(self.case, case)

    def covers(self, case: CaseId, verdict: Verdict) -> bool:
        """Whether this is the difference the entry knows."""
        reached = verdict.reached if isinstance(verdict, Divergent) else Level.NONE
        return (
            self.concerns(case)
            and self.verdict == label(verdict)
            and self.level <= reached
            and _matches(self.differs, headline(verdict))
        )


@dataclass(frozen=True, slots=True)
class Stale:
    """An entry that fails the gate, and why."""

    entry: Entry
    problem: str


@dataclass(slots=True)
class Ledger:
    """A candidate's entries, and what they came to in one run."""

    file: Path
    entries: Sequence[Entry] = ()
    concerned: Counter[int] = field(default_factory=Counter[int])
    covered: Counter[int] = field(default_factory=Counter[int])

    def held_against(self, case: CaseId, verdict: Verdict) -> Verdict:
        """Return the verdict, or `Expected` where an entry covers it."""
        entry = self.expects(case, verdict)
        if entry is None:
            return verdict
        reached = verdict.reached if isinstance(verdict, Divergent) else Level.NONE
        return Expected(entry.reason, reached)

    def expects(self, case: CaseId, verdict: Verdict) -> Entry | None:
        """Count a case, and return the entry that covers the verdict on it, if one does."""
        found = None
        for entry in self.entries:
            if entry.concerns(case):
                self.concerned[entry.number] += 1
                if found is None and entry.covers(case, verdict):
                    self.covered[entry.number] += 1
                    found = entry
        return found

    def stale(self, today: date, *, whole: bool) -> Iterator[Stale]:
        """Yield the entries that fail. `whole` says that every committed case was run."""
        for entry in self.entries:
            if problem := self._problem(entry, today, whole=whole):
                yield Stale(entry, problem)

    def _problem(self, entry: Entry, today: date, *, whole: bool) -> str:
        concerned, covered = self.concerned[entry.number], self.covered[entry.number]
        if entry.until < today:
            return f"ended on {entry.until}"
        if not whole or entry.case.startswith(_SEARCHED):
            # Others of its cases may show the difference.
            return ""
        if not concerned:
            return "matches no case"
        if not covered:
            return f"none of its {concerned} cases shows that difference"
        if covered > MOST_COVERED and not entry.wide:
            return (
                f"hides {covered} cases, more than {MOST_COVERED}, and does not say `wide = true`"
            )
        return ""


def read_ledger(folder: Path) -> Ledger:
    """Return the ledger in a candidate's folder; an empty one where there is no file.

    Raises:
        BadFileError: If the file breaks a rule; names the entry and the key.
    """
    file = folder / FILE
    if not file.is_file():
        return Ledger(file)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadFileError(f"is not TOML: {error}", where=str(file), hint=_HINT) from error
    entries: Any = data.pop("difference", [])
    if data or not isinstance(entries, list):
        key = next(iter(data), "difference")
        raise BadFileError(f"`{key}` is not [[difference]]", where=str(file), hint=_HINT)
    tables = cast("list[Mapping[str, Any]]", entries)
    return Ledger(file, [_entry(file, number, each) for number, each in enumerate(tables, 1)])


def _entry(file: Path, number: int, table: Mapping[str, Any]) -> Entry:
    where = f"{file}: difference {number}"

    def wrong(key: str, problem: str) -> BadFileError:
        return BadFileError(problem, where=f"{where}, `{key}`", hint=_HINT)

    def text(key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise wrong(
                key, "is missing" if value is None else "must be a string that says something"
            )
        return value

    if unknown := sorted(set(table) - _KEYS):
        raise wrong(unknown[0], f"no such key; there are {', '.join(sorted(_KEYS))}")
    verdict = text("verdict", "divergent")
    if verdict not in VERDICTS:
        raise wrong("verdict", f"no verdict {verdict!r}; one of {', '.join(VERDICTS)}")
    until = table.get("until")
    if type(until) is not date:
        raise wrong("until", "must be a date, as 2027-06-30: no difference is expected for ever")
    if not isinstance(wide := table.get("wide", False), bool):
        raise wrong("wide", "must be true or false")
    level = Level.NONE
    if verdict == "divergent":
        labels = {each.label: each for each in Level if each < Level.BYTES}
        if (named := text("level")) not in labels:
            raise wrong("level", f"no level {named!r}; one of {', '.join(labels)}")
        level = labels[named]
    return Entry(
        number,
        text("case"),
        text("differs"),
        verdict,
        level,
        text("reason"),
        until,
        text("link", ""),
        wide,
    )


def _matches(pattern: str, text: str) -> bool:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, text, re.DOTALL) is not None
