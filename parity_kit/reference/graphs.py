"""The graph subject: a compiled program with a checkpointer of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from langgraph.types import Command

from parity_kit.contract import Event, Operation, Outcome, Pins, Subject, Unsupported
from parity_kit.programs.parsing import parse_graph
from parity_kit.reference.build import build
from parity_kit.reference.native import Watch, interrupts_inside, perform, to_native, to_plain
from parity_kit.reference.pins import Counter, Pin, pinned
from parity_kit.reference.savers import close_saver, contents, make_saver, public_config

RECURSION_LIMIT = 25
"""Supersteps a run may take unless the operation says otherwise."""


class GraphSession:
    """A compiled graph. With `pin` false nothing is pinned: for measuring."""

    def __init__(
        self, subject: Subject, pins: Pins, *, pin: bool = True, free: Collection[Pin] = ()
    ) -> None:
        program = parse_graph(to_native(subject.spec["program"]))
        self._saver = make_saver(subject.spec.get("saver"))
        self._graph: Any = build(program, declared=Pin.EDGES not in free).compile(
            checkpointer=self._saver,
            interrupt_before=_breakpoints(program.interrupt_before),
            interrupt_after=_breakpoints(program.interrupt_after),
        )
        self._counter = Counter(pins, free)
        self._watch = Watch()
        self._pin = pin

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = getattr(self, f"_{operation.name}", None)
        if act is None:
            return Unsupported(f"graph has no operation {operation.name}")
        args = to_native(operation.args)

        def action(events: list[Event]) -> Any:
            return act(events, **args)

        with self._pinned():
            return perform(action, lambda: contents(self._saver), self._watch)

    def close(self) -> None:
        """Close the database, if there is one."""
        close_saver(self._saver)

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a call, ready to be timed."""
        act = getattr(self, f"_{operation.name}")
        return functools.partial(act, None, **to_native(operation.args))

    def _pinned(self) -> AbstractContextManager[None]:
        return pinned(self._counter) if self._pin else nullcontext()

    def _config(
        self,
        thread: str | None = None,
        checkpoint: int | None = None,
        recursion_limit: int = RECURSION_LIMIT,
    ) -> Any:
        configurable: dict[str, Any] = {}
        if thread is not None:
            configurable["thread_id"] = thread
        if checkpoint is not None:
            # As a snapshot's config has it: savers ask for the namespace beside the id.
            configurable["checkpoint_ns"] = ""
            configurable["checkpoint_id"] = self._counter.checkpoint_id(checkpoint)
        return {"configurable": configurable, "recursion_limit": recursion_limit}

    def _invoke(
        self,
        events: list[Event] | None,
        input: Any = None,
        durability: Any = None,
        **where: Any,
    ) -> Any:
        del events
        return self._graph.invoke(input, self._config(**where), durability=durability)

    def _stream(
        self,
        events: list[Event] | None,
        modes: list[str],
        input: Any = None,
        durability: Any = None,
        **where: Any,
    ) -> None:
        items: Iterator[Any] = self._graph.stream(
            input, self._config(**where), stream_mode=modes, durability=durability
        )
        for mode, payload in items:
            # LangGraph goes on changing what it has handed out, so each payload is read at once.
            if events is not None:
                events.append(Event(mode, (), to_plain(payload)))

    def _resume(
        self, events: list[Event] | None, value: Any, modes: Any = None, **where: Any
    ) -> Any:
        return self._command(events, Command(resume=value), modes, where)

    def _resume_map(
        self, events: list[Event] | None, values: Any, modes: Any = None, **where: Any
    ) -> Any:
        config = self._config(where.get("thread"), where.get("checkpoint"))
        pending = self._graph.get_state(config).interrupts
        answers = {pending[index].id: value for index, value in values if index < len(pending)}
        return self._command(events, Command(resume=answers), modes, where)

    def _command(
        self, events: list[Event] | None, command: Any, modes: Any, where: dict[str, Any]
    ) -> Any:
        if modes is None:
            return self._invoke(events, command, **where)
        return self._stream(events, modes, command, **where)

    def _update_state(
        self, events: Any, values: Any, as_node: str | None = None, **where: Any
    ) -> Any:
        del events
        return public_config(self._graph.update_state(self._config(**where), values, as_node))

    def _get_state(self, events: Any, **where: Any) -> Any:
        del events
        return _snapshot(self._graph.get_state(self._config(**where)))

    def _get_state_history(
        self,
        events: Any,
        thread: str,
        limit: int | None = None,
        before: int | None = None,
        filter: Any = None,
    ) -> Any:
        del events
        bound = None if before is None else self._config(thread, before)
        found = self._graph.get_state_history(
            self._config(thread), limit=limit, before=bound, filter=filter
        )
        return [_snapshot(each) for each in found]

    def _put(
        self, events: Any, thread: str, checkpoint: Any, metadata: Any, parent: str | None = None
    ) -> Any:
        del events
        configurable = {"thread_id": thread, "checkpoint_ns": ""}
        if parent is not None:
            configurable["checkpoint_id"] = parent
        config = {"configurable": configurable}
        return self._saver.put(config, checkpoint, metadata, checkpoint["channel_versions"])

    def _delete_thread(self, events: Any, thread: str) -> None:
        del events
        self._saver.delete_thread(thread)


def _breakpoints(names: Any) -> Any:
    return names if names == "*" else list(names)


def _snapshot(snapshot: Any) -> Any:
    parts = interrupts_inside(snapshot)
    return parts | {
        "config": public_config(parts["config"]),
        "parent_config": public_config(parts["parent_config"]),
    }
