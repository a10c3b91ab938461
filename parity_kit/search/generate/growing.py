"""A growing case: every operation runs on the reference before the next is chosen."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Self

from parity_kit.contract import (
    Case,
    CaseId,
    Engine,
    Operation,
    Outcome,
    Pins,
    Session,
    Subject,
    SubjectKind,
    Trace,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.contract.canonical import digest, pack
from parity_kit.programs.features import features_of
from parity_kit.search.situations import situations

_PINS = Pins()
_NAMELESS = {kind: CaseId(f"lockstep/{kind.value}/-") for kind in SubjectKind}


class Growing:
    """A subject open on the reference, and the operations applied so far."""

    def __init__(self, reference: Engine, subject: Subject) -> None:
        self.subject = subject
        self.operations: list[Operation] = []
        self.outcomes: list[Outcome] = []
        self._session: Session | None = None
        self._refused = ""
        try:
            self._session = reference.open(subject, _PINS)
        except UnsupportedSubjectError as error:
            self._refused = str(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            self._session.close()

    def apply(self, operation: Operation) -> Outcome:
        """Apply one more operation and return its outcome."""
        if self._session is None:
            outcome: Outcome = Unsupported(self._refused)
        else:
            outcome = self._session.apply(operation)
        self.operations.append(operation)
        self.outcomes.append(outcome)
        return outcome

    def trace(self) -> Trace:
        """Return the case so far, with the reference's outcomes.

        It has no name yet (`named`): few generated cases need one. Its features include the
        situations of its operations, so that a search counts them.
        """
        subject, operations = self.subject, tuple(self.operations)
        features = {
            *features_of(subject, operations),
            *situations(subject, operations, self.outcomes),
        }
        name = _NAMELESS[subject.kind]
        case = Case(name, subject, operations, tuple(sorted(features)), _PINS)
        return Trace(case, tuple(self.outcomes))


def named(case: Case) -> Case:
    """Return a case named by its content and labelled with its features."""
    subject, operations = case.subject, case.operations
    name = digest(pack([subject.to_plain(), [operation.to_plain() for operation in operations]]))[
        :12
    ]
    identity = CaseId(f"lockstep/{subject.kind.value}/{name}")
    return replace(case, id=identity, features=features_of(subject, operations))
