"""The frame of a session whose clock is pinned: stores and caches run in it.

The n-th operation of a session happens n seconds after the epoch.
"""

from __future__ import annotations

import asyncio
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from parity_kit.contract import Event, Operation, Outcome, Pins, SubjectKind, Unsupported
from parity_kit.contract.operations import operation_problem
from parity_kit.reference.native import Watch, perform, to_native
from parity_kit.reference.pins import pinned_clock


class ClockedSession(ABC):
    """A session with one of LangGraph's stores or caches."""

    kind: ClassVar[SubjectKind]

    def __init__(self, pins: Pins) -> None:
        self._epoch, self._done = pins.epoch, 0
        self._watch = Watch()

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        problem = operation_problem(self.kind, operation) or self._refusal(operation)
        if problem:
            return Unsupported(problem)
        call = self.prepare(operation)
        self._done += 1

        def action(_: list[Event]) -> Any:
            return call()

        with pinned_clock(self._now):
            return perform(action, self._contents, self._watch)

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a function to be timed."""
        arguments = to_native(operation.args)
        awaited = arguments.pop("async", False)
        return functools.partial(self._call, operation.name, arguments, awaited=awaited)

    @abstractmethod
    def close(self) -> None:
        """Close the database, where there is one."""

    def _refusal(self, operation: Operation) -> str:
        """Return why this session does not offer an operation, or nothing."""
        del operation
        return ""

    @abstractmethod
    def _call(self, name: str, arguments: dict[str, Any], *, awaited: bool) -> Any:
        """Call LangGraph and return the result as the contract's values."""

    @abstractmethod
    def _contents(self) -> Mapping[str, bytes]:
        """Return every byte string that is stored, by name."""

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._epoch + self._done, UTC)


def call(target: Any, name: str, *positional: Any, awaited: bool, **named: Any) -> Any:
    """Call a method, or await its asynchronous twin."""
    result = getattr(target, f"a{name}" if awaited else name)(*positional, **named)
    return asyncio.run(result) if awaited else result
