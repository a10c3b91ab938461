"""Pins what LangGraph takes from the clock, from chance and from threads.

Every patch is applied in the module that looks the name up, lasts for one operation, and leaves
nothing behind. `parity_kit.contract.Pins` has the rules.
"""

from __future__ import annotations

import asyncio
import builtins
import datetime as dt
import importlib
import sys
import threading
import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent import futures
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from functools import partial
from types import SimpleNamespace
from typing import Any

from parity_kit.contract import Pins
from parity_kit.reference.executors import OrderedAsyncExecutor, OrderedExecutor, wait
from parity_kit.reference.threaded_executor import ThreadedExecutor

_LOCK = threading.RLock()
# Where LangGraph looks up what is pinned. A release that lacks one of them is pinned by the rest.
_CLOCKS = ("langgraph.pregel._checkpoint", "langgraph.pregel._loop")
_LOOP, _RUNNER = "langgraph.pregel._loop", "langgraph.pregel._runner"
_CONFIG, _TO_METADATA = "langgraph._internal._config", "_PROPAGATE_TO_METADATA"
_CACHE = "langgraph.cache.memory"
_IDS = ("langgraph.pregel._checkpoint", "langgraph.checkpoint.base")
_CHANCE = ("langgraph.checkpoint.memory", "langgraph.checkpoint.sqlite")
# The same, where it is in use: an optional extra is not loaded to be pinned.
_CHANCE_IF_LOADED = ("langgraph.checkpoint.postgres.base", "langgraph.checkpoint.sqlite.aio")
_KEPT_IF_LOADED = ("langgraph.store.sqlite.base", "langgraph.cache.sqlite")
_DATETIME = vars(dt)
_BUILTIN = object()  # where a module had no name of its own
_EMPTY_CHECKPOINT = -2  # the clock_seq that `empty_checkpoint` passes to uuid6


class Pin(StrEnum):
    """What can be pinned, or left free to see what then moves.

    Without `THREADS`, tasks run in threads and end in an order; without `ENDS` too, in any.
    """

    IDS = "ids"
    CLOCK = "clock"
    CHANCE = "chance"
    THREADS = "threads"
    ENDS = "ends"
    EDGES = "edges"


class Counter:
    """Counts the checkpoints that a session has created; `free` is not pinned."""

    def __init__(self, pins: Pins, free: Collection[Pin] = ()) -> None:
        self.epoch = pins.epoch
        self.created = 0
        self.free = frozenset(free)
        self._ids: dict[int, str] = {}
        self._messages = 0

    def go_on_from(self, created: int, messages: int) -> None:
        """Count on from what another session created."""
        self.created, self._messages = created, messages

    def checkpoint_id(self, number: int) -> str:
        """Return the id of the session's `number`-th checkpoint; 0 is an empty one."""
        if Pin.IDS in self.free and number > self.created:
            # Later than all others, like the pinned one.
            return f"ffffffff-ffff-6fff-bfff-{number:012x}"
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

    def uuid4(self) -> uuid.UUID:
        """Stand in for `uuid.uuid4` where messages without an id get one."""
        if Pin.IDS in self.free:
            return uuid.uuid4()
        self._messages += 1
        return uuid.UUID(f"00000000-0000-4000-8000-{self._messages:012x}")

    def random(self) -> int:
        """Stand in for `random.random` in the savers' version strings."""
        return self.created

    def now(self, tz: tzinfo | None = None) -> datetime:
        """Stand in for `datetime.now`, which LangGraph calls just before creating a checkpoint."""
        return datetime.fromtimestamp(self.epoch + self.created + 1, tz or UTC)


class _Unhurried:
    """Stands in for the module `time` where nodes are retried: nothing sleeps.

    The duration of an attempt is measured in the event loop's time (`TimelessLoop`).
    """

    def sleep(self, seconds: float) -> None:
        """Do not wait."""

    def time(self) -> float:
        """Return the loop's time, or 0 in a synchronous run."""
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return 0.0

    monotonic = time


class _LastingIds:
    """Stands in for `id` where LangGraph notes which errors were handled: by their addresses.

    Once an error is gone, a later error or interrupt of the same run may get its address, and would
    be dropped as handled. Here errors live as long as the set of their ids.
    """

    def __init__(self) -> None:
        self._kept: list[object] = []

    def __call__(self, error: object) -> int:
        self._kept.append(error)
        return id(error)


class _Middle:
    """Stands in for the module `random` where nodes are retried."""

    def uniform(self, low: float, high: float) -> float:
        """Return the middle of the range."""
        return (low + high) / 2


