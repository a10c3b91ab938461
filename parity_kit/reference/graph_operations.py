"""The operations on a compiled graph (docs/contract.md), all of them sync or async."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from inspect import signature
from typing import Any, Protocol, cast

from langgraph.pregel import Pregel
from langgraph.types import Command, Send, StateUpdate

from parity_kit.contract import Event, Operation, SubjectKind
from parity_kit.contract.operations import operation_problem
from parity_kit.reference.callbacks import callback_handler
from parity_kit.reference.hosts import store_items
from parity_kit.reference.logs import logged
from parity_kit.reference.native import interrupts_inside, to_plain
from parity_kit.reference.pins import Counter
from parity_kit.reference.savers import load_contents, public_config

RECURSION_LIMIT = 25
"""Supersteps a run may take unless the operation says otherwise."""
MOST_ORDERED = 8
"""Tasks of a superstep whose completion order can be given: their places are small hashes."""
OF_SAVERS = frozenset({"delete_thread", "copy_thread", "put", "load_stored", "crash"})
"""The operations on the saver itself."""


class Caller(Protocol):
    """Calls LangGraph's synchronous methods, or awaits their asynchronous twins."""

    def call(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method and return its result."""
        ...

    def for_each(
        self, take: Callable[[Any], object], target: Any, name: str, *args: Any, **kwargs: Any
    ) -> None:
        """Call a method that yields items, and pass them to `take` until it returns true."""
        ...


class Direct:
    """Calls the synchronous methods."""

    def call(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method and return its result."""
        return getattr(target, name)(*args, **kwargs)

    def for_each(
        self, take: Callable[[Any], object], target: Any, name: str, *args: Any, **kwargs: Any
    ) -> None:
        """Call a method that yields items, and pass them to `take` until it returns true."""
        with contextlib.closing(getattr(target, name)(*args, **kwargs)) as items:
            for item in items:
                if take(item):
                    return


class Operations:
    """The operations on one graph; `events` collects a stream's items, or is None in benchmarks.

    `build` compiles the graph's program.
    """

    def __init__(
        self,
        graph: Any,
        build: Callable[[], object],
        saver: Any,
        counter: Counter,
        caller: Caller,
        events: list[Event] | None,
    ) -> None:
        self._graph = graph
        self._build = build
        self._saver = saver
        self._counter = counter
        self._caller = caller
        self._events = events

    def invoke(self, input: Any = None, **run: Any) -> Any:
        """Run the graph and return its final output."""
        return self._run(input, run)

    def stream(self, modes: Sequence[str], input: Any = None, **run: Any) -> Any:
        """Run the graph; its events are the stream's items."""
        return self._run(input, {**run, "modes": modes})

    def first_event(self, modes: Sequence[str], input: Any = None, **run: Any) -> Any:
        """Run the graph until the stream's first item, and close the stream."""
        return self._run(input, {**run, "modes": modes}, until_first=True)

    def compile(self) -> None:
        """Compile the program once more."""
        self._build()

    def resume(self, value: Any, **run: Any) -> Any:
        """Resume with the answer to an interrupt."""
        return self._run(Command(resume=value), run)

    def resume_map(self, values: Sequence[tuple[int, Any]], **run: Any) -> Any:
        """Resume with answers to pending interrupts, by their place in the state."""
        where = {key: run[key] for key in _ADDRESS if key in run}
        pending = self._call("get_state", self._config(**where)).interrupts
        answers = {pending[index].id: value for index, value in values if index < len(pending)}
        return self._run(Command(resume=answers), run)

    def command(self, command: Mapping[str, Any], **run: Any) -> Any:
        """Run with a `Command`."""
        given = dict(command)
        if "goto" in given:
            goto = given["goto"]
            destinations = cast("list[Any]", goto) if isinstance(goto, list) else [goto]
            given["goto"] = [_destination(destination) for destination in destinations]
        return self._run(Command(**given), run)

    def update_state(
        self, values: Any, as_node: str | None = None, for_task: int | None = None, **where: Any
    ) -> Any:
        """Write to the state as a node would, in the place of a task if one is given."""
        config = self._config(**where)
        given = () if for_task is None else (self._task_id(config, for_task),)
        return public_config(self._call("update_state", config, values, as_node, *given))

    def bulk_update_state(self, supersteps: Sequence[Any], **where: Any) -> Any:
        """Write to the state as several nodes would, in several supersteps."""
        config = self._config(**where)

        def update(parts: Mapping[str, Any]) -> StateUpdate:
            given = parts.get("for_task")
            task = None if given is None else self._task_id(config, given)
            return StateUpdate(parts.get("values"), parts.get("as_node"), task)

        updates = [[update(parts) for parts in step] for step in supersteps]
        return public_config(self._call("bulk_update_state", config, updates))

    def get_state(self, *, subgraphs: bool = False, **where: Any) -> Any:
        """Return a snapshot."""
        config = self._config(**where)
        return snapshot_parts(self._call("get_state", config, subgraphs=subgraphs))

    def get_state_history(
        self,
        limit: int | None = None,
        before: int | None = None,
        filter: Any = None,
        **where: Any,
    ) -> Any:
        """Return snapshots, the latest first."""
        bound = None if before is None else self._config(where.get("thread"), before)
        snapshots: list[Any] = []
        self._caller.for_each(
            lambda snapshot: snapshots.append(snapshot_parts(snapshot)),
            self._graph,
            "get_state_history",
            self._config(**where),
            limit=limit,
            before=bound,
            filter=filter,
        )
        return snapshots

    def delete_thread(self, thread: str) -> None:
        """Delete a thread from the saver."""
        self._caller.call(self._saver, "delete_thread", thread)

    def copy_thread(self, source: str, target: str) -> None:
        """Copy a thread in the saver to another."""
        self._caller.call(self._saver, "copy_thread", source, target)

    def put(self, thread: str, checkpoint: Any, metadata: Any, parent: str | None = None) -> Any:
        """Store a checkpoint unchanged."""
        configurable = {"thread_id": thread, "checkpoint_ns": ""}
        if parent is not None:
            configurable["checkpoint_id"] = parent
        config = {"configurable": configurable}
        return self._caller.call(
            self._saver, "put", config, checkpoint, metadata, checkpoint["channel_versions"]
        )

    def load_stored(self, stored: Mapping[str, bytes], created: int = 0, messages: int = 0) -> None:
        """Store what an engine stored, and count on from its checkpoints and message ids."""
        load_contents(self._saver, stored)
        self._counter.go_on_from(created, messages)

    def store_items(self, namespace: Sequence[str]) -> Any:
        """Return the items of the graph's store under a prefix."""
        return store_items(self._graph.store, namespace)

    def clear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Clear the cached results of nodes."""
        self._call("clear_cache", nodes)

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._caller.call(self._graph, name, *args, **kwargs)

    def _run(self, input: Any, run: dict[str, Any], *, until_first: bool = False) -> Any:
        if run.pop("logs", False) and self._events is not None:
            with logged(self._events):
                return self._run(input, run, until_first=until_first)
        where = {name: value for name, value in run.items() if name not in _RUN_ARGUMENTS}
        kwargs = {name: value for name, value in run.items() if name in _RUN_ARGUMENTS}
        modes, subgraphs = kwargs.pop("modes", None), kwargs.pop("subgraphs", False)
        observed = where.pop("callbacks", False)
        config = self._config(**where)
        if observed and self._events is not None:
            config["callbacks"] = [callback_handler(self._events)]
        if modes is None:
            return _shown(self._call("invoke", input, config, **kwargs))
        if subgraphs:
            kwargs["subgraphs"] = True

        def take(item: Any) -> bool:
            # LangGraph keeps changing the objects it has handed out, so payloads are read at once.
            if kwargs.get("version") == "v2":
                item = dict(item)
                namespace, mode, payload = item.pop("ns"), item.pop("type"), item
            else:
                namespace, mode, payload = item if subgraphs else ((), *item)
            if self._events is not None:
                self._events.append(Event(mode, tuple(namespace), to_plain(payload)))
            return until_first

        return self._caller.for_each(
            take, self._graph, "stream", input, config, stream_mode=modes, **kwargs
        )

    def _config(
        self,
        thread: str | None = None,
        checkpoint: int | None = None,
        task: int | None = None,
        inner: int | None = None,
        config: Mapping[str, Any] | None = None,
        recursion_limit: int = RECURSION_LIMIT,
        max_concurrency: int | None = None,
    ) -> Any:
        given = dict(config or {})
        own = given.pop("configurable", {})
        configurable: dict[str, Any] = {}
        if thread is not None:
            configurable["thread_id"] = thread
        if checkpoint is not None:
            # As in a snapshot's config: savers require the namespace beside the id.
            configurable["checkpoint_ns"] = ""
            configurable["checkpoint_id"] = self._counter.checkpoint_id(checkpoint)
        made = {**given, "configurable": configurable, "recursion_limit": recursion_limit}
        if max_concurrency is not None:
            made["max_concurrency"] = max_concurrency
        if task is not None:
            made["configurable"] = self._inside(made, task, inner)
        made["configurable"] |= own
        return made

    def _inside(self, config: Any, task: int, inner: int | None) -> Any:
        """Return the address of the subgraph that a task runs, from the task's state.

        With `inner`, it is that of a checkpoint of the subgraph, as its own snapshot gives it.
        """
        tasks = self._call("get_state", config).tasks
        state = tasks[task].state if 0 <= task < len(tasks) else None
        if state is None:
            message = f"no subgraph at task {task}"
            raise ValueError(message)
        configurable = dict(state["configurable"])
        if inner is not None:
            configurable["checkpoint_id"] = self._counter.checkpoint_id(inner)
            address = {"configurable": configurable}
            # What LangGraph adds for the subgraph itself would hide it from the outer graph.
            given = public_config(self._call("get_state", address).config)
            configurable = dict(given["configurable"])
        return configurable

    def _task_id(self, config: Any, task: int) -> str:
        """Return the id of a task of the state."""
        tasks = self._call("get_state", config).tasks
        if not 0 <= task < len(tasks):
            message = f"no task {task}"
            raise ValueError(message)
        return tasks[task].id


_ADDRESS = ("thread", "checkpoint", "task", "inner", "config")
_RUN_ARGUMENTS = {
    "durability",
    "context",
    "interrupt_before",
    "interrupt_after",
    "modes",
    "subgraphs",
    "output_keys",
    "stream_mode",
    "version",
}


def misfit(operation: Operation) -> str | None:
    """Return why an operation is not valid for a graph, or None if it is."""
    if problem := operation_problem(SubjectKind.GRAPH, operation):
        return problem
    if missing := _needed(operation.name) - operation.args.keys():
        return f"{operation.name} lacks the argument {min(missing)}"
    order = cast("Sequence[int]", operation.args.get("completion_order") or ())
    if len(order) > MOST_ORDERED or sorted(order) != [*range(len(order))]:
        return f"completion_order orders no first tasks, of {MOST_ORDERED} at most"
    if "version" in operation.args and "version" not in _of_streams():
        return "this release has one version of streams"
    if operation.args.get("callbacks") and find_spec("langgraph.callbacks") is None:
        return "this release has no callbacks of graphs"
    return None


@functools.cache
def _of_streams() -> frozenset[str]:
    """Return the arguments of this release's streams."""
    return frozenset(signature(cast("Any", Pregel).stream).parameters)


@functools.cache
def _needed(name: str) -> frozenset[str]:
    """Return the arguments that an operation requires."""
    if name == "crash":
        return frozenset({"operation"})
    method = getattr(Operations, name, None)
    parameters = signature(method).parameters.values() if method else ()
    return frozenset(
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.name != "self"
        and parameter.kind is not parameter.VAR_KEYWORD
    )


def _shown(output: Any) -> Any:
    """Return a run's output; one of the second version has its interrupts beside it."""
    if type(output).__name__ != "GraphOutput":
        return output
    return {"value": output.value, "interrupts": output.interrupts}


def _destination(destination: Any) -> Any:
    if not isinstance(destination, dict):
        return destination
    name, argument = cast("dict[str, Any]", destination)["send"]
    return Send(name, argument)


def snapshot_parts(snapshot: Any) -> Any:
    """Return a snapshot as the contract's map."""
    return _public(interrupts_inside(snapshot))


def _public(parts: Any) -> Any:
    tasks = [
        {**task, "state": _public(task["state"])} if "metadata" in (task["state"] or ()) else task
        for task in parts["tasks"]
    ]
    return parts | {
        "config": public_config(parts["config"]),
        "parent_config": public_config(parts["parent_config"]),
        "tasks": tasks,
    }
