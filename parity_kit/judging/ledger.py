"""The ledger: a candidate's known differences, each with a reason and an end.

`expected.toml` beside the manifest holds one table for each:

    [[difference]]
    case = "savers/*"               which cases: `*` stands for anything
    differs = "*: stored write/*"   what the verdict on them says, the same way
                                    (either may be a list: any of these cases, each of these places)
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

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any, cast

from parity_kit.contract import CaseId, Level
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import is_there, read_text
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
_JUDGED_APART = (_SEARCHED, "upstream/", "conformance/")
"""How the ids of cases begin that no gate on committed cases runs."""
_HINT = "see: parity-kit docs ledger"
_KEYS = {"case", "differs", "verdict", "level", "reason", "link", "until", "wide"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One known difference; `level` is the level up to which the engines agree there.

    `number` is that of its table in the file; a table that lists several places in `differs` is
    several entries, each with an `index` of its own.
    """

    index: int
    number: int
    cases: tuple[str, ...]
    differs: str
    verdict: str
    level: Level
    reason: str
    until: date
    link: str = ""
    wide: bool = False

    def concerns(self, case: CaseId) -> bool:
        """Whether a case is one of those the entry is about."""
        return any(_matches(pattern, case) for pattern in self.cases)

    @property
    def case(self) -> str:
        """The patterns of its cases, in one line."""
        return ", ".join(self.cases)

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
        known = {entry.index: entry for entry in covering if entry is not None}
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

    def reason(self, case: CaseId, verdict: str, text: str) -> str:
        """Return why a failure is known that is none of a case's outcomes; "" if it is not."""
        entries = [entry for entry in self.entries if entry.concerns(case)]
        known = _covering(entries, verdict, Level.NONE, text)
        self._count(case, entries, [known.index] if known else [])
        return known.reason if known else ""

    def _count(self, case: CaseId, entries: Iterable[Entry], covering: Iterable[int]) -> None:
        """Count a committed case once, however often it is judged."""
        if case in self.judged or case.startswith(_SEARCHED):
            return
        self.judged.add(case)
        self.concerned.update(entry.index for entry in entries)
        self.covered.update(list(covering))

    def add(self, other: Ledger) -> None:
        """Add what the same entries came to on other cases."""
        self.judged |= other.judged
        self.concerned.update(other.concerned)
        self.covered.update(other.covered)

    def forget(self) -> None:
        """Forget what the entries came to."""
        for counts in (self.judged, self.concerned, self.covered):
            counts.clear()

    def stale(self, today: date, *, complete: bool, kind: str = "") -> Iterator[Stale]:
        """Yield the entries that fail.

        `complete` says that every case was run: every committed one, or those of another `kind`,
        such as `upstream`.
        """
        for entry in self.entries:
            apart = next((item for item in _JUDGED_APART if entry.cases[0].startswith(item)), "")
            all_run = complete and apart == (kind and f"{kind}/")
            if problem := self._problem(entry, today, complete=all_run):
                yield Stale(entry, problem)

    def _problem(self, entry: Entry, today: date, *, complete: bool) -> str:
        if entry.until < today:
            return f"ended on {entry.until}"
        if UNEXPLAINED in entry.reason:
            return f"its reason is still `{UNEXPLAINED}`: say why the candidate differs"
        return self._miscount(entry) if complete else ""

    def _miscount(self, entry: Entry) -> str:
        concerned, covered = self.concerned[entry.index], self.covered[entry.index]
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
    if not is_there(file):
        return Ledger(file)
    try:
        data = tomllib.loads(read_text(file, hint=_HINT))
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"is not TOML: {error}", where=str(file), hint=_HINT) from error
    entries: Any = data.pop("difference", [])
    if data or not isinstance(entries, list):
        key = next(iter(data), "difference")
        raise BadFileError(f"`{key}` is not [[difference]]", where=str(file), hint=_HINT)
    tables = cast("list[Mapping[str, Any]]", entries)
    known: list[Entry] = []
    for number, table in enumerate(tables, 1):
        where = f"{file}: difference {number}"
        known += _entries(_Table(where, table), number, len(known) + 1)
    return Ledger(file, known)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, read key by key; every mistake names the table and the key."""

    where: str
    keys: Mapping[str, Any]

    def wrong(self, key: str, problem: str) -> BadFileError:
        return BadFileError(problem, where=f"{self.where}, `{key}`", hint=_HINT)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.keys.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            problem = "is missing" if value is None else "must be a string that says something"
            raise self.wrong(key, problem)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value: Any = self.keys.get(key)
        if not isinstance(value, list):
            return (self.text(key),)
        patterns = cast("list[object]", value)
        if not patterns or not all(isinstance(item, str) and item.strip() for item in patterns):
            raise self.wrong(key, "must be a string, or a list of strings that say something")
        return tuple(map(str, patterns))

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        if (chosen := self.text(key, default)) not in choices:
            raise self.wrong(key, f"no {key} {chosen!r}; one of {', '.join(choices)}")
        return chosen


def _entries(table: _Table, number: int, start: int) -> list[Entry]:
    if unknown := sorted(set(table.keys) - _KEYS):
        raise table.wrong(unknown[0], f"no such key; there are {', '.join(sorted(_KEYS))}")
    verdict = table.choice("verdict", VERDICTS, "divergent")
    until = table.keys.get("until")
    if type(until) is not date:
        raise table.wrong(
            "until", "must be a date, as 2027-06-30: no difference is expected for ever"
        )
    if not isinstance(wide := table.keys.get("wide", False), bool):
        raise table.wrong("wide", "must be true or false")
    levels = {level.label: level for level in Level if level < Level.BYTES}
    level = levels[table.choice("level", levels)] if verdict == "divergent" else Level.NONE
    cases, places = table.texts("case"), table.texts("differs")
    if level is Level.NONE and any(_says_nothing(*pair) for pair in product(cases, places)):
        raise table.wrong(
            "differs",
            f"excuses whatever the cases `{', '.join(cases)}` differ in; name the place that"
            " differs, such as `*: value $.next*` (`parity-kit ledger propose` writes entries)",
        )
    reason, link = table.text("reason"), table.text("link", "")
    return [
        Entry(index, number, cases, differs, verdict, level, reason, until, link, wide)
        for index, differs in enumerate(places, start)
    ]


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
    matches_corpora = "/" not in case.rstrip("*/")
    return matches_corpora and all(_matches(differs, text) for text in _ANY)


def _matches(pattern: str, text: str) -> bool:
    """Whether a text matches, in time linear in its length: a candidate may have chosen it."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    last = parts.pop()
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in parts:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
