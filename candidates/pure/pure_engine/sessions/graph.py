"""The graph subject: a compiled program with a saver of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from typing import Any, Unpack, cast

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Subject,
    Unsupported,
    split_stored_name,
)
from pure_engine.clock import Clock
from pure_engine.codec.serializer import native, plain
from pure_engine.names import CHECKPOINT_MAP, INTERRUPT, NS_SEP, is_handler
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.loop import Loop
from pure_engine.pregel.run import Nesting, Request, mute
from pure_engine.pregel.snapshots import checkpoint_of, graph_in, inner_graph, snapshot, state_at
from pure_engine.pregel.streams import Item, Sink
from pure_engine.pregel.updates import Change, update_state
from pure_engine.program.compiler import compile_program
from pure_engine.savers.saver import Query, Rows, Saver, Where
from pure_engine.savers.sqlite import SqliteSaver
from pure_engine.sessions.crashing import Watch, bodies, highest, killed_at
from pure_engine.sessions.options import (
    ANYWHERE,
    NOT_AWAITED,
    RECURSION_LIMIT,
    Address,
    Options,
    check_output_keys,
    check_run,
    coerced_context,
    lacking_in,
    made_command,
    own_keys,
    own_metadata,
)
from pure_engine.sessions.saver import make_saver
from pure_engine.sessions.session import Session
from pure_engine.types import Command


class _EnoughError(BaseException):
    """The first item of a stream was taken; no node's error handler is to see it."""


