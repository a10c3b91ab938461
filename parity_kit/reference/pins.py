"""Pinning what LangGraph takes from the clock, from chance and from threads.

Each patch goes to the module that looks the name up, holds while one operation runs, and leaves
nothing behind. The rules are those of `parity_kit.contract.Pins`.
"""

from __future__ import annotations

import importlib
import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any

from parity_kit.contract import Pins

_LOCK = threading.RLock()
# Where LangGraph looks up what is pinned. A release that lacks one of them is pinned by the rest.
_CLOCKS = ("langgraph.pregel._checkpoint", "langgraph.pregel._loop")
_IDS = ("langgraph.pregel._checkpoint", "langgraph.checkpoint.base")
_CHANCE = ("langgraph.checkpoint.memory", "langgraph.checkpoint.sqlite")
_EMPTY_CHECKPOINT = -2  # the clock_seq that `empty_checkpoint` passes to uuid6


class Counter:
    """Counts the checkpoints a session has created."""

    def __init__(self, pins: Pins) -> None:
        self.epoch = pins.epoch
        self.created = 0

    def checkpoint_id(self, number: int) -> str:
        """Return the id of the session's `number`-th checkpoint; 0 is an empty one."""
        return f"00000000-0000-6000-8000-{number:012x}"

    def uuid6(self, node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        """Stand in for `langgraph.checkpoint.base.id.uuid6`."""
        del node
        if clock_seq == _EMPTY_CHECKPOINT:
            return uuid.UUID(self.checkpoint_id(0))
        self.created += 1
        return uuid.UUID(self.checkpoint_id(self.created))

    def random(self) -> int:
        """Stand in for `random.random` in the savers' version strings."""
        return self.created

    def now(self, tz: tzinfo | None = None) -> datetime:
        """Stand in for `datetime.now`: LangGraph asks just before it creates a checkpoint."""
        return datetime.fromtimestamp(self.epoch + self.created + 1, tz or UTC)


@contextmanager
def pinned(counter: Counter) -> Generator[None]:
    """Run LangGraph with its clock, ids and chance taken from `counter`."""

    class PinnedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]  # a plain datetime, as isoformat needs
            return counter.now(tz)

    patches = (
        *((name, "datetime", PinnedDatetime) for name in _CLOCKS),
        *((name, "uuid6", counter.uuid6) for name in _IDS),
        *((name, "random", counter) for name in _CHANCE),
    )
    with _LOCK:
        undo: list[tuple[Any, str, Any]] = []
        try:
            for module_name, name, value in patches:
                module = importlib.import_module(module_name)
                if hasattr(module, name):
                    undo.append((module, name, getattr(module, name)))
                    setattr(module, name, value)
            yield
        finally:
            for module, name, value in reversed(undo):
                setattr(module, name, value)


# What `langgraph.pregel._executor.Submit` takes for the executor itself.
_EXECUTOR_OPTIONS = {"__name__", "__cancel_on_exit__", "__reraise_on_exit__", "__next_tick__"}


class _OrderedFuture(Future[Any]):
    """A future whose hash is its number.

    `PregelRunner` keeps the futures of a superstep in a set and raises the error of whichever it
    pops first: with these it is the first task's.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def __hash__(self) -> int:
        return self._number


def submit_in_order() -> Callable[[], Callable[..., Future[Any]]]:
    """Return what LangGraph calls to start a superstep's tasks, running each at once, in order.

    It goes under the key `__pregel_runner_submit` of a config's configurable
    (`langgraph._internal._constants.CONFIG_KEY_RUNNER_SUBMIT`).
    """
    started = 0

    def submit(function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        nonlocal started
        started += 1
        future = _OrderedFuture(started)
        try:
            kwargs = {name: each for name, each in options.items() if name not in _EXECUTOR_OPTIONS}
            future.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # an executor hands every error to its future
            future.set_exception(error)
        return future

    return lambda: submit


class DeclaredSet(set[Any]):
    """A set that iterates and prints in the order its elements were declared."""

    def __init__(self, elements: Any = ()) -> None:
        self._order = list(dict.fromkeys(elements))
        super().__init__(self._order)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self._order)) + "}"
