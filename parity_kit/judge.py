"""Judging one case: what the candidate does becomes a verdict, whatever it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from parity_kit.compare import compare
from parity_kit.contract import Case, CaseRunner, Level, Outcome
from parity_kit.errors import CandidateCrashedError, CandidateHungError, ProtocolFaultError
from parity_kit.verdicts import (
    Crashed,
    Divergent,
    Equal,
    Hung,
    NotSupported,
    ProtocolFault,
    Verdict,
    label,
)


def judge(
    case: Case, expected: Sequence[Outcome], candidate: CaseRunner, required: Level
) -> Verdict:
    """Run a case on the candidate and return the verdict against the expected outcomes.

    Raises:
        CandidateError: If the candidate cannot be judged any further (it no longer starts).
    """
    try:
        outcomes = candidate(case)
    except CandidateCrashedError as error:
        return Crashed(error.problem)
    except CandidateHungError as error:
        return Hung(error.problem)
    except ProtocolFaultError as error:
        return ProtocolFault(error.problem)
    try:
        return compare(case, expected, outcomes, required)
    except RecursionError:
        return ProtocolFault("outcomes nested deeper than the kit reads")


@dataclass(slots=True)
class Tally:
    """Counts the verdicts of one gate."""

    required: Level
    verdicts: Counter[str] = field(default_factory=Counter[str])
    combinations: Counter[tuple[str, ...]] = field(default_factory=Counter[tuple[str, ...]])
    """How many compared cases have just these features."""
    reached: Level = Level.BYTES

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count one case."""
        self.verdicts[label(verdict)] += 1
        match verdict:
            case Equal():
                self.combinations[case.features] += 1
                self.reached = min(self.reached, verdict.level)
            case Divergent():
                self.combinations[case.features] += 1
                self.reached = min(self.reached, verdict.reached)
            case NotSupported():
                pass
            case _:
                self.reached = Level.NONE

    @property
    def features(self) -> Counter[str]:
        """How many compared cases have each feature."""
        counts: Counter[str] = Counter()
        for features, count in self.combinations.items():
            counts.update(dict.fromkeys(features, count))
        return counts

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared: equal and divergent ones."""
        return self.verdicts[label(Equal(self.required))] + self.verdicts["divergent"]

    @property
    def verdict(self) -> str:
        """The verdict on the gate: the worst of its cases; nothing compared is `unknown`."""
        for word in ("divergent", "crashed", "hung", "protocol error"):
            if self.verdicts[word]:
                return word
        if self.verdicts["unknown"]:
            return "unknown"
        if not self.compared:
            return "unsupported" if self.verdicts["unsupported"] else "unknown"
        return "equal"