class GraphSession(Session):
    """A compiled program."""

    def __init__(self, subject: Subject, clock: Clock, saver: Saver | None = None) -> None:
        self._subject = subject
        self._source = native(subject.spec["program"])
        program = compile_program(self._source)
        self._only_awaited = str(subject.spec.get("saver")).startswith("async-")
        saver = saver or make_saver(subject.spec.get("saver"), clock)
        super().__init__(dict if saver is None else saver.contents)
        self._graph = Graph(program, saver, clock, saver)
        self._events: list[Event] | None = None
        self._asynchronous = False

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        if lacking := self._lacking(operation):
            return lacking
        act, args = self._find(operation, ANYWHERE), native(operation.args)
        self._asynchronous = bool(args.pop("async", False))
        if self._only_awaited and not (self._asynchronous or operation.name in NOT_AWAITED):
            return Unsupported("this saver takes asynchronous operations only")
        self._events = events = list[Event]()
        try:
            return self._perform(lambda: cast("Callable[..., Any]", act)(**args), events)
        finally:
            self._events = None

    def _lacking(self, operation: Operation) -> Unsupported | None:
        found, saver = self._find(operation, ANYWHERE), self._graph.saver
        if isinstance(found, Unsupported) or operation.name != "crash":
            return found if isinstance(found, Unsupported) else lacking_in(operation.args)
        if not (isinstance(saver, SqliteSaver) and saver.in_file):
            return Unsupported("what this saver holds does not outlive its process")
        return self._lacking(Operation(**cast("dict[str, Any]", operation.args["operation"])))

    def close(self) -> None:
        """Close the saver, if there is one."""
        if self._graph.saver is not None:
            self._graph.saver.close()

    def do_invoke(
        self,
        input: Any = None,  # noqa: A002  # the contract's name
        stream_mode: str | list[str] = "values",
        **options: Unpack[Options],
    ) -> Any:
        """Run to the end; return the last state, and the interrupts that stopped the run.

        With another `stream_mode`, return the items of the stream.
        """
        options["subgraphs"] = False
        options.setdefault("output_keys", self._graph.program.outputs)
        if stream_mode != "values":
            chunks: list[Any] = []
            alone = isinstance(stream_mode, str)
            modes = {stream_mode} if isinstance(stream_mode, str) else {*stream_mode}
            self._run(
                input,
                modes,
                lambda item: chunks.append(item[2] if alone else item[1:]),
                options,
            )
            return chunks
        latest: Any = None
        interrupts: list[Any] = []

        def sink(item: Item) -> None:
            nonlocal latest
            _, mode, payload = item
            if mode == "values":
                latest = payload
            else:
                interrupts.extend(payload.get(INTERRUPT) or ())

        self._run(input, {"updates", "values"}, sink, options)
        if not interrupts:
            return latest
        values: dict[str, Any] = cast("Any", latest) if isinstance(latest, dict) else {}
        return {**values, INTERRUPT: interrupts}

    def do_stream(
        self,
        modes: list[str],
        input: Any = None,  # noqa: A002  # the contract's name
        **options: Unpack[Options],
    ) -> None:
        """Run to the end; every item of the stream is an event."""
        self._run(input, modes, self._sink(), options)

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
            self._run(input, modes, sink, options)

    def do_compile(self) -> None:
        """Compile the program once more."""
        compile_program(self._source)

    def do_resume(
        self,
        value: Any = None,
        modes: list[str] | None = None,
        stream_mode: str | list[str] = "values",
        **options: Unpack[Options],
    ) -> Any:
        """Answer the pending interrupt, and continue."""
        return self._command(Command(resume=value), modes, stream_mode, options)

    def do_resume_map(
        self,
        values: list[Any],
        modes: list[str] | None = None,
        stream_mode: str | list[str] = "values",
        **options: Unpack[Options],
    ) -> Any:
        """Answer interrupts by their index in `get_state`, and continue."""
        address: Any = {name: options.get(name) for name in Address.__annotations__}
        pending = self.do_get_state(**address)["interrupts"]
        answers = {pending[index].id: answer for index, answer in values if index < len(pending)}
        return self._command(Command(resume=answers), modes, stream_mode, options)

    def do_command(
        self,
        command: Any,
        modes: list[str] | None = None,
        stream_mode: str | list[str] = "values",
        **options: Unpack[Options],
    ) -> Any:
        """Run with a command."""
        return self._command(made_command(command), modes, stream_mode, options)

    def _command(
        self,
        command: Command,
        modes: list[str] | None,
        stream_mode: str | list[str],
        options: Options,
    ) -> Any:
        if modes is None:
            return self.do_invoke(command, stream_mode, **options)
        return self.do_stream(modes, command, **options)

    def do_update_state(
        self,
        values: Any = None,
        as_node: str | None = None,
        for_task: int | None = None,
        **options: Unpack[Address],
    ) -> Any:
        """Update the state as a node; return the new config."""
        change = {"values": values, "as_node": as_node, "for_task": for_task}
        return self.do_bulk_update_state([[change]], **options)

    def do_bulk_update_state(self, supersteps: list[Any], **options: Unpack[Address]) -> Any:
        """Update the state superstep by superstep; return the new config."""
        saver = self._saver()
        graph, where = self._addressed(options, changing=True)
        changes = [
            [
                Change(
                    change.get("values"),
                    change.get("as_node"),
                    _task_id(graph, where, change.get("for_task")),
                )
                for change in superstep
            ]
            for superstep in supersteps
        ]
        made = update_state(graph, saver, where, changes, own_metadata(options))
        return {"configurable": made}

    def do_get_state(self, *, subgraphs: bool = False, **options: Unpack[Address]) -> Any:
        """Return a snapshot."""
        self._saver()
        graph, where = self._addressed(options)
        return state_at(graph, where, subgraphs=subgraphs)

    def do_get_state_history(
        self,
        limit: int | None = None,
        before: int | None = None,
        filter: Any = None,  # noqa: A002  # the contract's name
        **options: Unpack[Address],
    ) -> Any:
        """Return snapshots, the newest first."""
        bound = None if before is None else self._graph.clock.id_of(before)
        graph, where = self._addressed(options)
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

    def do_load_stored(self, stored: dict[str, bytes], created: int = 0) -> None:
        """Take over what another session stored, and count on from its checkpoints."""
        self._known = stored
        self._saver().load(Rows.of(stored))
        self._graph.clock.go_on_from(created)

    def do_crash(
        self, operation: dict[str, Any], call: int | None = None, moment: str = "before"
    ) -> Any:
        """Do an operation in another process, which is killed at a call of its saver."""
        graph = self._graph
        nodes = dict(bodies(graph.program))

        def act(watch: Watch) -> None:
            session = GraphSession(self._subject, graph.clock, self._file().reopened())
            inside = session._graph  # one of these itself
            for name, node in bodies(inside.program):
                node.visits = nodes[name].visits
            watch(inside.saver or self._file(), inside.program)
            session.apply(Operation(operation["name"], operation["args"]))

        killed, calls, visits = killed_at(act, call, moment)
        for name, count in visits.items():
            nodes[name].visits = count
        stored = (split_stored_name(name) for name in self._file().contents())
        graph.clock.go_on_from(highest(parts[3] for parts in stored if parts[0] == "checkpoint"))
        return {"killed": killed, "calls": calls}

    def do_node_runs(self) -> dict[str, int]:
        """Return how often each node has run, in processes that were killed as well."""
        counts = ((name, node.visits) for name, node in bodies(self._graph.program))
        return dict(sorted((name, n) for name, n in counts if n and not is_handler(name)))

    def _file(self) -> SqliteSaver:
        """Return the saver, whose database is in a file."""
        assert isinstance(self._graph.saver, SqliteSaver)  # noqa: S101  # `apply` sees to it
        return self._graph.saver

    def do_delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        self._saver().delete_thread(thread)

    def do_copy_thread(self, source: str, target: str) -> None:
        """Refuse: LangGraph's bundled savers cannot copy a thread."""
        raise NotImplementedError

    def _run(self, given: Any, modes: Collection[str], sink: Sink, options: Options) -> None:
        # A run always begins at the outermost graph, even if a subgraph is addressed.
        where = self._where(options)
        if options.get("task") is not None:
            _, where = self._addressed(options)
            around = where.get(CHECKPOINT_MAP, {})
            where |= {"checkpoint_ns": "", "checkpoint_id": around.get("")}
        elif where.get("checkpoint_ns"):
            where |= {"checkpoint_ns": "", "checkpoint_id": None}
        program = self._graph.program
        shown = options.get("output_keys")
        if shown is not None:
            check_output_keys(program, shown)
        request = Request(
            given,
            where,
            modes,
            sink,
            program.fields if shown is None else shown,
            options.get("recursion_limit", RECURSION_LIMIT),
            options.get("durability") or "async",
            coerced_context(program, options.get("context")),
            options.get("interrupt_before") or program.interrupt_before,
            options.get("interrupt_after") or program.interrupt_after,
            self._asynchronous,
            subgraphs=bool(options.get("subgraphs")),
            tags=(options.get("config") or {}).get("tags") or (),
            order=options.get("completion_order"),
            log=self._log if options.get("logs") else mute,
        )
        check_run(request, options, saves=self._graph.saver is not None)
        around = where.get(CHECKPOINT_MAP, {})
        nesting = Nesting(checkpoints=around, metadata=own_metadata(options))
        Loop(self._graph, request, nesting).execute()

    def _log(self, kind: str, text: str) -> None:
        if self._events is not None:
            self._events.append(Event("logs", (), {"kind": kind, "text": text}))

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
        self, options: Address, *, changing: bool = False
    ) -> tuple[Graph, dict[str, Any]]:
        """Return the graph that an operation addresses, this one or a task's, and the place."""
        where, task = self._where(options), options.get("task")
        if task is None:
            return graph_in(self._graph, where, strict=changing)
        graph, inside = inner_graph(self._graph, where, task)
        if (inner := options.get("inner")) is not None:
            inside = checkpoint_of(graph, inside, self._graph.clock.id_of(inner))
        return graph, {**inside, **own_keys(options)}

    def _saver(self) -> Saver:
        if self._graph.saver is None:
            raise ValueError("No checkpointer set")
        return self._graph.saver

    def _where(self, options: Address) -> dict[str, Any]:
        where: dict[str, Any] = {}
        if (thread := options.get("thread")) is not None:
            where["thread_id"] = thread
        if (checkpoint := options.get("checkpoint")) is not None:
            where |= {"checkpoint_ns": "", "checkpoint_id": self._graph.clock.id_of(checkpoint)}
        return {**where, **own_keys(options)}


def _task_id(graph: Graph, where: Where, index: int | None) -> str | None:
    if index is None:
        return None
    tasks = state_at(graph, where)["tasks"]
    if index >= len(tasks):
        message = f"no task {index}"
        raise ValueError(message)
    return tasks[index]["id"]


def _drop(item: Item) -> None:
    del item
