"""A candidate as it stands before a gate: how it runs cases, and what is known of it beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from parity_kit.contract import Case, CaseRunner, Level, Outcome, SubjectKind
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.judging.ledger import Ledger

if TYPE_CHECKING:
    from parity_kit.wire.host import RemoteEngine

Answer: TypeAlias = tuple[Outcome, ...] | CandidateError
"""A case's outcomes, or how the candidate failed on it."""


@dataclass(frozen=True, slots=True)
class CandidateUnderTest:
    """A candidate to be judged.

    `claimed` holds the highest level it claims for each subject: more is not asked of it. Without
    `run_all` cases are run one after another. `renew` sees to it that no case was run before.
    `missing_types` are those of a user's own application that its process cannot import.
    """

    name: str
    run: CaseRunner
    run_all: Callable[[Iterable[Case]], Iterator[Answer]] | None = None
    renew: Callable[[], None] = lambda: None
    claimed: Mapping[SubjectKind, Level] = field(default_factory=dict[SubjectKind, Level])
    ledger: Ledger = field(default_factory=lambda: Ledger(Path()))
    missing_types: frozenset[str] = frozenset()

    @classmethod
    def started(cls, name: str, engine: RemoteEngine, ledger: Ledger) -> CandidateUnderTest:
        """Return a candidate whose process answers; its ledger was read before it started."""
        claimed = engine.describe().levels
        return cls(name, engine.run, engine.run_all, engine.renew, claimed, ledger)

    def asked(self, kind: SubjectKind, required: Level) -> Level:
        """Return the level asked for a subject."""
        return min(required, self.claimed.get(kind, required))

    def answer(self, case: Case) -> Answer:
        """Run one case, alone.

        Raises:
            CandidateError: If the candidate cannot be judged any further.
        """
        try:
            return self.run(case)
        except (CandidateCrashedError, CandidateHungError, ProtocolFaultError) as error:
            return error

    def again(self, case: Case, first: Answer) -> Answer:
        """Run once more, alone, a case that was not answered well.

        What ended a process, or got it stuck, is asked of a new one: what others had left behind
        may have been the reason.

        Raises:
            CandidateError: If the candidate cannot be judged any further.
        """
        if isinstance(first, CandidateError) and not first.process_lives:
            self.renew()
        return self.answer(case)

    def answers(self, cases: Iterable[Case]) -> Iterator[Answer]:
        """Yield the answer to each case in turn.

        Raises:
            CandidateError: If the candidate cannot be judged any further.
        """
        return self.run_all(cases) if self.run_all else map(self.answer, cases)
