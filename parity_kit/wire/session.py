"""A subject opened in an engine's process."""

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
        """Apply one operation and return its outcome."""

        def read(result: Plain) -> Outcome:
            return self._engine.with_streamed([storable(shapes.outcome(result), result)])[0]

        params = {"session": self._number, "operation": operation.to_plain()}
        call = f"operation {operation.name}"
        return self._engine.in_session(self._started, "apply", params, read, call)

    def close(self) -> None:
        """Release the session; if its process is gone, there is nothing to release."""
        with contextlib.suppress(CandidateError, UnsupportedSubjectError):
            self._engine.in_session(
                self._started, "close", {"session": self._number}, lambda result: result, "close"
            )


def storable(outcome: T, result: Plain) -> T:
    """Return the outcome if its plain data can be packed, as everything stored must be.

    MessagePack can express more than plain data: it reserves ext codes below 0 for its own types.
    """
    try:
        canonical.pack(result)
    except TypeError as error:
        if "ecursion" in str(error):
            raise shapes.ShapeError(f"outcome: nested deeper than {DEPTH}") from error
        raise shapes.ShapeError(f"outcome: not plain data: {error}") from error
    return outcome
