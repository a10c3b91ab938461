"""Compiling a graph program, as `langgraph.graph.state.StateGraph.compile` does.

The input is a channel that triggers the node `__start__`. An edge to a node writes to the channel
`branch:to:…` that triggers the node. An edge from several nodes is a barrier named `join:…`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from parity_kit.contract import UnsupportedSubjectError
from pure_engine.channels.aggregates import DeltaChannel
from pure_engine.channels.barriers import NamedBarrierValue, NamedBarrierValueAfterFinish
from pure_engine.channels.channel import Channel
from pure_engine.channels.values import EphemeralValue, LastValueAfterFinish, Topic
from pure_engine.names import DEFAULT_HANDLER, END, RESERVED, START, TASKS, branch_to, handler_of
from pure_engine.program.language import (
    ERRORS,
    Expression,
    Scope,
    compile_body,
    compile_expression,
)
from pure_engine.program.model import Node, Program, Route, Subgraph
from pure_engine.program.policies import NO_POLICIES, POLICIES, policies
from pure_engine.program.schemas import Schemas, schemas
from pure_engine.unsupported import check_known

_TOP = {
    *("state", "nodes", "edges", "branches", "route_errors", "interrupt_before", "interrupt_after"),
    *("schema", "input", "output", "private", "context", "defaults"),
    *("entry", "finish", "sequence", "subgraphs"),
}
_SUBGRAPH = {"program", "checkpointer"}
_NODE = {"body", "subgraph", "defer", "metadata", "input", *POLICIES}
_ROUTE = {"path", "map", "input"}


def compile_program(data: Mapping[str, Any]) -> Program:
    """Return a program ready to run.

    Raises:
        UnsupportedSubjectError: If it has a part that the engine does not support.
        ValueError: If it is not a valid graph.
    """
    check_known(data, _TOP, "program has the unknown key")
    specs = cast("Mapping[str, Mapping[str, Any]]", data["nodes"])
    for name, spec in specs.items():
        check_known(spec, _NODE, f"node {name} has the unknown key")
    branches = cast("Mapping[str, Sequence[Any]]", data.get("branches") or {})
    readers: list[Any] = [
        route for given in branches.values() for route in given if isinstance(route, dict)
    ]
    known = schemas(data, [*specs.values(), *readers])
    subgraphs = _subgraphs(data.get("subgraphs") or {})
    edges, joins = _edges([*(data.get("edges") or ()), *_other_edges(data)])
    _check(known.channels, specs, edges, joins, branches)
    channels: dict[str, Channel] = {
        **known.channels,
        START: EphemeralValue(START),
        TASKS: Topic(TASKS),
    }
    nodes = _nodes(specs, data.get("defaults") or {}, known, subgraphs)
    for name, node in nodes.items():
        if name != START:
            (trigger,) = node.triggers
            deferred = name in specs and specs[name].get("defer")
            channels[trigger] = (
                LastValueAfterFinish(trigger) if deferred else EphemeralValue(trigger, guard=False)
            )
    for source, target in edges:
        if target != END:
            nodes[source].targets.append((branch_to(target), None))
    for sources, target in joins:
        if target != END:
            join = f"join:{'+'.join(sources)}:{target}"
            kind = NamedBarrierValueAfterFinish if specs[target].get("defer") else NamedBarrierValue
            channels[join] = kind(join, sources)
            nodes[target].triggers = tuple(sorted((*nodes[target].triggers, join)))
            for source in sources:
                nodes[source].targets.append((join, source))
    errors = cast("Mapping[str, Mapping[str, str]]", data.get("route_errors") or {})
    for source, routes in branches.items():
        nodes[source].routes = [_route(route, errors.get(source), known) for route in routes]
    return Program(
        channels,
        nodes,
        known.fields,
        known.outputs,
        known.managed,
        data.get("context"),
        _triggered(nodes),
        data.get("interrupt_before") or (),
        data.get("interrupt_after") or (),
        not all(channel.tracked for channel in known.channels.values()),
        tuple(channel for channel in known.channels.values() if isinstance(channel, DeltaChannel)),
        subgraphs,
    )


def _subgraphs(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, Subgraph]:
    for name, spec in specs.items():
        check_known(spec, _SUBGRAPH, f"subgraph {name} has the unknown key")
    return {
        name: Subgraph(compile_program(spec["program"]), spec.get("checkpointer"))
        for name, spec in specs.items()
    }


def _nodes(
    specs: Mapping[str, Mapping[str, Any]],
    defaults: Mapping[str, Any],
    known: Schemas,
    subgraphs: Mapping[str, Subgraph],
) -> dict[str, Node]:
    """Return the nodes, each after its error handler, and the default handler last."""
    check_known(defaults, POLICIES, "defaults has the unknown key")
    usual = policies(defaults, NO_POLICIES)

    def add(name: str, body: Any, spec: Mapping[str, Any], handler: str | None = None) -> None:
        reads = known.reads_of(spec)
        nodes[name] = Node(name, compile_body(body), (branch_to(name),), reads, known.writes)
        nodes[name].policies = policies(spec, usual)
        nodes[name].handler = handler
        nodes[name].record = known.record_of(name, spec)
        if known.record is not None and "subgraph" in spec:
            raise UnsupportedSubjectError("a subgraph as a node of a graph with a dataclass")
        nodes[name].metadata = spec.get("metadata") or {}

    nodes = {START: Node(START, None, (START,), known.reads, known.inputs, record=known.record)}
    by_default = None if defaults.get("error_handler") is None else DEFAULT_HANDLER
    for name, spec in specs.items():
        own = spec.get("error_handler")
        if own is not None:
            add(handler_of(name), own, {})
        add(name, spec.get("body", ()), spec, by_default if own is None else handler_of(name))
        if "subgraph" in spec:
            nodes[name].subgraph = subgraphs[spec["subgraph"]]
        nodes[name].shows = shown_by(spec, subgraphs)
        nests = "subgraph" in spec or any(_called(spec.get("body")))
        if nests and nodes[name].policies.timeout is not None:
            raise UnsupportedSubjectError("a timeout of a node that runs a subgraph")
    if by_default is not None:
        add(by_default, defaults["error_handler"], {})
    return nodes


_Edges: TypeAlias = Sequence[tuple[str, str]]
_Joins: TypeAlias = Sequence[tuple[tuple[str, ...], str]]


def _other_edges(data: Mapping[str, Any]) -> list[Any]:
    """Return the edges that a program states as `entry`, `finish` and `sequence`."""
    more: list[Any] = []
    if data.get("entry") is not None:
        more.append((START, data["entry"]))
    if data.get("finish") is not None:
        more.append((data["finish"], END))
    sequence = data.get("sequence") or ()
    return [*more, *itertools.pairwise(sequence)]


def _edges(data: Sequence[Any]) -> tuple[_Edges, _Joins]:
    """Return the edges from one node and those from several, without duplicates, in order."""
    edges: dict[tuple[str, str], None] = {}
    joins: dict[tuple[tuple[str, ...], str], None] = {}
    for source, target in data:
        if isinstance(source, str):
            edges[source, target] = None
        else:
            joins[tuple(source), target] = None
    return tuple(edges), tuple(joins)


def _route(route: Any, error: Mapping[str, str] | None, known: Schemas) -> Route:
    if not isinstance(route, dict) or "path" not in route:
        return Route(_routing(route, error))
    spec = cast("Mapping[str, Any]", route)
    check_known(spec, _ROUTE, "branch has the unknown key")
    ends = spec.get("map")
    if isinstance(ends, list):
        ends = {name: name for name in cast("list[str]", ends)}
    if not spec.get("input"):
        return Route(_routing(spec["path"], error), ends)
    reads = tuple(known.reads_of(spec))
    return Route(_routing(spec["path"], error), ends, reads, known.record_of("branch", spec))


def _routing(path: Any, error: Mapping[str, str] | None) -> Expression:
    """Return a branch's expression; where its value is null, it raises the error, if any."""
    expression = compile_expression(path)
    if error is None:
        return expression

    def run(scope: Scope) -> Any:
        chosen = expression(scope)
        if chosen is None:
            raise ERRORS[error["type"]](error["message"])
        return chosen

    return run


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
    triggered: dict[str, list[str]] = {}
    for name, node in nodes.items():
        for trigger in node.triggers:
            triggered.setdefault(trigger, []).append(name)
    return triggered


def shown_by(spec: Mapping[str, Any], subgraphs: Mapping[str, Subgraph]) -> Subgraph | None:
    """Return the subgraph whose state a node's tasks show: its first with a checkpointer."""
    names = [spec["subgraph"]] if "subgraph" in spec else _called(spec.get("body"))
    known = (subgraphs[name] for name in names if name in subgraphs)
    return next((subgraph for subgraph in known if subgraph.checkpointer is not False), None)


def _called(value: Any) -> Iterator[str]:
    """Yield the names of the subgraphs that a body calls, in order."""
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if key == "call":
                yield item[0]
            yield from _called(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _called(item)
