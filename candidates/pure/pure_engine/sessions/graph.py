"""The graph subject: a compiled program with a saver of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, Unpack, cast

from parity_kit.contract import Event, Operation, Outcome, Subject, Unsupported
from pure_engine.clock import Clock
from pure_engine.codec.serializer import native, plain
from pure_engine.names import INTERRUPT, NS_SEP
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.loop import Loop
from pure_engine.pregel.run import Request
from pure_engine.pregel.snapshots import inner_graph, snapshot, state_at
from pure_engine.pregel.streams import Item, Sink
from pure_engine.pregel.updates import Change, update_state
from pure_engine.program.compiler import compile_program
from pure_engine.savers.saver import Query, Saver
from pure_engine.sessions.options import (
    ANYWHERE,
    RECURSION_LIMIT,
    Options,
    coerced_context,
    lacking_in,
    made_command,
)
from pure_engine.sessions.saver import make_saver
from pure_engine.sessions.session import Session
from pure_engine.types import Command

_NO_THREAD = (
    "Checkpointer requires one or more of the following 'configurable' keys:"
    " thread_id, checkpoint_ns, checkpoint_id"
)


class _EnoughError(BaseException):
    """The first item of a stream was taken; no node's error handler is to see it."""


class GraphSession(Session):
    """A compiled program."""

    def __init__(self, subject: Subject, clock: Clock) -> None:
        self._source = native(subject.spec["program"])
        program = compile_program(self._source)
        saver = make_saver(subject.spec.get("saver"), clock)
        super().__init__(dict if saver is None else saver.contents)
        self._graph = Graph(program, saver, clock, saver)
        self._events: list[Event] | None = None
        self._asynchronous = False

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = self._find(operation, ANYWHERE)
        lacking = act if isinstance(act, Unsupported) else lacking_in(operation.args)
        if isinstance(lacking, Unsupported):
            return lacking
        args = native(operation.args)
        self._asynchronous = bool(args.pop("async", False))
        self._events = events = list[Event]()
        try:
            return self._perform(lambda: cast("Callable[..., Any]", act)(**args), events)
        finally:
            self._events = None

    def close(self) -> None:
        """Close the saver, if there is one."""
        if self._graph.saver is not None:
            self._graph.saver.close()

    def do_invoke(
        self,
        input: Any = None,  # noqa: A002  # the contract's name
        **options: Unpack[Options],
    ) -> Any:
        """Run to the end; return the last state, and the interrupts that stopped the run."""
        latest: Any = None
        interrupts: list[Any] = []

        def sink(item: Item) -> None:
            nonlocal latest
            _, mode, payload = item
            if mode == "values":
                latest = payload
            else:
                interrupts.extend(payload.get(INTERRUPT) or ())

        options["subgraphs"] = False
        outputs = self._graph.program.outputs
        self._run(input, {"updates", "values"}, sink, outputs, options)
        if not interrupts:
            return latest
        values: dict[str, Any] = latest or {}
        return {**values, INTERRUPT: interrupts}

    def do_stream(
        self,
        modes: list[str],
        input: Any = None,  # noqa: A002  # the contract's name
        **options: Unpack[Options],
    ) -> None:
        """Run to the end; every item of the stream is an event."""
        self._run(input, modes, self._sink(), self._graph.program.fields, options)

    def do_first_event(
        self,
        modes: list[str],
        input: Any = None,  # noqa: A002  # the contract's name
        **options: Unpack[Options],
    ) -> None:
        """Run until the first item of the stream, which is an event."""
        take = self._sink()

        def sink(item: Item) -> None:
            take(item)
            raise _EnoughError

        with contextlib.suppress(_EnoughError):
            self._run(input, modes, sink, self._graph.program.fields, options)

    def do_compile(self) -> None:
        """Compile the program once more."""
        compile_program(self._source)

    def do_resume(
        self, value: Any = None, modes: list[str] | None = None, **options: Unpack[Options]
    ) -> Any:
        """Answer the pending interrupt, and continue."""
        return self._command(Command(resume=value), modes, options)

    def do_resume_map(
        self, values: list[Any], modes: list[str] | None = None, **options: Unpack[Options]
    ) -> Any:
        """Answer interrupts by their index in `get_state`, and continue."""
        asked = (options.get("thread"), options.get("checkpoint"), options.get("task"))
        pending = self.do_get_state(*asked)["interrupts"]
        answers = {pending[index].id: answer for index, answer in values if index < len(pending)}
        return self._command(Command(resume=answers), modes, options)

    def do_command(
        self, command: Any, modes: list[str] | None = None, **options: Unpack[Options]
    ) -> Any:
        """Run with a command."""
        return self._command(made_command(command), modes, options)

    def _command(self, command: Command, modes: list[str] | None, options: Options) -> Any:
        if modes is None:
            return self.do_invoke(command, **options)
        return self.do_stream(modes, command, **options)

    def do_update_state(
        self,
        thread: str | None = None,
        values: Any = None,
        as_node: str | None = None,
        checkpoint: int | None = None,
        task: int | None = None,
    ) -> Any:
        """Update the state as a node; return the new config."""
        change = {"values": values, "as_node": as_node}
        return self.do_bulk_update_state([[change]], thread, checkpoint, task)

    def do_bulk_update_state(
        self,
        supersteps: list[Any],
        thread: str | None = None,
        checkpoint: int | None = None,
        task: int | None = None,
    ) -> Any:
        """Update the state superstep by superstep; return the new config."""
        changes = [
            [Change(change.get("values"), change.get("as_node")) for change in superstep]
            for superstep in supersteps
        ]
        saver = self._saver()
        graph, where = self._addressed(thread, checkpoint, task)
        return {"configurable": update_state(graph, saver, where, changes)}

    def do_get_state(
        self,
        thread: str | None = None,
        checkpoint: int | None = None,
        task: int | None = None,
        *,
        subgraphs: bool = False,
    ) -> Any:
        """Return a snapshot."""
        self._saver()
        graph, where = self._addressed(thread, checkpoint, task)
        return state_at(graph, where, subgraphs=subgraphs)

    def do_get_state_history(
        self,
        thread: str,
        limit: int | None = None,
        before: int | None = None,
        filter: Any = None,  # noqa: A002  # the contract's name
        task: int | None = None,
    ) -> Any:
        """Return snapshots, the newest first."""
        bound = None if before is None else self._graph.clock.id_of(before)
        graph, where = self._addressed(thread, None, task)
        where = {"checkpoint_ns": "", **where}
        several = self._saver().list(where, Query(filter, bound, limit))
        return [snapshot(graph, saved) for saved in several]

    def do_put(self, thread: str, checkpoint: Any, metadata: Any, parent: str | None = None) -> Any:
        """Store a checkpoint as it is; return its config."""
        where: dict[str, Any] = {"thread_id": thread, "checkpoint_ns": ""}
        if parent is not None:
            where["checkpoint_id"] = parent
        self._saver().put(where, checkpoint, metadata, checkpoint["channel_versions"])
        place = {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": checkpoint["id"]}
        return {"configurable": place}

    def do_delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        self._saver().delete_thread(thread)

    def do_copy_thread(self, source: str, target: str) -> None:
        """Refuse: LangGraph's bundled savers cannot copy a thread."""
        raise NotImplementedError

    def _run(
        self, given: Any, modes: Collection[str], sink: Sink, shown: Sequence[str], options: Options
    ) -> None:
        where = self._where(options.get("thread"), options.get("checkpoint"))
        if (task := options.get("task")) is not None:
            # A run always begins at the outermost graph, even if a subgraph is addressed.
            _, where = inner_graph(self._graph, where, task)
            where |= {"checkpoint_ns": "", "checkpoint_id": None}
        program = self._graph.program
        request = Request(
            given,
            where,
            modes,
            sink,
            shown,
            options.get("recursion_limit", RECURSION_LIMIT),
            options.get("durability") or "async",
            coerced_context(program, options.get("context")),
            options.get("interrupt_before") or program.interrupt_before,
            options.get("interrupt_after") or program.interrupt_after,
            self._asynchronous,
            subgraphs=bool(options.get("subgraphs")),
        )
        if request.recursion_limit < 1:
            raise ValueError("recursion_limit must be at least 1")
        if self._graph.saver is not None and not where:
            raise ValueError(_NO_THREAD)
        Loop(self._graph, request).execute()

    def _sink(self) -> Sink:
        events = self._events
        if events is None:
            return _drop

        def sink(item: Item) -> None:
            namespace, mode, payload = item
            places = tuple(namespace.split(NS_SEP)) if namespace else ()
            events.append(Event(mode, places, plain(payload)))

        return sink

    def _addressed(
        self, thread: str | None, checkpoint: int | None, task: int | None
    ) -> tuple[Graph, dict[str, Any]]:
        """Return the graph that an operation addresses: this one, or a task's subgraph."""
        where = self._where(thread, checkpoint)
        if task is None:
            return self._graph, where
        return inner_graph(self._graph, where, task)

    def _saver(self) -> Saver:
        if self._graph.saver is None:
            raise ValueError("No checkpointer set")
        return self._graph.saver

    def _where(self, thread: str | None, checkpoint: int | None) -> dict[str, Any]:
        where: dict[str, Any] = {}
        if thread is not None:
            where["thread_id"] = thread
        if checkpoint is not None:
            where |= {"checkpoint_ns": "", "checkpoint_id": self._graph.clock.id_of(checkpoint)}
        return where


def _drop(item: Item) -> None:
    del item
