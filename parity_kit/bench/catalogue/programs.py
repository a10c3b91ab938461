"""The programs of graph workloads, by the shape of the graph."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from parity_kit.bench.catalogue.workload import COUNTED
from parity_kit.contract.plain import Plain

START, END = "__start__", "__end__"


def step(name: str) -> dict[str, Plain]:
    """Return a node that counts and logs its name."""
    return {"body": [{"write": {"count": {"add": [{"get": "count"}, 1]}, "log": [name]}}]}


def chain(nodes: Mapping[str, Plain], **parts: Plain) -> dict[str, Plain]:
    """Return nodes in a row."""
    edges: Plain = [list(edge) for edge in itertools.pairwise([START, *nodes, END])]
    return {"state": COUNTED, "nodes": nodes, "edges": edges, **parts}


def sequence(length: int, **parts: Plain) -> dict[str, Plain]:
    """Return nodes in a row that count."""
    return chain({name: step(name) for name in _names("node", length)}, **parts)


def fan_out(width: int, work: int = 1) -> dict[str, Plain]:
    """Return a node, then many in parallel, then one that waits for all; each writes `work` items.

    With much work, the update of a branch is large and its reducer copies much.
    """
    names = _names("branch", width)
    branches: dict[str, Plain] = {name: _branch(name, work) for name in names}
    return {
        "state": COUNTED,
        "nodes": {"source": step("source"), **branches, "gather": _gather()},
        "edges": [
            [START, "source"],
            *(["source", name] for name in names),
            [names, "gather"],
            ["gather", END],
        ],
    }


def stages(count: int, width: int) -> dict[str, Plain]:
    """Return stages in a row, each some branches in parallel and a node that waits for them."""
    nodes: dict[str, Plain] = {}
    edges: list[Plain] = []
    before = START
    for stage in range(1, count + 1):
        names = _names(f"stage_{stage}", width)
        gather = f"gather_{stage}"
        nodes |= {name: _branch(name, 1) for name in names} | {gather: _gather()}
        edges += [*([before, name] for name in names), [names, gather]]
        before = gather
    return {"state": COUNTED, "nodes": nodes, "edges": [*edges, [before, END]]}


def mapped(count: int, worker: Mapping[str, Plain], **parts: Plain) -> dict[str, Plain]:
    """Return a node that sends a packet to a worker for each of `count` items."""
    items: Plain = list(range(count))
    return {
        "state": COUNTED,
        "nodes": {"plan": step("plan"), "work": worker, "gather": _gather()},
        "edges": [[START, "plan"], ["work", "gather"], ["gather", END]],
        "branches": {"plan": [{"send": {"to": "work", "each": {"lit": items}, "as": "count"}}]},
        **parts,
    }


def loop(times: int) -> dict[str, Plain]:
    """Return a node that a conditional edge runs again and again."""
    again: Plain = {"if": [{"lt": [{"get": "count"}, times]}, "step", END]}
    return {
        "state": COUNTED,
        "nodes": {"step": step("step")},
        "edges": [[START, "step"]],
        "branches": {"step": [again]},
    }


def routed(routes: int) -> dict[str, Plain]:
    """Return a router that chooses one of some nodes by a number in the state: the last."""
    names = _names("route", routes)
    chosen: Plain = names[-1]
    for number, name in reversed(list(enumerate(names[:-1]))):
        chosen = {"if": [{"eq": [{"get": "count"}, number]}, name, chosen]}
    return {
        "state": COUNTED,
        "nodes": {
            "router": {"body": [{"write": {"count": routes - 1}}]},
            **{name: step(name) for name in names},
        },
        "edges": [[START, "router"], *([name, END] for name in names)],
        "branches": {"router": [{"path": chosen, "map": names}]},
    }


def deep(levels: int) -> dict[str, Plain]:
    """Return conditional edges in a row: each node goes on or ends."""
    names = _names("level", levels)
    branches: dict[str, Plain] = {
        name: [{"if": [{"lt": [{"get": "count"}, levels + 1]}, following, END]}]
        for name, following in itertools.pairwise(names)
    }
    return {
        "state": COUNTED,
        "nodes": {name: step(name) for name in names},
        "edges": [[START, names[0]], [names[-1], END]],
        "branches": branches,
    }


def asking(questions: int) -> dict[str, Plain]:
    """Return nodes in a row that each ask a question and log the answer."""
    asks: Plain = [
        {"let": {"answer": {"interrupt": {"question": {"get": "count"}}}}},
        {"write": {"count": {"add": [{"get": "count"}, 1]}, "log": [{"var": "answer"}]}},
    ]
    return chain({name: {"body": asks} for name in _names("ask", questions)})


def _branch(name: str, work: int) -> dict[str, Plain]:
    item: Plain = {"join": [name, {"get": "count"}]}
    written: Sequence[Plain] = [item] * work
    return {"body": [{"write": {"log": written}}]}


def _gather() -> dict[str, Plain]:
    return {"body": [{"write": {"count": {"len": {"get": "log"}}}}]}


def _names(kind: str, count: int) -> list[str]:
    return [f"{kind}_{number}" for number in range(1, count + 1)]
