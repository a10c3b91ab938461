"""A graph program compiled: channels, the nodes they trigger, and what a node writes when it ran.

As `langgraph.graph.state.StateGraph.compile` lays a graph out: the input is a channel that
triggers the node `__start__`; an edge to a node writes to the channel `branch:to:…` that triggers
it; an edge from several nodes is a barrier named `join:…`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from parity_kit.contract import UnsupportedSubjectError
from pure_engine.barriers import NamedBarrierValue, NamedBarrierValueAfterFinish
from pure_engine.channels import (
    Channel,
    EphemeralValue,
    LastValue,
    LastValueAfterFinish,
    Topic,
)
from pure_engine.folded import BinaryOperatorAggregate, DeltaChannel
from pure_engine.language import Expression, Scope, Step, compile_body, compile_expression
from pure_engine.making import empty_maker, make_channel, reducer
from pure_engine.names import END, RESERVED, START, TASKS, branch_to

_TOP = {"state", "nodes", "edges", "branches", "interrupt_before", "interrupt_after"}
_FIELD = {"type", "reducer", "channel"}
_NODE = {"body", "defer"}

Breakpoints: TypeAlias = Sequence[str] | Literal["*"]


@dataclass(slots=True)
class Node:
    """A node: what it runs, what triggers it, and where its edges and branches lead."""

    name: str
    body: Step | None
    triggers: list[str]
    targets: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    routes: list[Expression] = field(default_factory=list[Expression])

    def run(self, given: Any, ask: Callable[[Any], Any]) -> Any:
        """Return the node's update; `__start__` passes the input on."""
        if self.body is None:
            return given
        scope = Scope(given, ask)
        self.body(scope)
        return scope.update or None


@dataclass(slots=True)
class Program:
    """A compiled program. `channels` are empty ones, to restore from; `fields` are the state's."""

    channels: dict[str, Channel]
    nodes: dict[str, Node]
    fields: tuple[str, ...]
    triggered: Mapping[str, Sequence[str]]
    interrupt_before: Breakpoints
    interrupt_after: Breakpoints
    has_untracked: bool


def compile_program(data: Mapping[str, Any]) -> Program:
    """Return a program ready to run.

    Raises:
        UnsupportedSubjectError: If it has a part that the engine does not know.
        ValueError: If it is no graph.
    """
    _known(data, _TOP, "program")
    state = {name: _field(name, value) for name, value in data["state"].items()}
    specs = cast("Mapping[str, Mapping[str, Any]]", data["nodes"])
    branches = cast("Mapping[str, Sequence[Any]]", data.get("branches", {}))
    edges, joins = _edges(data.get("edges", ()))
    _check(state, specs, edges, joins, branches)
    nodes = {START: Node(START, None, [START])}
    channels: dict[str, Channel] = {
        **state,
        START: EphemeralValue(START),
        TASKS: Topic(TASKS),
    }
    for name, spec in specs.items():
        _known(spec, _NODE, f"node {name}")
        trigger = branch_to(name)
        nodes[name] = Node(name, compile_body(spec["body"]), [trigger])
        channels[trigger] = (
            LastValueAfterFinish(trigger)
            if spec.get("defer")
            else EphemeralValue(trigger, guard=False)
        )
    for source, target in edges:
        if target != END:
            nodes[source].targets.append((branch_to(target), None))
    for sources, target in joins:
        if target != END:
            join = f"join:{'+'.join(sources)}:{target}"
            kind = NamedBarrierValueAfterFinish if specs[target].get("defer") else NamedBarrierValue
            channels[join] = kind(join, sources)
            nodes[target].triggers.append(join)
            for source in sources:
                nodes[source].targets.append((join, source))
    for source, routes in branches.items():
        nodes[source].routes = [compile_expression(route) for route in routes]
    return Program(
        channels,
        nodes,
        tuple(state),
        _triggered(nodes),
        data.get("interrupt_before", ()),
        data.get("interrupt_after", ()),
        not all(channel.tracked for channel in state.values()),
    )


def _known(data: Mapping[str, Any], keys: set[str], where: str) -> None:
    if unknown := sorted(set(data) - keys):
        message = f"{where} has the unknown key {unknown[0]}"
        raise UnsupportedSubjectError(message)


def _field(name: str, spec: Mapping[str, Any]) -> Channel:
    _known(spec, _FIELD, f"field {name}")
    kind = spec.get("type", "any")
    if (settings := spec.get("channel")) is not None:
        channel = make_channel({"type": kind, **settings}, name)
    elif (folding := spec.get("reducer")) is not None:
        channel = BinaryOperatorAggregate(name, empty_maker(kind), reducer(folding))
    else:
        empty_maker(kind)
        channel = LastValue(name)
    if isinstance(channel, DeltaChannel):
        raise UnsupportedSubjectError("a DeltaChannel in a graph's state")
    return channel


_Edges: TypeAlias = Sequence[tuple[str, str]]
_Joins: TypeAlias = Sequence[tuple[tuple[str, ...], str]]


def _edges(data: Sequence[Any]) -> tuple[_Edges, _Joins]:
    """Return edges from one node and edges from several, each once, in declaration order."""
    edges: dict[tuple[str, str], None] = {}
    joins: dict[tuple[tuple[str, ...], str], None] = {}
    for source, target in data:
        if isinstance(source, str):
            edges[source, target] = None
        else:
            joins[tuple(source), target] = None
    return tuple(edges), tuple(joins)


def _check(
    state: Mapping[str, Any],
    nodes: Mapping[str, Any],
    edges: _Edges,
    joins: _Joins,
    branches: Mapping[str, Any],
) -> None:
    for name in nodes:
        if name in RESERVED or name in (START, END) or any(mark in name for mark in "|:"):
            message = f"'{name}' cannot be a node's name"
            raise ValueError(message)
    for name in state:
        if name in RESERVED:
            message = f"Channel name '{name}' is reserved"
            raise ValueError(message)
    sources = {*(source for source, _ in edges), *branches}
    sources.update(source for several, _ in joins for source in several)
    for source in sources - nodes.keys() - {START}:
        message = f"Found edge starting at unknown node '{source}'"
        raise ValueError(message)
    for target in {target for _, target in (*edges, *joins)} - nodes.keys() - {END}:
        message = f"Found edge ending at unknown node `{target}`"
        raise ValueError(message)
    if START not in sources:
        raise ValueError(
            "Graph must have an entrypoint: add at least one edge from START to another node"
        )


def _triggered(nodes: Mapping[str, Node]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, node in nodes.items():
        for trigger in node.triggers:
            found.setdefault(trigger, []).append(name)
    return found
