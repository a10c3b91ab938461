"""The ledger: a candidate's known differences, each with a reason and an end.

`expected.toml` beside the manifest holds one table for each:

    [[difference]]
    case = "savers/*"               which cases: `*` stands for anything
    differs = "*: stored write/*"   what the verdict on them says, the same way
    verdict = "divergent"           crashed, hung or protocol error; may be left out
    level = "trace"                 the level at which they agree all the same, for divergent
    reason = "one sentence"
    link = "https://…"              may be left out
    until = 2027-06-30              the last day it holds
    wide = true                     it may cover more than 25 cases

A case is expected only if entries cover all of its differences; those that none covers are what the
verdict shows. An entry fails the gate, as `stale`, if it has ended or gives no reason; and where
all committed cases were run, if it covers none of them, or too many.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from parity_kit.contract import CaseId, Level
from parity_kit.contract.errors import BadFileError
from parity_kit.judging.verdicts import (
    Divergent,
    Expected,
    NotSupported,
    Verdict,
    headline,
    label,
)

FILE = "expected.toml"
UNEXPLAINED = "not explained yet"
"""The reason in a proposed entry: it fails the gate until somebody writes a true one."""
MOST_COVERED = 25
"""Cases an entry may cover unless it says that it is wide."""
VERDICTS = ("divergent", "crashed", "hung", "protocol error")
_SEARCHED = "lockstep/"
_HINT = "see: parity-kit docs ledger"
_KEYS = {"case", "differs", "verdict", "level", "reason", "link", "until", "wide"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One known difference; `level` is the level up to which the engines agree there."""

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

    def covers(self, verdict: str, agreement: Level, text: str) -> bool:
        """Whether this is the difference the entry knows."""
        return self.verdict == verdict and self.level <= agreement and _matches(self.differs, text)


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
    judged: set[CaseId] = field(default_factory=set[CaseId])

    def held_against(self, case: CaseId, verdict: Verdict) -> Verdict:
        """Return the verdict without what entries cover: `Expected` where that is all of it."""
        entries = [entry for entry in self.entries if entry.concerns(case)]
        if not entries:
            return verdict
        label_ = label(verdict)
        covering = [
            _covering(entries, label_, agreement, text) for agreement, text in _places(verdict)
        ]
        known = {entry.number: entry for entry in covering if entry is not None}
        self._count(case, entries, known)
        if not known:
            return verdict
        reason = "; ".join(dict.fromkeys(entry.reason for entry in known.values()))
        if not isinstance(verdict, Divergent):
            return Expected(reason, Level.NONE)
        rest = tuple(
            difference
            for difference, entry in zip(verdict.differences, covering, strict=True)
            if entry is None
        )
        if rest or verdict.more:
            # Nobody looked at those that are not listed: then all stay.
            return replace(verdict, differences=rest or verdict.differences)
        if verdict.unsupported:
            return NotSupported(verdict.unsupported)
        return Expected(reason, verdict.reached)

    def _count(self, case: CaseId, entries: Iterable[Entry], covering: Iterable[int]) -> None:
        """Count a committed case once, however often it is judged."""
        if case in self.judged or case.startswith(_SEARCHED):
            return
        self.judged.add(case)
        self.concerned.update(entry.number for entry in entries)
        self.covered.update(list(covering))

    def stale(self, today: date, *, whole: bool) -> Iterator[Stale]:
        """Yield the entries that fail. `whole` says that every committed case was run."""
        for entry in self.entries:
            if problem := self._problem(entry, today, whole=whole):
                yield Stale(entry, problem)

    def _problem(self, entry: Entry, today: date, *, whole: bool) -> str:
        if entry.until < today:
            return f"ended on {entry.until}"
        if UNEXPLAINED in entry.reason:
            return f"its reason is still `{UNEXPLAINED}`: say why the candidate differs"
        # Of cases that a search makes, others may show the difference.
        return self._miscount(entry) if whole and not entry.case.startswith(_SEARCHED) else ""

    def _miscount(self, entry: Entry) -> str:
        concerned, covered = self.concerned[entry.number], self.covered[entry.number]
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

    def choice(key: str, choices: Iterable[str], default: str | None = None) -> str:
        if (chosen := text(key, default)) not in choices:
            raise wrong(key, f"no {key} {chosen!r}; one of {', '.join(choices)}")
        return chosen

    if unknown := sorted(set(table) - _KEYS):
        raise wrong(unknown[0], f"no such key; there are {', '.join(sorted(_KEYS))}")
    verdict = choice("verdict", VERDICTS, "divergent")
    until = table.get("until")
    if type(until) is not date:
        raise wrong("until", "must be a date, as 2027-06-30: no difference is expected for ever")
    if not isinstance(wide := table.get("wide", False), bool):
        raise wrong("wide", "must be true or false")
    levels = {level.label: level for level in Level if level < Level.BYTES}
    level = levels[choice("level", levels)] if verdict == "divergent" else Level.NONE
    case, differs = text("case"), text("differs")
    if level is Level.NONE and _says_nothing(case, differs):
        raise wrong(
            "differs",
            f"excuses whatever the cases `{case}` differ in; name the place that differs, such as"
            " `*: value $.next*` (`parity-kit ledger propose` writes such entries)",
        )
    return Entry(
        number,
        case,
        differs,
        verdict,
        level,
        text("reason"),
        until,
        text("link", ""),
        wide,
    )


def _places(verdict: Verdict) -> list[tuple[Level, str]]:
    """Return what entries have to cover: the level at which both agree there, and the place."""
    if isinstance(verdict, Divergent):
        return [(Level(item.level - 1), item.headline()) for item in verdict.differences]
    return [(Level.NONE, headline(verdict))]


def _covering(entries: Iterable[Entry], verdict: str, agreement: Level, text: str) -> Entry | None:
    return next((entry for entry in entries if entry.covers(verdict, agreement, text)), None)


_ANY = (
    "operation 0 (invoke): value $.n at byte 3",
    "operation 1 (stream), step 1: event 0 checkpoints $[2].next at byte 7",
    "operation 2 (put): raised instead of returned",
    "operation 3 (update): stored blob/t//n/1/msgpack $ at byte 0",
)
"""Differences that have nothing in common: a pattern that matches all of them says nothing."""


def _says_nothing(case: str, differs: str) -> bool:
    """Whether an entry excuses anything that whole corpora may differ in."""
    whole = "/" not in case.rstrip("*/")
    return whole and all(_matches(differs, text) for text in _ANY)


def _matches(pattern: str, text: str) -> bool:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, text, re.DOTALL) is not None
