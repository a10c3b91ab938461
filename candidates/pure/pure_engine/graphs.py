"""The graph subject: a compiled program with a saver of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from parity_kit.contract import Event, Operation, Outcome, Subject, Unsupported
from pure_engine.acting import Watch, find, perform, prepared
from pure_engine.clock import Clock
from pure_engine.codec import native, plain
from pure_engine.graph import Graph
from pure_engine.loop import Durability, Loop, Run, Sink
from pure_engine.names import INTERRUPT
from pure_engine.program import compile_program
from pure_engine.savers import Saver
from pure_engine.sessions import make_saver
from pure_engine.snapshots import empty_snapshot, snapshot
from pure_engine.starting import start
from pure_engine.types import Command
from pure_engine.updates import COPY, Update

_RECURSION_LIMIT = 25
_NO_THREAD = (
    "Checkpointer requires one or more of the following 'configurable' keys:"
    " thread_id, checkpoint_ns, checkpoint_id"
)
_MODES = {"values", "updates", "tasks", "checkpoints", "debug"}
_DURABILITIES = {None, "sync", "async", "exit"}


class GraphSession:
    """A compiled program."""

    def __init__(self, subject: Subject, clock: Clock) -> None:
        program = compile_program(native(subject.spec["program"]))
        self._graph = Graph(program, make_saver(subject.spec.get("saver"), clock), clock)
        self._watch = Watch()
        self._events: list[Event] | None = None

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = find(self, operation)
        lacking = act if isinstance(act, Unsupported) else _lacking(operation.args)
        if isinstance(lacking, Unsupported):
            return lacking
        args = native(operation.args)
        self._events = events = list[Event]()
        saver = self._graph.saver
        try:
            return perform(
                lambda: cast("Callable[..., Any]", act)(**args),
                _nothing if saver is None else saver.contents,
                self._watch,
                events,
            )
        finally:
            self._events = None

    def close(self) -> None:
        """Close the saver, if there is one."""
        if self._graph.saver is not None:
            self._graph.saver.close()

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a call, ready to be timed; its events are not kept."""
        return prepared(self, operation)

    def do_invoke(
        self,
        thread: str | None = None,
        input: Any = None,  # noqa: A002  # the contract's name
        checkpoint: int | None = None,
        recursion_limit: int = _RECURSION_LIMIT,
        durability: Durability | None = None,
    ) -> Any:
        """Run to the end; return the last state, and the interrupts that stopped the run."""
        latest: Any = None
        interrupts: list[Any] = []

        def sink(mode: str, payload: Any) -> None:
            nonlocal latest
            if mode == "values":
                latest = payload
            else:
                interrupts.extend(payload.get(INTERRUPT) or ())

        where = self._where(thread, checkpoint)
        modes = {"updates", "values"}
        self._run(Run(input, where, modes, sink, recursion_limit, durability or "async"))
        if not interrupts:
            return latest
        values: dict[str, Any] = latest or {}
        return {**values, INTERRUPT: interrupts}

    def do_stream(  # noqa: PLR0913, PLR0917  # the operation's arguments
        self,
        modes: list[str],
        thread: str | None = None,
        input: Any = None,  # noqa: A002  # the contract's name
        checkpoint: int | None = None,
        recursion_limit: int = _RECURSION_LIMIT,
        durability: Durability | None = None,
    ) -> None:
        """Run to the end; every item of the stream is an event."""
        where = self._where(thread, checkpoint)
        self._run(Run(input, where, modes, self._sink(), recursion_limit, durability or "async"))

    def do_resume(
        self,
        thread: str | None = None,
        value: Any = None,
        checkpoint: int | None = None,
        modes: list[str] | None = None,
    ) -> Any:
        """Answer the interrupt that is pending, and run on."""
        return self._command(Command(resume=value), thread, checkpoint, modes)

    def do_resume_map(self, thread: str, values: list[Any], modes: list[str] | None = None) -> Any:
        """Answer interrupts by their place in `get_state`, and run on."""
        pending = self.do_get_state(thread)["interrupts"]
        answers = {pending[index].id: answer for index, answer in values if index < len(pending)}
        return self._command(Command(resume=answers), thread, None, modes)

    def _command(
        self, command: Command, thread: str | None, checkpoint: int | None, modes: list[str] | None
    ) -> Any:
        if modes is None:
            return self.do_invoke(thread, command, checkpoint)
        return self.do_stream(modes, thread, command, checkpoint)

    def do_update_state(
        self,
        thread: str | None = None,
        values: Any = None,
        as_node: str | None = None,
        checkpoint: int | None = None,
    ) -> Any:
        """Update the state as a node; return the new config."""
        update = Update(self._graph, self._saver(), self._where(thread, checkpoint))
        return {"configurable": update.apply(values, as_node)}

    def do_get_state(self, thread: str | None = None, checkpoint: int | None = None) -> Any:
        """Return a snapshot."""
        where = self._where(thread, checkpoint)
        saved = self._saver().get(where)
        if saved is None:
            return empty_snapshot(where)
        return snapshot(self._graph, saved, live=checkpoint is None)

    def do_get_state_history(
        self,
        thread: str,
        limit: int | None = None,
        before: int | None = None,
        filter: Any = None,  # noqa: A002  # the contract's name
    ) -> Any:
        """Return snapshots, the newest first."""
        bound = None if before is None else self._graph.clock.id_of(before)
        where = {"thread_id": thread, "checkpoint_ns": ""}
        found = self._saver().list(where, filter=filter, before=bound, limit=limit)
        return [snapshot(self._graph, saved) for saved in found]

    def do_put(self, thread: str, checkpoint: Any, metadata: Any, parent: str | None = None) -> Any:
        """Store a checkpoint as it stands; return its config."""
        where: dict[str, Any] = {"thread_id": thread, "checkpoint_ns": ""}
        if parent is not None:
            where["checkpoint_id"] = parent
        self._saver().put(where, checkpoint, metadata, checkpoint["channel_versions"])
        place = {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": checkpoint["id"]}
        return {"configurable": place}

    def do_delete_thread(self, thread: str) -> None:
        """Forget a thread."""
        self._saver().delete_thread(thread)

    def _run(self, run: Run) -> None:
        if run.recursion_limit < 1:
            raise ValueError("recursion_limit must be at least 1")
        if self._graph.saver is not None and not run.where:
            raise ValueError(_NO_THREAD)
        loop = Loop(self._graph, run)
        start(loop)
        loop.execute()

    def _sink(self) -> Sink:
        events = self._events
        if events is None:
            return _drop
        return lambda mode, payload: events.append(Event(mode, (), plain(payload)))

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


def _nothing() -> dict[str, bytes]:
    return {}


def _drop(mode: str, payload: Any) -> None:
    del mode, payload


def _lacking(args: Mapping[str, Any]) -> Unsupported | None:
    """Return the stream mode, durability or kind of update that the engine does not have."""
    if unknown := sorted(set(args.get("modes") or ()) - _MODES):
        return Unsupported(f"no stream mode {unknown[0]}")
    if args.get("durability") not in _DURABILITIES:
        return Unsupported(f"no durability {args['durability']}")
    if args.get("as_node") == COPY and args.get("values"):
        return Unsupported("no updates together with a copy")
    return None
