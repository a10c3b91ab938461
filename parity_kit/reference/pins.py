"""Pinning what LangGraph takes from the clock, from chance and from threads.

Each patch goes to the module that looks the name up, holds while one operation runs, and leaves
nothing behind. The rules are those of `parity_kit.contract.Pins`.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
import uuid
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, cast

from parity_kit.contract import Pins

_LOCK = threading.RLock()
# Where LangGraph looks up what is pinned. A release that lacks one of them is pinned by the rest.
_CLOCKS = ("langgraph.pregel._checkpoint", "langgraph.pregel._loop")
_IDS = ("langgraph.pregel._checkpoint", "langgraph.checkpoint.base")
_CHANCE = ("langgraph.checkpoint.memory", "langgraph.checkpoint.sqlite")
# The same, where it is in use: an optional extra is not loaded to be pinned.
_CHANCE_IF_LOADED = ("langgraph.checkpoint.postgres.base",)
_EMPTY_CHECKPOINT = -2  # the clock_seq that `empty_checkpoint` passes to uuid6


class Pin(StrEnum):
    """What is pinned, so that it can be set free to see what moves then."""

    IDS = "ids"
    CLOCK = "clock"
    CHANCE = "chance"
    THREADS = "threads"
    EDGES = "edges"


class Counter:
    """Counts the checkpoints a session has created; what is `free` is not pinned."""

    def __init__(self, pins: Pins, free: Collection[Pin] = ()) -> None:
        self.epoch = pins.epoch
        self.created = 0
        self.free = frozenset(free)
        self._ids: dict[int, str] = {}

    def checkpoint_id(self, number: int) -> str:
        """Return the id of the session's `number`-th checkpoint; 0 is an empty one."""
        return self._ids.get(number, f"00000000-0000-6000-8000-{number:012x}")

    def uuid6(self, node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        """Stand in for `langgraph.checkpoint.base.id.uuid6`."""
        del node
        if clock_seq == _EMPTY_CHECKPOINT:
            return uuid.UUID(self.checkpoint_id(0))
        self.created += 1
        if Pin.IDS in self.free:
            made = importlib.import_module("langgraph.checkpoint.base.id").uuid6(
                clock_seq=clock_seq
            )
            self._ids[self.created] = str(made)
        return uuid.UUID(self.checkpoint_id(self.created))

    def random(self) -> int:
        """Stand in for `random.random` in the savers' version strings."""
        return self.created

    def now(self, tz: tzinfo | None = None) -> datetime:
        """Stand in for `datetime.now`: LangGraph asks just before it creates a checkpoint."""
        return datetime.fromtimestamp(self.epoch + self.created + 1, tz or UTC)


@contextmanager
def pinned(counter: Counter) -> Generator[None]:
    """Run LangGraph with its clock, ids and chance from `counter`, and no thread but this one."""

    class PinnedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]  # a plain datetime, as isoformat needs
            return counter.now(tz)

    chance = (*_CHANCE, *(name for name in _CHANCE_IF_LOADED if name in sys.modules))
    executor = LateExecutor if Pin.THREADS in counter.free else OrderedExecutor
    patches = (
        *((name, "datetime", PinnedDatetime) for name in _CLOCKS if Pin.CLOCK not in counter.free),
        *((name, "uuid6", counter.uuid6) for name in _IDS),
        *((name, "random", counter) for name in chance if Pin.CHANCE not in counter.free),
        ("langgraph.pregel._loop", "BackgroundExecutor", executor),
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


class _TaskFuture(Future[Any]):
    """A task's future, whose hash is the task's place in its superstep.

    `PregelRunner` keeps the futures of a superstep in a set and raises the error of whichever it
    pops first: with small consecutive hashes that is the first task's.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def __hash__(self) -> int:
        return self._number


# What `langgraph.pregel._executor.Submit` takes for the executor itself.
_EXECUTOR_OPTIONS = {"__name__", "__cancel_on_exit__", "__reraise_on_exit__", "__next_tick__"}


class OrderedExecutor:
    """Stands in for `langgraph.pregel._executor.BackgroundExecutor`: runs each thing at once.

    Tasks of a superstep end in task order, and a checkpoint is stored before the next superstep
    begins. In the background a saver may read a channel's value (a topic's list, a barrier's set)
    while the next superstep changes it: the bytes stored would be those of a race.
    """

    def __init__(self, config: object) -> None:
        del config
        self._superstep: tuple[object, int] = (None, 0)
        self._failed: list[Future[Any]] = []

    def __enter__(self) -> Callable[..., Future[Any]]:
        return self.submit

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            executor = importlib.import_module("langgraph.pregel._executor")
            # Up to LangGraph 1.1 the executor asks no such set.
            skipped = getattr(executor, "SKIP_RERAISE_SET", ())
            for future in self._failed:
                if future not in skipped:
                    future.result()

    def submit(self, function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        """Run `function` and return its future, done."""
        future = self._future(args)
        kwargs = {name: each for name, each in options.items() if name not in _EXECUTOR_OPTIONS}
        if getattr(function, "__name__", "") == "wait":
            # The stream's reader waits for the next item: here none comes while it waits.
            future.set_result(None)
            return future
        try:
            future.set_result(copy_context().run(function, *args, **kwargs))
        except BaseException as failure:  # noqa: BLE001  # an executor hands every error to its future
            future.set_exception(failure)
            bubbles = importlib.import_module("langgraph.errors").GraphBubbleUp
            if options.get("__reraise_on_exit__", True) and not isinstance(failure, bubbles):
                self._failed.append(future)
        return future

    def _future(self, args: tuple[Any, ...]) -> Future[Any]:
        step = superstep_of(args)
        if step is None:
            return Future()
        started = self._superstep[1] if step == self._superstep[0] else 0
        self._superstep = (step, started + 1)
        return _TaskFuture(started)


def superstep_of(args: tuple[Any, ...]) -> int | None:
    """Return the superstep of the task that an executor is given; None if it is given no task."""
    config = getattr(args[0], "config", None) if args else None
    if not isinstance(config, dict):
        return None
    return cast("dict[str, Any]", config).get("metadata", {}).get("langgraph_step")


_SLOW = 4  # tasks of a superstep that end one after another, the last first
_APART = 0.004  # seconds between the ends of two tasks, enough for a busy machine to keep in order


class LateExecutor:
    """LangGraph's own executor, in threads, in which a superstep's first task ends last.

    What a race would do once in many runs is so done in each.
    """

    def __init__(self, config: object) -> None:
        executor = importlib.import_module("langgraph.pregel._executor")
        self._real = executor.BackgroundExecutor(config)
        self._superstep: tuple[object, int] = (None, 0)

    def __enter__(self) -> Callable[..., Future[Any]]:
        self._submit: Callable[..., Future[Any]] = self._real.__enter__()
        return self.submit

    def __exit__(self, *error: object) -> bool | None:
        return self._real.__exit__(*error)

    def submit(self, function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        """Run `function` in a thread; a task waits before."""
        step = superstep_of(args)
        if step is None:
            return self._submit(function, *args, **options)
        number = self._superstep[1] if step == self._superstep[0] else 0
        self._superstep = (step, number + 1)

        def late(*args: Any, **kwargs: Any) -> Any:
            time.sleep(max(0, _SLOW - number) * _APART)
            return function(*args, **kwargs)

        return self._submit(late, *args, **options)


class DeclaredSet(set[Any]):
    """A set that iterates and prints in the order its elements were declared."""

    def __init__(self, elements: Any = ()) -> None:
        self._order = list(dict.fromkeys(elements))
        super().__init__(self._order)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self._order)) + "}"