_WAITING = SimpleNamespace(futures=SimpleNamespace(**vars(futures) | {"wait": wait}))
_RETRY = "langgraph.pregel._retry"
_NO_SLEEP = (_RETRY, "time", _Unhurried())


@contextmanager
def pinned(counter: Counter, order: Sequence[int] | None = None) -> Generator[None]:
    """Run LangGraph with its clock, ids and chance from `counter`, and no thread but this one.

    The tasks of a superstep end in `order`.
    """
    pinned_datetime = _datetime(counter.now)
    executor = ThreadedExecutor if Pin.THREADS in counter.free else OrderedExecutor
    sources = (
        *((Pin.CLOCK, name, "datetime", pinned_datetime) for name in _CLOCKS),
        (Pin.CLOCK, _CACHE, "datetime", _module_with(pinned_datetime)),
        *((Pin.CHANCE, name, "random", counter) for name in (*_CHANCE, *_CHANCE_IF_LOADED)),
        (Pin.IDS, "langgraph.graph.message", "uuid", counter),
        (Pin.IDS, "langgraph.pregel._messages", "uuid4", counter.uuid4),
        (Pin.EDGES, _CONFIG, _TO_METADATA, _sorted_set(_CONFIG, _TO_METADATA)),
        (Pin.THREADS, _RUNNER, "concurrent", _WAITING),
        (Pin.THREADS, _LOOP, "AsyncBackgroundExecutor", partial(OrderedAsyncExecutor, order=order)),
        (Pin.ENDS, _LOOP, "BackgroundExecutor", partial(executor, order=order)),
        # Whatever is free, nothing sleeps, and checkpoints are counted.
        (None, *_NO_SLEEP),
        (None, _RETRY, "random", _Middle()),
        (None, _RUNNER, "id", _LastingIds()),
        *((None, name, "uuid6", counter.uuid6) for name in _IDS),
    )
    with patched([source for pin, *source in sources if pin not in counter.free]):
        yield


@contextmanager
def pinned_clock(now: Callable[[], datetime]) -> Generator[None]:
    """Run LangGraph's stores and caches with `now` for the time of day, in UTC."""
    pinned_datetime = _datetime(lambda _: now())
    module = _module_with(pinned_datetime)
    modules = ((name, "datetime", module) for name in (_CACHE, *_KEPT_IF_LOADED))
    with patched([("langgraph.store.memory", "datetime", pinned_datetime), *modules]):
        yield


def _datetime(now: Callable[[tzinfo | None], datetime]) -> type[datetime]:
    """Return a stand-in for `datetime.datetime`, whose `now` is this."""

    class PinnedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]  # a plain datetime, as isoformat needs
            return now(tz)

    return PinnedDatetime


def _module_with(pinned_datetime: type[datetime]) -> SimpleNamespace:
    """Return a stand-in for the module `datetime`."""
    return SimpleNamespace(**(_DATETIME | {"datetime": pinned_datetime}))


def unhurried() -> AbstractContextManager[None]:
    """Run LangGraph as it is, but without the pauses between attempts."""
    return patched([_NO_SLEEP])


@contextmanager
def patched(sources: Iterable[Sequence[Any]]) -> Generator[None]:
    """Replace names of modules: each source is a module, a name in it and its value."""
    with _LOCK:
        undo: list[tuple[Any, str, Any]] = []
        try:
            for module_name, name, value in sources:
                module = _module(module_name)
                if hasattr(module, name) or (module and hasattr(builtins, name)):
                    undo.append((module, name, getattr(module, name, _BUILTIN)))
                    setattr(module, name, value)
            yield
        finally:
            for module, name, value in reversed(undo):
                if value is _BUILTIN:
                    delattr(module, name)
                else:
                    setattr(module, name, value)


def _sorted_set(module_name: str, name: str) -> DeclaredSet:
    """Return a set of names that a module keeps, or none, iterated in sorted order."""
    return DeclaredSet(sorted(getattr(_module(module_name), name, ())))


def _module(name: str) -> Any:
    """Return a module of LangGraph, or None if this release or process does not have it."""
    if name in {*_CHANCE_IF_LOADED, *_KEPT_IF_LOADED}:
        return sys.modules.get(name)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


class DeclaredSet(set[Any]):
    """A set that iterates and prints in the order its elements were declared."""

    def __init__(self, elements: Any = ()) -> None:
        self._order = list(dict.fromkeys(elements))
        super().__init__(self._order)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self._order)) + "}"
