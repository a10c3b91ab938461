"""Branches and reducers that fail, for the failures corpus."""

from __future__ import annotations

from typing import Any

from ._failure_programs import HANDLED
from ._graph_programs import END, LOG, START, SUM, Program, nodes
from ._scripts import GO_ON, HISTORY, STATE, Runs, command, invoke, state, stream, update
from ._subgraph_programs import parent


def routed(path: Any) -> Program:
    """Return a program whose node `a` leads on by an expression, or raises where that is null."""
    return {
        "state": {"n": SUM, "log": LOG},
        "nodes": nodes(a=[{"write": {"n": 1, "log": ["a"]}}], b="b", c="c"),
        "edges": [[START, "a"], ["b", END], ["c", END]],
        "branches": {"a": [path]},
        "route_errors": {"a": {"type": "ValueError", "message": "not yet"}},
    }


def limited(a: int, b: int) -> Program:
    """Return a program whose nodes `a` and `b` write to a field that takes no more than 9."""
    return {
        "state": {"n": {"type": "int", "reducer": "limited"}, "log": LOG},
        "nodes": nodes(
            a=[{"write": {"n": a, "log": ["a"]}}],
            b=[{"write": {"n": b, "log": ["b"]}}],
            c=[{"write": {"n": {"get": "n"}, "log": ["c"]}}],
        ),
        "edges": [[START, "a"], [START, "b"], [["a", "b"], "c"], ["c", END]],
    }


_STREAM = ["values", "updates", "tasks", "checkpoints"]
_UNTIL_THREE = {"if": [{"lt": [{"get": "n"}, 3]}, None, ["b", "c"]]}
PARTS_THAT_RAISE: Runs = {
    "route/raises": (routed(_UNTIL_THREE), (stream(_STREAM), STATE, GO_ON, HISTORY)),
    "route/raises-until-updated": (
        routed(_UNTIL_THREE),
        (invoke(), update({"n": 1}, "a"), update({"n": 2}, "a"), STATE, GO_ON, HISTORY),
    ),
    "route/raises-in-the-last-superstep": (
        routed(_UNTIL_THREE),
        (invoke(durability="exit"), STATE, invoke(input={"n": 2}), HISTORY),
    ),
    "route/raises-in-a-subgraph": (
        parent(routed(_UNTIL_THREE)),
        (stream(_STREAM, subgraphs=True), state(subgraphs=True), GO_ON, HISTORY),
    ),
    "route/in-the-map": (
        routed({"path": _UNTIL_THREE, "map": {"b": "b", "c": END}}),
        (invoke(), invoke(input={"n": 2}), STATE),
    ),
    "route/retried": (
        routed(_UNTIL_THREE) | {"defaults": {"retry": {"max_attempts": 3, "on": ["ValueError"]}}},
        (stream(["updates"]), STATE),
    ),
    "route/handled": (
        routed(_UNTIL_THREE) | {"defaults": {"error_handler": [HANDLED]}},
        (stream(_STREAM), STATE, HISTORY),
    ),
    "reducer/within-the-limit": (limited(4, 5), (invoke(), STATE)),
    "reducer/over-the-limit": (limited(4, 6), (stream(_STREAM), STATE, GO_ON, HISTORY)),
    "reducer/over-the-limit-later": (
        limited(1, 2),
        (stream(_STREAM), update({"n": 4}, "c"), update({"n": -5}, "c"), invoke(), HISTORY),
    ),
    "reducer/over-the-limit-by-input": (
        limited(1, 2),
        (invoke(input={"n": 10}), STATE, invoke(input={"n": 5}), invoke(input={"n": 5}), HISTORY),
    ),
    "reducer/over-the-limit-at-exit": (
        limited(4, 6),
        (invoke(durability="exit"), STATE, GO_ON, HISTORY),
    ),
    "reducer/over-the-limit-inside": (
        parent(limited(4, 6)),
        (stream(_STREAM, subgraphs=True), state(subgraphs=True), GO_ON, HISTORY),
    ),
    "reducer/of-a-command": (
        limited(1, 2),
        (
            invoke(),
            command({"update": {"n": 7}, "goto": "c"}),
            STATE,
            command({"update": {"n": -2}}),
            HISTORY,
        ),
    ),
}
