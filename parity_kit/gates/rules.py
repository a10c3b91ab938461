"""What `parity-kit gate` asks of candidates: the table `[gate]` of `parity.toml`.

    corpora      which committed corpora are run
    suites       which are searched in lockstep, and how many cases Hypothesis tries of each
    levels       the level that a subject must reach
    floor        fewest cases that must be compared
    unsupported  the tripwires: the largest share of the cases that the candidate may leave out,
    expected     and that its ledger may excuse
    ledger       whether what the ledger expects is excused at all

A rule that is broken makes `unknown` of what would have been a pass; it changes no other verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from parity_kit.candidates.tables import Table
from parity_kit.contract import Level, SubjectKind
from parity_kit.contract.events import Event, GateFinished
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a gate; without any, whatever is claimed must be equal in all corpora."""

    corpora: tuple[str, ...] = ()
    suites: Mapping[str, int] = field(default_factory=dict[str, int])
    levels: Mapping[SubjectKind, Level] = field(default_factory=dict[SubjectKind, Level])
    floor: int = 1
    unsupported: float = 1.0
    expected: float = 1.0
    ledger: bool = True
    whole: bool = True
    """Whether all that they are about is run."""

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
        return replace(self, suites={}, floor=1, unsupported=1.0, expected=1.0, whole=False)


@dataclass(slots=True)
class GateTotals:
    """What the gates of one candidate came to, as far as rules ask for it."""

    claimed: Mapping[SubjectKind, Level] = field(default_factory=dict[SubjectKind, Level])
    verdicts: Counter[str] = field(default_factory=Counter[str])
    compared: Counter[str] = field(default_factory=Counter[str])
    """How many cases of each subject were compared."""

    def emit(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, GateFinished):
            self.verdicts.update(event.verdicts)
            for kind, each in event.subjects.items():
                self.compared[kind] += _compared(each["verdicts"])

    def broken(self, rules: Rules) -> Iterator[str]:
        """Yield each rule that is broken, in words."""
        for kind, level in rules.levels.items():
            if (claimed := self.claimed.get(kind, Level.NONE)) < level:
                said = f"claimed at level {claimed.label}" if claimed else "not claimed"
                yield f"{kind.value} is {said}, the rules ask for {level.label}"
            elif rules.whole and not self.compared[kind.value]:
                yield f"nothing of {kind.value} was compared, the rules ask for {level.label}"
        total = sum(self.verdicts.values())
        if (compared := _compared(self.verdicts)) < rules.floor:
            yield f"{compared:,} cases compared, the floor is {rules.floor:,}"
        for word, most in (("unsupported", rules.unsupported), ("expected", rules.expected)):
            if self.verdicts[word] > most * total:
                said = f"{self.verdicts[word]:,} of {total:,} cases {word}"
                yield f"{said}, more than the {most:.1%} that the rules allow"


def _compared(verdicts: Mapping[str, int]) -> int:
    return sum(verdicts.get(word, 0) for word in ("equal", "divergent", "expected"))


def read_rules(table: Table) -> Rules:
    """Return the rules that a table holds.

    Raises:
        BadManifestError: Naming the key that is wrong.
    """
    subjects = [kind.value for kind in SubjectKind]
    suites, levels = table.table("suites"), table.table("levels")
    rules = Rules(
        table.texts("corpora", ()),
        {name: suites.count(name, 1) for name in suites.keys(subjects)},
        {SubjectKind(name): _level(levels, name) for name in levels.keys(subjects)},
        table.count("floor", 1),
        table.share("unsupported", 1.0),
        table.share("expected", 1.0),
        table.flag("ledger", default=True),
    )
    table.finish()
    return rules


def _level(table: Table, key: str) -> Level:
    labels = {level.label: level for level in Level if level}
    if (name := table.text(key)) not in labels:
        raise table.wrong(key, f"no level {name!r}", f"levels are {', '.join(labels)}")
    return labels[name]
