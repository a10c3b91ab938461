"""Judging one case: what the candidate does becomes a verdict, whatever it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import cast

from parity_kit.contract import Case, Level, Outcome, SubjectKind
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.contract.text import sentence
from parity_kit.judging.candidate_under_test import Answer, CandidateUnderTest
from parity_kit.judging.compare import compare, same_outcomes
from parity_kit.judging.verdicts import (
    Crashed,
    Divergent,
    Equal,
    Expected,
    Flaky,
    Hung,
    NotSupported,
    ProtocolFault,
    Verdict,
    cause,
    headline,
    label,
    worst,
)

_FIX = (
    "which the data names; put the application on PYTHONPATH, or into `requirements` or `path` of "
    "candidate.toml"
)


def judge(
    case: Case, expected: Sequence[Outcome], under_test: CandidateUnderTest, required: Level
) -> Verdict:
    """Run a case on the candidate and return the verdict against the expected outcomes.

    Raises:
        CandidateError: If the candidate cannot be judged any further (it no longer starts).
    """
    return judge_answer(case, expected, under_test.answer(case), required)


def judge_answer(
    case: Case, expected: Sequence[Outcome], answer: Answer, required: Level
) -> Verdict:
    """Return the verdict on what the candidate answered.

    Raises:
        CandidateError: If that is neither outcomes nor a failure on this case.
    """
    match answer:
        case CandidateCrashedError():
            return Crashed(answer.problem)
        case CandidateHungError():
            return Hung(answer.problem)
        case ProtocolFaultError():
            return ProtocolFault(answer.problem)
        case CandidateError():
            raise answer
        case outcomes:
            try:
                return compare(case, expected, outcomes, required)
            except RecursionError:
                return ProtocolFault("outcomes nested deeper than the kit reads")


def same_answer(one: Answer, other: Answer) -> bool:
    """Return whether two answers have the same outcomes, so that one verdict is enough."""
    return isinstance(one, tuple) and isinstance(other, tuple) and same_outcomes(one, other)


def named_types(case: Case) -> list[str]:
    """Return the types of a user's own application that a case's data names."""
    types = cast("Sequence[Sequence[str]]", case.subject.spec.get("types", ()))
    return sorted(map(".".join, types))


def without_types(case: Case, verdict: Verdict, missing: Collection[str]) -> Verdict:
    """Return the verdict on a case for a candidate that cannot import the `missing` types.

    What it makes of a value of such a type is no difference of engines.
    """
    lacking = [name for name in named_types(case) if name in missing]
    if not lacking or not isinstance(verdict, Divergent):
        return verdict
    return NotSupported(f"cannot import {lacking[0]}, {_FIX}")


def confirmed(first: Verdict, again: Verdict) -> Verdict:
    """Return the verdict on a case that was run twice: flaky unless both runs have one cause."""
    if (label(first), cause(first)) == (label(again), cause(again)):
        return first
    both = [f"{label(verdict)}: {sentence(headline(verdict))}" for verdict in (first, again)]
    return Flaky(both[0], both[1])


@dataclass(slots=True)
class SubjectTally:
    """Counts the verdicts on one kind of subject; `reached` is the level all of them reached."""

    verdicts: Counter[str] = field(default_factory=Counter[str])
    reached: Level = Level.BYTES

    def add(self, verdict: Verdict) -> None:
        """Count one case."""
        self.verdicts[label(verdict)] += 1
        match verdict:
            case Equal():
                self.reached = min(self.reached, verdict.level)
            case Divergent() | Expected():
                self.reached = min(self.reached, verdict.reached)
            case NotSupported():
                pass
            case _:
                self.reached = Level.NONE

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared."""
        return _compared(self.verdicts)


@dataclass(slots=True)
class Tally:
    """Counts the verdicts of one gate."""

    required: Level
    verdicts: Counter[str] = field(default_factory=Counter[str])
    combinations: Counter[tuple[str, ...]] = field(default_factory=Counter[tuple[str, ...]])
    """How many compared cases have just these features."""
    subjects: dict[SubjectKind, SubjectTally] = field(
        default_factory=dict[SubjectKind, SubjectTally]
    )

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count one case."""
        self.verdicts[label(verdict)] += 1
        self.subjects.setdefault(case.subject.kind, SubjectTally()).add(verdict)
        if isinstance(verdict, (Equal, Divergent, Expected)):
            self.combinations[case.features] += 1

    @property
    def reached(self) -> Level:
        """The level that every case reached which the candidate supports."""
        return min((subject.reached for subject in self.subjects.values()), default=Level.BYTES)

    @property
    def features(self) -> Counter[str]:
        """How many compared cases have each feature."""
        counts: Counter[str] = Counter()
        for features, count in self.combinations.items():
            counts.update(dict.fromkeys(features, count))
        return counts

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared."""
        return _compared(self.verdicts)

    @property
    def verdict(self) -> str:
        """The verdict on the gate: the worst of its cases; nothing compared is `unknown`.

        What is not supported is a gap that the candidate admits, where something was compared.
        """
        given = +self.verdicts
        if self.compared:
            del given["unsupported"]
        return worst(given)


def _compared(verdicts: Counter[str]) -> int:
    return sum(verdicts[word] for word in ("equal", "divergent", "expected"))
