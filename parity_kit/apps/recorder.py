"""Takes down what the user's code does to graphs: operations, their results, and the nodes' calls.

The methods of `Pregel` are replaced for the length of a recording (`methods`). Only the outermost
call counts: what LangGraph calls itself, or a subgraph, belongs to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from langgraph.checkpoint import memory
from langgraph.pregel import Pregel

from parity_kit.apps import arguments
from parity_kit.apps.arguments import UnrecordableError
from parity_kit.apps.calls import Problem
from parity_kit.apps.instruments import hooked
from parity_kit.apps.lowering import LoweredGraph, lower
from parity_kit.apps.source_places import caller
from parity_kit.apps.watching import INSIDE_NODE, Watcher
from parity_kit.contract import Event, Operation, Pins
from parity_kit.contract.plain import Plain
from parity_kit.reference.native import error_name, to_plain
from parity_kit.reference.pins import Counter, pinned
from parity_kit.reference.savers import contents

_INSIDE: ContextVar[bool] = ContextVar("an operation runs here", default=False)


@dataclass(slots=True)
class Seen:
    """What came of an operation in the application; `value` is missing where nobody asked."""

    operation: Operation
    value: Plain = None
    error: tuple[str, str] | None = None
    events: list[Event] = field(default_factory=list[Event])
    has_value: bool = True


@dataclass(slots=True)
class Track:
    """One graph that is recorded."""

    lowered: LoweredGraph
    watcher: Watcher = field(default_factory=Watcher)
    counter: Counter = field(default_factory=lambda: Counter(Pins()))
    seen: list[Seen] = field(default_factory=list[Seen])
    notes: dict[str, None] = field(default_factory=dict[str, None])

    @property
    def saver(self) -> Any:
        """The saver in memory that stands in for the application's, or None."""
        saver = self.lowered.graph.checkpointer
        return None if isinstance(saver, bool) else saver

    def contents(self) -> dict[str, bytes]:
        """Return every byte string that the run stored."""
        return contents(self.saver)

    def note(self, text: str) -> None:
        """Note what is left out of the recording."""
        self.notes[text] = None


@dataclass(slots=True)
class Recorder:
    """The graphs of one recording, and what is wrong with it."""

    tracks: dict[int, Track] = field(default_factory=dict[int, Track])
    problems: list[Problem] = field(default_factory=list[Problem])
    text_threads: bool = False
    """Whether thread ids of another type became text."""
    _hooks: ExitStack = field(default_factory=ExitStack)
    _busy: str = ""

    @contextmanager
    def recording(self, methods: Mapping[str, Any]) -> Generator[None]:
        """Take down what is done to graphs until the end of the block, by these methods."""
        undo: list[tuple[Any, str, Any]] = []
        metadata = vars(memory)["get_checkpoint_metadata"]

        def recorded_metadata(config: Any, given: Any) -> Any:
            # A frozen run has no more in its config than what is recorded of it.
            parts = {part: config.get(part) for part in ("metadata", "configurable")}
            return metadata(
                {part: arguments.recorded_part(keys) for part, keys in parts.items()}, given
            )

        replacements = {(memory, "get_checkpoint_metadata"): recorded_metadata}
        replacements |= {(Pregel, name): method for name, method in methods.items()}
        for (owner, name), value in replacements.items():
            undo.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        try:
            with self._hooks:
                yield
        finally:
            for owner, name, value in reversed(undo):
                setattr(owner, name, value)

    def begin(self, graph: Any, name: str) -> Track | None:
        """Return the track of a graph whose method is called, or None if it is not recorded."""
        if _INSIDE.get():
            if (place := INSIDE_NODE.get()) is not None:
                what = f"node {'/'.join(place)!r} runs a graph inside itself"
                self.refuse(f"{what}: add that graph as a node", caller())
            return None
        if self._busy:
            self.refuse(f"{name} was called while {self._busy} ran", caller())
            return None
        track = self.tracks.get(id(graph))
        if track is None:
            lowered = lower(graph)
            track = self.tracks[id(graph)] = Track(lowered)
            self.problems += lowered.all_problems
            if not lowered.all_problems:
                self._hooks.enter_context(hooked(lowered, track.watcher))
                self._watch_deletion(track)
        return None if track.lowered.all_problems else track

    def _watch_deletion(self, track: Track) -> None:
        """Take down which threads the user's code deletes, by the saver itself."""
        saver = track.saver
        if saver is None:
            return
        delete = saver.delete_thread

        def delete_thread(thread: Any) -> None:
            if not _INSIDE.get():
                operation = Operation("delete_thread", {"thread": str(thread)})
                track.seen.append(Seen(operation))
            delete(thread)

        saver.delete_thread = delete_thread

    def refuse(self, what: str, where: str = "") -> None:
        """Note what makes the run unfit to be recorded; the same is noted once."""
        if what not in {problem.what for problem in self.problems}:
            self.problems.append(Problem(what, where))

    def prepare(
        self, track: Track, name: str, make: Callable[[], dict[str, Plain]], config: Any
    ) -> Seen | None:
        """Return the operation that is about to run, or None if it has no place in the contract."""
        try:
            place, left_out = arguments.where(track.lowered.graph, config)
            operation = Operation(name, {**make(), **place})
        except (UnrecordableError, TypeError, ValueError) as error:
            self.refuse(f"{name}: {error}", caller())
            return None
        if not isinstance(thread := arguments.thread_of(track.lowered.graph, config), str | None):
            self.text_threads = True
            track.note(f"thread {thread!r} is text in the recording: {str(thread)!r}")
        for key in left_out:
            track.note(f"left out: {key} of the config")
        seen = Seen(operation)
        track.seen.append(seen)
        return seen

    @contextmanager
    def running(self, track: Track, seen: Seen) -> Generator[None]:
        """Run one step of an operation, pinned, and keep the error that ends it."""
        token, self._busy = _INSIDE.set(True), seen.operation.name
        try:
            with pinned(track.counter):
                yield
        except asyncio.CancelledError:
            self.refuse(f"{seen.operation.name} was cancelled from outside", caller())
            raise
        except Exception as error:
            seen.error = (error_name(error), str(error))
            raise
        finally:
            self._busy = ""
            _INSIDE.reset(token)

    def as_recorded(self, value: Any) -> Any:
        """Return what LangGraph gave as the frozen run gives it, whose thread ids are text."""
        return arguments.with_text_threads(value) if self.text_threads else value

    def keep(self, seen: Seen, value: Any) -> None:
        """Keep the value of an operation."""
        try:
            seen.value = to_plain(self.as_recorded(value))
        except TypeError as error:
            self.refuse(f"{seen.operation.name} gives what cannot be stored: {error}")

    @contextmanager
    def read_on(self, seen: Seen) -> Generator[None]:
        """Note it if a stream is not read to its end: then its reader closes it here."""
        try:
            yield
        except GeneratorExit:
            self.refuse(f"a {seen.operation.name} was not read to its end")
            raise
