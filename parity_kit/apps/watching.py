"""Watches the nodes of an application while they run, and what makes a run unfit to be recorded."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.runnables.config import var_child_runnable_config
from langgraph.errors import GraphInterrupt
from langgraph.store.base import BaseStore, PutOp

from parity_kit.apps.calls import (
    Action,
    Asked,
    Call,
    Emitted,
    Ending,
    Failed,
    Interrupted,
    Place,
    Problem,
    Put,
    Result,
    Routing,
    UnsayableError,
    destination,
    expression_of,
    packed,
)
from parity_kit.apps.instruments import Hooked
from parity_kit.apps.source_places import caller
from parity_kit.contract.canonical import pack
from parity_kit.programs.instructions import ERRORS
from parity_kit.reference.hosts import as_map
from parity_kit.reference.native import serializer

INSIDE_NODE: ContextVar[Place | None] = ContextVar("the node that runs here", default=None)
_SCRATCHPAD, _RUNTIME, _CALL = "__pregel_scratchpad", "__pregel_runtime", "__pregel_call"


@dataclass(slots=True)
class Watcher:
    """Collects the calls of a graph's nodes and routers, in order."""

    calls: list[Call] = field(default_factory=list[Call])
    routings: list[Routing] = field(default_factory=list[Routing])
    problems: dict[str, Problem] = field(default_factory=dict[str, Problem])
    _visits: Counter[Place] = field(default_factory=Counter[Place])

    def refuse(self, what: str, where: str = "") -> None:
        """Note what makes the run unfit to be recorded; the same is noted once."""
        self.problems.setdefault(what, Problem(what, where))

    def node(self, node: Hooked, seen: Any, given: Any, config: Any) -> Any:
        """Run a node and keep what it did."""
        watched = _Watched(self, node.place, node.where, seen, given, config)
        with watched:
            watched.result = node.inner.invoke(given, watched.config)
            return watched.result

    async def anode(self, node: Hooked, seen: Any, given: Any, config: Any) -> Any:
        """Run a node asynchronously and keep what it did."""
        watched = _Watched(self, node.place, node.where, seen, given, config)
        with watched:
            watched.result = await node.inner.ainvoke(given, watched.config)
            return watched.result

    def routed(self, place: Place, index: int, seen: Any, config: Any, result: Any) -> None:
        """Keep the destinations that a router gave."""
        try:
            expression = [destination(item) for item in result]
            step = config["metadata"].get("langgraph_step", 0)
            routing = Routing(place, index, step, packed(seen), pack(_flat(expression)))
        except (UnsayableError, TypeError) as error:
            self.refuse(f"a router after {'/'.join(place)!r}: {error}")
            return
        self.routings.append(routing)

    def visit(self, place: Place) -> int:
        """Count a call of a node."""
        self._visits[place] += 1
        return self._visits[place]


def _flat(destinations: list[Any]) -> Any:
    """Return the destinations as one expression: a router's list must not hold lists of sends."""
    if len(destinations) == 1:
        return destinations[0]
    if all(isinstance(item, str) for item in destinations):
        return destinations
    joined: Any = _as_list(destinations[-1])
    for item in reversed(destinations[:-1]):
        joined = {"add": [_as_list(item), joined]}
    return joined


def _as_list(item: Any) -> Any:
    return [item] if isinstance(item, str) else item


@dataclass(frozen=True, slots=True)
class _Question:
    """Stands where a question was asked, until the call has ended."""

    index: int


