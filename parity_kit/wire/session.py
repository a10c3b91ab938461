"""A subject that is open in an engine's process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from parity_kit.contract import Operation, Outcome, UnsupportedSubjectError, canonical
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.plain import Plain
from parity_kit.wire import shapes
from parity_kit.wire.limits import DEPTH

if TYPE_CHECKING:
    from parity_kit.wire.host import RemoteEngine

T = TypeVar("T")


class RemoteSession:
    """An open subject in the engine's process."""

    def __init__(self, engine: RemoteEngine, number: int, started: int) -> None:
        self._engine = engine
        self._number = number
        self._started = started

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation and return what came of it."""
        return self._engine.in_session(
            self._started,
            "apply",
            {"session": self._number, "operation": operation.to_plain()},
            lambda result: self._engine.with_told([storable(shapes.outcome(result), result)])[0],
            f"operation {operation.name}",
        )

    def close(self) -> None:
        """Release the session; one whose process is gone is released already."""
        with contextlib.suppress(CandidateError, UnsupportedSubjectError):
            self._engine.in_session(
                self._started, "close", {"session": self._number}, lambda result: result, "close"
            )


def storable(outcome: T, result: Plain) -> T:
    """Return the outcome if what came can also be packed: what is kept must be canonical.

    MessagePack can say more than plain data: an ext code below 0 is one of its own types.
    """
    try:
        canonical.pack(result)
    except TypeError as error:
        if "ecursion" in str(error):
            raise shapes.ShapeError(f"outcome: nested deeper than {DEPTH}") from error
        raise shapes.ShapeError(f"outcome: it is not plain data: {error}") from error
    return outcome
