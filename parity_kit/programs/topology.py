"""A graph program's shape as plain data: the nodes to draw, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from parity_kit.programs.model import END, START, Body, Functional, Program
from parity_kit.programs.parsing import parse

MOST_NODES = 24
"""A graph with more nodes is not drawn, only counted: nobody could follow the arrows."""
MOST_EDGES = 60


def topology(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nodes and edges of a graph subject; for too many nodes, their number as `more`.

    A node is `name` and what it `is`: `node`, `subgraph`, `task`, with `deferred` and `stops` where
    it waits for the run's end or where the run stops before or after it. An edge is `from`, `to`
    and what it `is`: `edge`, `join`, `branch`, `goto` or `call`.
    """
    program = parse(spec["program"])
    nodes, edges = _functional(program) if isinstance(program, Functional) else _graph(program)
    if len(nodes) > MOST_NODES or len(edges) > MOST_EDGES:
        return {"nodes": [], "edges": [], "more": [len(nodes), len(edges)]}
    return {
        "nodes": nodes,
        "edges": [{"from": a, "to": b, "is": kind} for (a, b), kind in edges.items()],
    }


_Edges = dict[tuple[str, str], str]


def _functional(program: Functional) -> tuple[list[dict[str, Any]], _Edges]:
    nodes = [{"name": "workflow", "is": "node"}]
    nodes += [{"name": name, "is": "task"} for name in program.tasks]
    edges: _Edges = {(START, "workflow"): "edge", ("workflow", END): "edge"}
    bodies = {"workflow": program.entrypoint.body}
    bodies |= {name: task.body for name, task in program.tasks.items()}
    for name, body in bodies.items():
        for called in _named(body, ("call", "call_all"), program.tasks.keys()):
            edges.setdefault((name, called), "call")
    return nodes, edges


def _graph(program: Program) -> tuple[list[dict[str, Any]], _Edges]:
    edges: _Edges = dict.fromkeys(program.all_edges, "edge")
    for starts, end in program.joins:
        edges |= {(start, end): "join" for start in starts}
    known = [*program.nodes, END]
    for start, routes in program.branches.items():
        for route in routes:
            for end in _ends(route.path, route.map, known):
                edges.setdefault((start, end), "branch")
    for name, node in program.nodes.items():
        for end in _named(node.body, ("goto",), known):
            edges.setdefault((name, end), "goto")
    return [_node(name, program) for name in program.nodes], edges


def _node(name: str, program: Program) -> dict[str, Any]:
    node = program.nodes[name]
    drawn: dict[str, Any] = {"name": name, "is": "subgraph" if node.subgraph else "node"}
    if node.defer:
        drawn["deferred"] = True
    if {"*", name} & {*program.interrupt_before, *program.interrupt_after}:
        drawn["stops"] = True
    return drawn


def _ends(
    path: Any, mapped: Mapping[str, str] | tuple[str, ...] | None, known: list[str]
) -> list[str]:
    """Return the nodes a routing expression may choose."""
    if isinstance(mapped, Mapping):
        return [name for name in mapped.values() if name in known]
    if mapped is not None:
        return [name for name in mapped if name in known]
    return [text for text in dict.fromkeys(_texts(path)) if text in known]


def _named(body: Body, keys: tuple[str, ...], known: Any) -> list[str]:
    """Return the known names that occur anywhere under some keys of a body."""
    texts = (text for value in _under(list(body), keys) for text in _texts(value))
    return [text for text in dict.fromkeys(texts) if text in known]


def _under(value: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            if key in keys:
                yield item
            yield from _under(item, keys)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from _under(item, keys)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[str, Any]", value).values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from _texts(item)
