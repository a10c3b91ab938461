"""LangGraph as the host of the program language, and bodies as functions that LangGraph runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeAlias, cast

from langgraph._internal._runnable import RunnableCallable
from langgraph.store.base import BaseStore
from langgraph.types import Command, Overwrite, Send, interrupt

from parity_kit.programs.instructions import ERRORS, Request, Wait, arun_body, run_body
from parity_kit.programs.language import Scope, evaluate
from parity_kit.programs.model import Body, Route
from parity_kit.reference.native import typed_bytes

Answers: TypeAlias = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""How the calls of a body are answered (`Call`; in a functional program `CallAll` too): at once,
and awaited."""
MANY = 1_000_000  # a store's search returns ten items by default
_LATE = 1e-6
"""Seconds that a wait ends late, so that it never ends together with a limit: which is first would
be chance, and an attempt that goes on for that moment may take an answer before it is given up."""


@dataclass(frozen=True, slots=True)
class Host:
    """LangGraph for a body that runs with `runtime`; `failure` is what an error handler handles."""

    runtime: Any = None
    begun: int = 0
    failure: Any = None

    def interrupt(self, value: Any) -> Any:
        """Call `interrupt`."""
        return interrupt(value)

    def send(self, node: str, argument: Any) -> Any:
        """Return a `Send`."""
        return Send(node, argument)

    def overwrite(self, value: Any) -> Any:
        """Return an `Overwrite`."""
        return Overwrite(value)

    def encode(self, value: Any) -> bytes:
        """Return the bytes that LangGraph's serializer produces."""
        kind, data = typed_bytes(value)
        return kind.encode() + data

    def command(self, parts: Mapping[str, Any]) -> Any:
        """Return a `Command`."""
        given: dict[str, Any] = {
            "update": parts.get("update"),
            "goto": _destinations(parts.get("goto")),
        }
        if parts.get("graph") is not None:
            given["graph"] = Command.PARENT
        return Command(**given)

    def message(self, parts: Mapping[str, str]) -> Any:
        """Return a message of LangChain's."""
        from langchain_core import messages  # noqa: PLC0415  # few programs hold messages

        kinds: dict[str, Callable[..., Any]] = {
            "human": messages.HumanMessage,
            "ai": messages.AIMessage,
            "system": messages.SystemMessage,
            "tool": messages.ToolMessage,
        }
        given = {name: part for name, part in parts.items() if name != "type"}
        if parts["type"] == "remove":
            return messages.RemoveMessage(id=given["id"])
        return kinds[parts["type"]](**{"content": "", **given})

    def final(self, value: Any, save: Any) -> Any:
        """Return an `entrypoint.final`."""
        from langgraph.func import entrypoint  # noqa: PLC0415  # functional programs only

        return entrypoint.final(value=value, save=save)

    def visits(self) -> int:
        """Return how often this body has started."""
        return self.begun

    def info(self, name: str) -> Any:
        """Return a field of `runtime.execution_info`."""
        names = {"attempt": "node_attempt"}
        return getattr(self.runtime.execution_info, names.get(name, name))

    def context(self, name: str) -> Any:
        """Return a key of `runtime.context`."""
        given = as_map(self.runtime.context)
        return cast("dict[str, Any]", given).get(name) if isinstance(given, dict) else None

    def error(self, name: str) -> Any:
        """Return a part of the `NodeError` that a handler got."""
        if name == "node":
            return self.failure.node
        error = self.failure.error
        return type(error).__name__ if name == "type" else str(error)

    def previous(self) -> Any:
        """Return `runtime.previous`."""
        return self.runtime.previous

    def emit(self, value: Any) -> None:
        """Send a value to the stream writer."""
        self.runtime.stream_writer(value)

    def drain(self, reason: str) -> None:
        """Ask the run's control to drain it."""
        self.runtime.control.request_drain(reason)

    def store_put(self, namespace: Sequence[str], key: str, value: Mapping[str, Any]) -> None:
        """Put a map into the run's store."""
        if self.runtime.store is not None:
            self.runtime.store.put(tuple(namespace), key, dict(value))

    def store_delete(self, namespace: Sequence[str], key: str) -> None:
        """Delete an item from the run's store."""
        if self.runtime.store is not None:
            self.runtime.store.delete(tuple(namespace), key)

    def store_get(self, namespace: Sequence[str], key: str) -> Any:
        """Return a value from the run's store."""
        if self.runtime.store is None:
            return None
        item = self.runtime.store.get(tuple(namespace), key)
        return None if item is None else item.value

    def store_search(self, namespace: Sequence[str]) -> list[Any]:
        """Return the items under a prefix."""
        return store_items(self.runtime.store, namespace)


