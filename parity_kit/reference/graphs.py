"""The graph subject: a compiled program with a checkpointer of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, cast

from langgraph.runtime import Runtime

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Pins,
    Subject,
    Unsupported,
    UnsupportedSubjectError,
    split_stored_name,
)
from parity_kit.contract.errors import BadProgramError
from parity_kit.programs.admission import is_awaited
from parity_kit.programs.model import Functional, Program
from parity_kit.programs.own_types import own_type_names, own_types
from parity_kit.programs.parsing import parse
from parity_kit.reference.asynchronous import Awaited, TimelessLoop
from parity_kit.reference.build import Builder
from parity_kit.reference.crashing import Killing, Moment, Report, created, in_a_process
from parity_kit.reference.functional import compile_functional
from parity_kit.reference.graph_operations import OF_SAVERS, Direct, Operations, misfit
from parity_kit.reference.hosts import Bodies
from parity_kit.reference.native import Watch, perform, serializer, to_native
from parity_kit.reference.pins import Counter, Pin, pinned, unhurried
from parity_kit.reference.plain_functions import ScriptBuilder, source
from parity_kit.reference.savers import (
    close_saver,
    contents,
    make_saver,
    refused_in,
    reopened,
)
from parity_kit.reference.stand_ins import standing_in

_OWN = {"compile", "load_stored", "node_runs", "store_items"}
"""The operations that call no method of LangGraph's that has an asynchronous twin."""
_OF_RUNTIME = {"info": "execution_info", "drain": "control"}
_RUNTIME = {field.name for field in fields(Runtime)}


class GraphSession:
    """A compiled graph, which stores in a `saver` of its own if none is given.

    Without `pin`, for benchmarks, nothing is pinned.
    """

    def __init__(
        self,
        subject: Subject,
        pins: Pins,
        *,
        pin: bool = True,
        free: Collection[Pin] = (),
        saver: Any = None,
        bodies: Bodies | None = None,
    ) -> None:
        self._awaited: Awaited | None = None
        name = subject.spec.get("saver")
        self._only_awaited = is_awaited(name)
        self._saver = make_saver(name, self._await) if saver is None else saver
        self._own_types = own_types(subject)
        if self._own_types and self._saver is not None:
            # LangGraph's default warns of every type that is not on a list.
            self._saver.serde = serializer(own_type_names(self._own_types))
        with standing_in(self._own_types):
            program = _parsed(subject)
        self._subject, self._pins, self._free = subject, pins, free
        self._bodies = bodies or Bodies()
        builder = Builder(Pin.EDGES not in free, self._bodies)
        if subject.spec.get("functions"):
            builder = ScriptBuilder(builder.declared, self._bodies, source=source(subject))
        self._build = functools.partial(_compiled, program, self._saver, builder)
        self._graph = self._build()
        self._counter = Counter(pins, free)
        self._watch = Watch()
        self._pin = pin

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        if reason := misfit(operation):
            return Unsupported(reason)
        if self._saver is None and operation.name in OF_SAVERS:
            return Unsupported("without a saver there are no threads")
        if self._only_awaited and not (operation.args.get("async") or operation.name in _OWN):
            return Unsupported("this saver takes asynchronous operations only")

        if operation.name == "load_stored":
            stored = cast("Mapping[str, bytes]", operation.args["stored"])
            if reason := refused_in(stored):
                return Unsupported(reason)
            self._watch.expect(stored)

        reopen = reopened(self._saver) if operation.name == "crash" else None
        if operation.name == "crash" and reopen is None:
            return Unsupported("what this saver holds does not outlive its process")

        def action(events: list[Event]) -> Any:
            if reopen is not None:
                return self._crash(reopen, **cast("Any", operation.args))
            if operation.name == "node_runs":
                # A handler is no node; its place has an empty name.
                counts = sorted(self._bodies.begun.items())
                return {"/".join(place): n for place, n in counts if "" not in place}
            return self._prepared(operation, events)()

        order = cast("Sequence[int] | None", operation.args.get("completion_order"))
        with self._pinned(order):
            return perform(action, lambda: contents(self._saver), self._watch)

    def _crash(
        self,
        reopen: Callable[[], Any],
        operation: Mapping[str, Any],
        call: int | None = None,
        moment: Moment = "before",
    ) -> Any:
        """Apply an operation in another process, which is killed at a call of the saver."""

        def act(die: Callable[[Report], None]) -> Report:
            saver, bodies = reopen(), Bodies(self._bodies.begun.copy())

            def report() -> Any:
                return killing.calls, [*bodies.begun.items()]

            killing = Killing(call, moment, lambda: die(report))
            killing.watch(saver)
            session = GraphSession(
                self._subject, self._pins, free=self._free, saver=saver, bodies=bodies
            )
            session._counter = self._counter  # its own in the other process
            session.apply(Operation.from_plain(operation))
            return report

        (calls, begun), killed = in_a_process(act)
        for place, count in begun:
            self._bodies.begun[tuple(place)] = count
        ids = (split_stored_name(name)[3] for name in contents(self._saver) if name[0] == "c")
        self._counter.created = max(self._counter.created, created(ids))
        return {"killed": killed, "calls": calls}

    def close(self) -> None:
        """Close the database, if there is one."""
        close_saver(self._saver)
        if self._awaited is not None:
            self._awaited.close()

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a function to be timed."""
        if self._own_types:
            raise UnsupportedSubjectError("values of an application's own types are not timed")
        return self._prepared(operation, None)

    def _prepared(self, operation: Operation, events: list[Event] | None) -> Callable[[], Any]:
        args = to_native(operation.args)
        args.pop("completion_order", None)  # a pin
        caller = self._await() if args.pop("async", False) else Direct()
        operations = Operations(
            self._graph, self._build, self._saver, self._counter, caller, events
        )
        return functools.partial(getattr(operations, operation.name), **args)

    def _await(self) -> Awaited:
        if self._awaited is None:
            self._awaited = Awaited(TimelessLoop())
        return self._awaited

    @contextmanager
    def _pinned(self, order: Sequence[int] | None) -> Generator[None]:
        pins = pinned(self._counter, order) if self._pin else unhurried()
        with standing_in(self._own_types), pins:
            yield


def _parsed(subject: Subject) -> Program | Functional:
    data = to_native(subject.spec["program"])
    program = parse(data)
    for word, name in _OF_RUNTIME.items():
        if name not in _RUNTIME and _says(data, word):
            raise UnsupportedSubjectError(f"this release's Runtime has no {name}")
    return program


def _compiled(program: Program | Functional, saver: Any, builder: Builder) -> Any:
    try:
        if isinstance(program, Functional):
            return compile_functional(program, saver, builder.bodies)
        return builder.compile(program, saver)
    except (ValueError, TypeError) as error:
        raise BadProgramError(f"LangGraph refuses it: {error}", where="program") from error


def _says(data: Any, word: str) -> bool:
    """Return whether an instruction or an operator of this name occurs in a program."""
    if isinstance(data, dict):
        entries = cast("dict[str, Any]", data)
        return [*entries] == [word] or any(_says(entry, word) for entry in entries.values())
    return isinstance(data, list) and any(_says(item, word) for item in cast("list[Any]", data))
