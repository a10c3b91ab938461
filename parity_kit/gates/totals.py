"""What the gates of one candidate add up to: all that its conclusion is drawn from."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from parity_kit.contract import Level
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateStarted,
    DivergenceFound,
    EngagementSeen,
    EntryStale,
    Event,
    GateFinished,
    ReleaseCompared,
    RowJudged,
    UpstreamJudged,
)
from parity_kit.corpora.imported import UNREAD
from parity_kit.judging.verdicts import FAILURES

COMPARED = ("equal", "divergent", "expected")
"""Verdicts on cases whose outcomes were compared."""


def compared(verdicts: Mapping[str, int]) -> int:
    """Return how many of the counted cases were compared."""
    return sum(verdicts.get(verdict, 0) for verdict in COMPARED)


@dataclass(slots=True)
class Cause:
    """Failing cases with one cause: their number, and the smallest of them."""

    verdict: str
    count: int
    case: str
    headline: str
    size: int
    cause: str


@dataclass(slots=True)
class GateTotals:
    """A fold over one candidate's events; totals of several processes can be merged."""

    claimed: dict[str, str] = field(default_factory=dict[str, str])
    """The level that the candidate claims for each subject."""
    verdicts: Counter[str] = field(default_factory=Counter[str])
    subjects: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """The verdicts on each subject's cases."""
    reached: str = Level.BYTES.label
    """The level that every compared case reached."""
    causes: list[Cause] = field(default_factory=list[Cause])
    stale: list[str] = field(default_factory=list[str])
    """The stale entries of the ledger, a sentence per entry."""
    missed: list[str] = field(default_factory=list[str])
    """The floors that searches did not reach, a sentence per search."""
    unread: list[str] = field(default_factory=list[str])
    """The values of imported data that no case holds, a phrase per corpus."""
    loaded: str = ""
    """LangGraph and its version, if the candidate's process loaded that."""
    cage: str = ""
    """What the system does not keep the candidate from."""
    engaged: Counter[str] = field(default_factory=Counter[str])
    """How often each replaced function ran."""
    gates: list[str] = field(default_factory=list[str])
    """The gates in which cases were compared."""
    areas: list[str] = field(default_factory=list[str])
    """The areas of LangGraph that searches ran."""
    unwatched: bool = False
    """Whether it is not known what some search ran."""
    rows: int = 0
    """The rows of the matrix that were judged."""
    caseless: list[str] = field(default_factory=list[str])
    """The rows of the matrix that no case shows."""
    changed: int = 0
    """The functions that differ from the oracle's, if it is a release of LangGraph."""
    unjudged: list[str] = field(default_factory=list[str])
    """Those of them that the cases do not run, or run in part."""
    unit: str = "case"
    """What is counted: cases, or LangGraph's own tests."""
    drove: int | None = 0
    """In how many tests that pass its code ran; None if it counts no calls."""
    failure: str = ""
    """Why the candidate could not be judged any further."""

    def emit(self, event: Event) -> None:  # noqa: C901  # one arm for each kind of event
        """Take one event."""
        match event:
            case CandidateStarted():
                self.claimed, self.cage = event.levels, event.cage
            case CandidateFailed():
                self.failure = event.problem
            case EngagementSeen():
                self.engaged.update(event.functions)
                self.loaded = event.loaded
            case EntryStale():
                self.add_stale(event.entry, event.case, event.differs, event.problem)
            case DivergenceFound():
                self.add_cause(
                    Cause(
                        event.verdict,
                        event.count,
                        event.case,
                        event.headline,
                        event.size,
                        event.cause,
                    )
                )
            case GateFinished():
                self._add_gate(event)
            case UpstreamJudged():
                self.unit = "test"
                if self.drove is not None:
                    self.drove = None if event.drove is None else self.drove + event.drove
            case RowJudged():
                self.rows += 1
                self.caseless += [] if event.verdicts else [event.row]
            case ReleaseCompared():
                self.changed = len(event.functions)
                self.unjudged = [
                    change["function"] for change in event.functions if change["missed"]
                ]
            case _:
                pass

    def _add_gate(self, gate: GateFinished) -> None:
        for subject, part in gate.subjects.items():
            self.subjects.setdefault(subject, Counter()).update(part["verdicts"])
        self.verdicts.update(gate.verdicts)
        if gate.compared:
            self._lower(gate.reached)
            self.gates.append(gate.gate)
            self.areas += gate.areas or ()
            self.unwatched |= gate.areas is None and gate.kind == "lockstep"
        if gate.verdict == "unknown":
            self.missed += [f"{gate.gate}: {note}" for note in gate.notes[:1]]
        self.unread += [note for note in gate.notes if note.startswith(UNREAD)]

    def add_case(self, gate: str, subject: str, verdict: str, reached: str) -> None:
        """Count one case."""
        self.verdicts[verdict] += 1
        self.subjects.setdefault(subject, Counter())[verdict] += 1
        if verdict in COMPARED:
            self._lower(reached)
            self.gates += [] if gate in self.gates else [gate]

    def add_cause(self, new: Cause) -> None:
        """Count failing cases, with those that have the same cause."""
        for known in self.causes:
            if (known.verdict, known.cause) == (new.verdict, new.cause):
                known.count += new.count
                if new.size < known.size:
                    known.case, known.headline, known.size = new.case, new.headline, new.size
                return
        self.causes.append(new)

    def add_stale(self, entry: int, case: str, differs: str, problem: str) -> None:
        """Add a stale entry of the ledger."""
        self.stale.append(f"ledger entry {entry} ({case}, {differs}): {problem}")

    def _lower(self, reached: str) -> None:
        self.reached = min(Level[self.reached.upper()], Level[reached.upper()]).label

    @property
    def total(self) -> int:
        """The cases that were run."""
        return sum(self.verdicts.values())

    def counted(self, number: int) -> str:
        """Return a number of cases, or of tests, in words."""
        return f"{number:,} {self.unit}{'' if number == 1 else 's'}"

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared."""
        return compared(self.verdicts)

    @property
    def failing(self) -> int:
        """The cases that fail."""
        return sum(self.verdicts[verdict] for verdict in FAILURES)

    @property
    def first(self) -> Cause | None:
        """The cause to name first: of the worst verdict the one with the most cases."""
        return min(
            self.causes,
            key=lambda known: (FAILURES.index(known.verdict), -known.count),
            default=None,
        )

    def unproved(self) -> Iterator[str]:
        """Yield what nothing was compared of, in words: claimed subjects, and its own code."""
        if self.unit == "test" and self.drove == 0:
            yield f"its code ran in none of {self.counted(self.verdicts['equal'])} that pass"
        for subject, verdicts in sorted(self.subjects.items()):
            if subject in self.claimed and not compared(verdicts):
                cases = f"0 of its {sum(verdicts.values()):,} cases were compared"
                yield f"{subject} is claimed, and {cases}"

    def to_plain(self) -> dict[str, Any]:
        """Return the totals as plain data, to be sent to another process."""
        plain = {part.name: getattr(self, part.name) for part in dataclasses.fields(self)}
        plain["causes"] = [dataclasses.asdict(known) for known in self.causes]
        plain["verdicts"], plain["engaged"] = dict(self.verdicts), dict(self.engaged)
        plain["subjects"] = {subject: dict(counts) for subject, counts in self.subjects.items()}
        return plain

    def merge(self, other: Self) -> None:
        """Add what another process counted."""
        self.claimed = self.claimed or other.claimed
        self.verdicts.update(other.verdicts)
        for subject, verdicts in other.subjects.items():
            self.subjects.setdefault(subject, Counter()).update(verdicts)
        self._lower(other.reached)
        for cause in other.causes:
            self.add_cause(cause)
        self.stale += other.stale
        self.missed += other.missed
        self.unread += other.unread
        self.cage = self.cage or other.cage
        self.loaded = self.loaded or other.loaded
        self.gates += other.gates
        self.areas += other.areas
        self.unwatched |= other.unwatched
        self.rows += other.rows
        self.caseless += other.caseless
        self.changed = self.changed or other.changed
        self.unjudged = self.unjudged or other.unjudged
        self.engaged.update(other.engaged)
        self.failure = self.failure or other.failure

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Return the totals that `to_plain` gave."""
        fields = dict(data)
        fields["causes"] = [Cause(**cause) for cause in fields["causes"]]
        for name in ("verdicts", "engaged"):
            fields[name] = Counter(fields[name])
        fields["subjects"] = {
            subject: Counter(verdicts) for subject, verdicts in fields["subjects"].items()
        }
        return cls(**fields)
