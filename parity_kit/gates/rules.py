"""What `parity-kit gate` asks of candidates: the table `[gate]` of `parity.toml`.

    corpora      which committed corpora are run
    suites       which are searched in lockstep, and how many cases Hypothesis tries of each
    levels       the level that a subject must reach
    floor        fewest cases that must be equal
    unsupported  largest share of all cases that the candidate may leave out
    expected     largest share of the compared cases that its ledger may excuse
    ledger       whether what the ledger expects is excused at all

The tables `[upstream]` and `[conformance]`, about LangGraph's own tests, have `floor`, `expected`,
`ledger` and

    driven       least share of the tests that pass in which the candidate's code must run

A broken rule turns a pass into `unknown`; it changes no other verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from parity_kit.candidates.tables import Table
from parity_kit.contract import Level, SubjectKind
from parity_kit.gates.totals import GateTotals, compared
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.ledger import Ledger

MOST_EXPECTED = 0.5
"""The share of the compared cases that a ledger may excuse unless the rules say otherwise.

A ledger lists exceptions: past one half it, and not the comparison, would carry the verdict.
"""


_OF_GRAPHS = ("handover", "crash")
SUITES = (*(kind.value for kind in SubjectKind), *_OF_GRAPHS)
"""What can be searched: each subject, threads that change engines, and killed processes."""


def subject_of(suite: str) -> SubjectKind:
    """Return the subject of a suite's cases."""
    return SubjectKind.GRAPH if suite in _OF_GRAPHS else SubjectKind(suite)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a gate; without any, whatever is claimed must be equal in all corpora."""

    corpora: tuple[str, ...] = ()
    suites: Mapping[str, int] = field(default_factory=dict[str, int])
    levels: Mapping[SubjectKind, Level] = field(default_factory=dict[SubjectKind, Level])
    floor: int = 1
    unsupported: float = 1.0
    expected: float = MOST_EXPECTED
    ledger: bool = True
    driven: float = 0.0
    complete: bool = True
    """Whether all that they are about is run."""
    every_row: bool = False
    """Whether a case must show every row of the matrix that is judged."""
    accepted: tuple[str, ...] = ()
    """The functions that need not be judged where the candidate is a release; patterns."""

    def broken(self, totals: GateTotals) -> Iterator[str]:
        """Yield each rule that is broken, in words."""
        for kind, level in self.levels.items():
            claimed = totals.claimed.get(kind.value, Level.NONE.label)
            if Level[claimed.upper()] < level:
                claim = (
                    "not claimed" if claimed == Level.NONE.label else f"claimed at level {claimed}"
                )
                yield f"{kind.value} is {claim}, the rules ask for {level.label}"
            elif self.complete and not compared(totals.subjects.get(kind.value, {})):
                yield f"nothing of {kind.value} was compared, the rules ask for {level.label}"
        equal, total = totals.verdicts["equal"], totals.total
        if equal < self.floor:
            yield f"{equal:,} of {totals.counted(total)} equal, the floor is {self.floor:,}"
        unsupported, expected = totals.verdicts["unsupported"], totals.verdicts["expected"]
        if unsupported > self.unsupported * total:
            cases = f"{unsupported:,} of {total:,} cases unsupported"
            yield f"{cases}, more than the {self.unsupported:.1%} that the rules allow"
        if expected > self.expected * totals.compared:
            cases = f"{expected:,} of {totals.compared:,} compared {totals.unit}s expected"
            yield f"{cases}, more than the {self.expected:.1%} that the rules allow"

        yield from self._not_driven(totals)

    def _not_driven(self, totals: GateTotals) -> Iterator[str]:
        passed = totals.counted(totals.verdicts["equal"])
        if self.driven and totals.drove is None:
            yield f"it counts no calls, the rules ask for its code in {self.driven:.1%}"
        elif totals.drove is not None and totals.drove < self.driven * totals.verdicts["equal"]:
            ran = f"its code ran in {totals.drove:,} of {passed}"
            yield f"{ran}, the rules ask for {self.driven:.1%}"

    def not_accepted(self, totals: GateTotals) -> list[str]:
        """Return the changed functions that are not judged, without those that are accepted."""
        return [
            name
            for name in totals.unjudged
            if not any(fnmatchcase(name, pattern) for pattern in self.accepted)
        ]

    def stale(self, totals: GateTotals) -> Iterator[str]:
        """Yield each pattern of accepted functions that matches none, in words."""
        for pattern in self.accepted:
            if not any(fnmatchcase(name, pattern) for name in totals.unjudged):
                yield f"parity.toml accepts {pattern}, which no unjudged function is"

    def applied_to(self, under_test: CandidateUnderTest) -> CandidateUnderTest:
        """Return a candidate of which no more is asked than the rules want."""
        asked = {
            kind: min(level, self.levels.get(kind, level))
            for kind, level in under_test.claimed.items()
        }
        ledger = under_test.ledger if self.ledger else Ledger(under_test.ledger.file)
        return replace(under_test, claimed=asked, ledger=ledger)

    def for_others(self) -> Rules:
        """Return what of the rules is about any candidate: what is run."""
        return Rules(self.corpora, self.suites)

    def for_a_part(self) -> Rules:
        """Return what of the rules can be asked where only a part of that is run."""
        return replace(
            self, suites={}, floor=1, unsupported=1.0, expected=1.0, driven=0.0, complete=False
        )


def read_rules(table: Table) -> Rules:
    """Return the rules that a table holds.

    Raises:
        BadManifestError: Naming the key that is wrong.
    """
    subjects = [kind.value for kind in SubjectKind]
    suites, levels = table.table("suites"), table.table("levels")
    rules = Rules(
        table.texts("corpora", ()),
        {name: suites.count(name, 1) for name in suites.keys(SUITES)},
        {SubjectKind(name): _level(levels, name) for name in levels.keys(subjects)},
        table.count("floor", 1),
        table.share("unsupported", 1.0),
        table.share("expected", MOST_EXPECTED),
        table.flag("ledger", default=True),
    )
    table.finish()
    return rules


def read_test_rules(table: Table) -> Rules:
    """Return the rules that a table holds about LangGraph's own tests.

    Raises:
        BadManifestError: Naming the key that is wrong.
    """
    rules = Rules(
        floor=table.count("floor", 1),
        expected=table.share("expected", MOST_EXPECTED),
        ledger=table.flag("ledger", default=True),
        driven=table.share("driven", 0.0),
    )
    table.finish()
    return rules


def _level(table: Table, key: str) -> Level:
    labels = {level.label: level for level in Level if level}
    if (name := table.text(key)) not in labels:
        raise table.wrong(key, f"no level {name!r}", f"levels are {', '.join(labels)}")
    return labels[name]