def store_items(store: BaseStore | None, namespace: Sequence[str]) -> list[Any]:
    """Return `[namespace, key, value]` of each item under a prefix, sorted.

    A store's own order is the one in which namespaces were first mentioned, even by a read.
    """
    unsorted = [] if store is None else store.search(tuple(namespace), limit=MANY)
    items = sorted(unsorted, key=lambda item: (item.namespace, item.key))
    return [[list(item.namespace), item.key, item.value] for item in items]


def _destinations(goto: Any) -> Any:
    """Return the nodes and sends of a `goto`; a list in a list is spliced."""
    if isinstance(goto, (str, Send)):
        return goto
    if not isinstance(goto, list):
        return ()
    destinations: list[Any] = []
    for item in cast("list[Any]", goto):
        flat = cast("list[Any]", item) if isinstance(item, list) else [item]
        destinations += [
            destination for destination in flat if isinstance(destination, (str, Send))
        ]
    return destinations


@dataclass(frozen=True, slots=True)
class Bodies:
    """Makes functions from bodies, and counts how often they have started in the session."""

    begun: Counter[tuple[str, ...]] = field(default_factory=Counter[tuple[str, ...]])

    def function(
        self,
        name: str,
        body: Body,
        place: tuple[str, ...],
        calls: Answers,
        *,
        subgraph: Any = None,
        handler: bool = False,
    ) -> RunnableCallable:
        """Return a body as a node, with a synchronous and an asynchronous form.

        `place` is the body's place in the program; `calls` answers `call` and `call_all`.
        `subgraph` is the graph that LangGraph should find in the node: it searches the values that
        a node's function refers to (`langgraph.pregel._utils.find_subgraph_pregel`).
        """
        now, later = calls

        def scope(state: Any, runtime: Any, _reached: Any, failure: Any = None) -> Scope:
            self.begun[place] += 1
            return Scope(Host(runtime, self.begun[place], failure), as_map(state))

        def answer(request: Request) -> Any:
            return None if isinstance(request, Wait) else now(request)

        async def aanswer(request: Request) -> Any:
            if isinstance(request, Wait):
                return await asyncio.sleep(request.seconds and request.seconds + _LATE)
            return await later(request)

        def node(state: Any, runtime: Any) -> Any:
            return run_body(body, scope(state, runtime, subgraph), answer)

        async def anode(state: Any, runtime: Any) -> Any:
            return await arun_body(body, scope(state, runtime, subgraph), aanswer)

        # LangGraph injects the error by the name of its type.
        def handle(state: Any, runtime: Any, error: NodeError) -> Any:  # noqa: F821  # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]
            return run_body(body, scope(state, runtime, subgraph, error), answer)

        async def ahandle(state: Any, runtime: Any, error: NodeError) -> Any:  # noqa: F821  # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]
            return await arun_body(body, scope(state, runtime, subgraph, error), aanswer)

        if handler:
            return RunnableCallable(handle, ahandle, name=name, trace=False)
        return RunnableCallable(node, anode, name=name, trace=False)


def router(index: int, given: Route, schema: Any) -> RunnableCallable:
    """Return a branch's expression as the routing function that LangGraph calls.

    LangGraph reads the `schema` of its input, if it has one, from the function's annotation.
    """

    def route(state: Any) -> Any:
        chosen = evaluate(given.path, Scope(STATE_ONLY, as_map(state)))
        if chosen is None and given.error is not None:
            raise ERRORS[given.error["type"]](given.error["message"])
        return chosen

    if schema is not None:
        route.__annotations__["state"] = schema

    async def aroute(state: Any) -> Any:
        return route(state)

    return RunnableCallable(route, aroute, name=f"route_{index}")


STATE_ONLY = Host()
"""The host of expressions that read the state and nothing else."""


def as_map(state: Any) -> Any:
    """Return a state of a program or a dataclass of LangGraph as a map of its fields.

    Anything else stays, as does a value of an application's own type.
    """
    kind = cast("Any", type(state))
    if kind.__module__ not in {SCHEMAS, "langgraph.types"}:
        return state
    if is_dataclass(state):
        return {field.name: getattr(state, field.name) for field in fields(state)}
    if kind.__module__ == SCHEMAS:
        return {name: getattr(state, name) for name in kind.model_fields}
    return state


SCHEMAS = "state"
"""The module that says it defines the schemas of programs."""