@dataclass(slots=True)
class _Watched:
    """One call of a node while it runs."""

    watcher: Watcher
    place: Place
    where: str
    seen: Any
    given: Any
    config: Any
    result: Any = None
    _actions: list[Action | _Question] = field(default_factory=list["Action | _Question"])
    _asked: list[tuple[bytes, str]] = field(default_factory=list[tuple[bytes, str]])
    _answers: list[Any] = field(default_factory=list[Any])
    _before: Any = None
    _input: bytes = b""
    _visit: int = 0
    _tokens: tuple[Any, Any] = (None, None)

    def __enter__(self) -> None:
        self._visit = self.watcher.visit(self.place)
        self._before = self._dumped()
        self.config = self._config()
        self._tokens = (
            INSIDE_NODE.set(self.place),
            # Where `interrupt` and `get_stream_writer` look for the config.
            var_child_runnable_config.set(self.config),
        )

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        inside, config = self._tokens
        INSIDE_NODE.reset(inside)
        var_child_runnable_config.reset(config)
        name = "/".join(self.place)
        # On another attempt LangGraph hands on the same object.
        if self._before != self._dumped():
            self.watcher.refuse(f"node {name!r} changes its input in place", self.where)
        ending = self._ending(error)
        if ending is None or self._before is None:
            return
        for index, (value, where) in enumerate(self._asked):
            answered = index < len(self._answers)
            if not answered and not isinstance(ending, Interrupted):
                self.watcher.refuse(f"node {name!r} catches an interrupt and goes on", where)
            answer = packed(self._answers[index]) if answered else None
            self._actions[self._actions.index(_Question(index))] = Asked(value, answer)
        metadata, configurable = self.config["metadata"], self.config["configurable"]
        self.watcher.calls.append(
            Call(
                self.place,
                metadata.get("langgraph_step", 0),
                self._input,
                _attempt(configurable),
                str(configurable.get("thread_id", "")),
                self._visit,
                cast("tuple[Action, ...]", tuple(self._actions)),
                ending,
            )
        )

    def _dumped(self) -> Any:
        """Return the bytes of the input; None if it has none, which cannot be recorded."""
        try:
            # A packet that is a dataclass, as a Command is, is a map in the program language.
            self._input = self._input or packed(as_map(self.seen))
            return serializer().dumps_typed(self.given)
        except TypeError as error:
            name = "/".join(self.place)
            self.watcher.refuse(f"node {name!r} sees what cannot be stored: {error}", self.where)
            return None

    def _ending(self, error: BaseException | None) -> Ending | None:
        name = "/".join(self.place)
        if error is None:
            try:
                return Result(pack(expression_of(self.result)))
            except (UnsayableError, TypeError) as problem:
                self.watcher.refuse(f"node {name!r} returns {problem}", self.where)
                return None
        if isinstance(error, GraphInterrupt):
            if not self._asked or len(self._answers) >= len(self._asked):
                self.watcher.refuse(f"node {name!r} raises an interrupt of its own", self.where)
                return None
            return Interrupted()
        kind = type(error)
        if ERRORS.get(kind.__name__) is kind and [*map(type, error.args)] == [str]:
            return Failed(kind.__name__, str(error.args[0]))
        if isinstance(error, Exception):
            shown = f"{kind.__module__}.{kind.__qualname__}"
            self.watcher.refuse(
                f"node {name!r} raises {shown}, which the program language has no word for",
                self.where,
            )
        return None

    def _config(self) -> Any:
        """Return the config in which questions, writes to the stream and the store are seen."""
        configurable = dict(self.config["configurable"])
        scratchpad = configurable.get(_SCRATCHPAD)
        if scratchpad is not None:
            self._answers = scratchpad.resume
            counter = self._counting(scratchpad.interrupt_counter)
            configurable[_SCRATCHPAD] = dataclasses.replace(scratchpad, interrupt_counter=counter)
        runtime = configurable.get(_RUNTIME)
        if runtime is not None:
            changes: dict[str, Any] = {"stream_writer": self._writing(runtime.stream_writer)}
            if runtime.store is not None:
                changes["store"] = _WatchedStore(runtime.store, self._put)
            configurable[_RUNTIME] = dataclasses.replace(runtime, **changes)
        if _CALL in configurable:
            configurable[_CALL] = self._calling(configurable[_CALL])
        return {**self.config, "configurable": configurable}

    def _counting(self, counter: Callable[[], int]) -> Callable[[], int]:
        def count() -> int:
            # `interrupt` counts itself before it looks for an answer; its caller is the user's.
            asking = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # it hands over its number, not its value
            where = caller()
            index = counter()
            if asking.f_locals.get("response_schema") is not None:
                name = "/".join(self.place)
                self.watcher.refuse(f"node {name!r} asks with a response schema", where)
            self._asked.append((packed(asking.f_locals["value"]), where))
            self._actions.append(_Question(len(self._asked) - 1))
            return index

        return count

    def _writing(self, writer: Callable[[Any], None]) -> Callable[[Any], None]:
        def write(value: Any) -> None:
            self._actions.append(Emitted(packed(value)))
            writer(value)

        return write

    def _put(self, item: PutOp) -> None:
        value = None if item.value is None else packed(item.value)
        self._actions.append(Put(tuple(item.namespace), item.key, value))

    def _calling(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def refused(*args: Any, **kwargs: Any) -> Any:
            name = "/".join(self.place)
            self.watcher.refuse(f"node {name!r} calls a task", self.where)
            return call(*args, **kwargs)

        return refused


def _attempt(configurable: Any) -> int:
    info = getattr(configurable.get(_RUNTIME), "execution_info", None)
    return getattr(info, "node_attempt", 1)


class _WatchedStore(BaseStore):
    """A store that reports what is put into it."""

    def __init__(self, inner: BaseStore, put: Callable[[PutOp], None]) -> None:
        self._inner = inner
        self._put = put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def batch(self, ops: Iterable[Any]) -> list[Any]:
        """Do operations, and report those that put."""
        return self._inner.batch(self._reported(ops))

    async def abatch(self, ops: Iterable[Any]) -> list[Any]:
        """Do operations asynchronously, and report those that put."""
        return await self._inner.abatch(self._reported(ops))

    def _reported(self, ops: Iterable[Any]) -> list[Any]:
        listed = list(ops)
        for item in listed:
            if isinstance(item, PutOp):
                self._put(item)
        return listed
