"""The programs of the persistence corpus: what is stored when, and found again."""

from __future__ import annotations

from typing import Any

from ._graph_programs import END, INT, LOG, START, Program, chain, fail, nodes, note

VISITS = note({"visits": None})
"""Notes how often the node has begun: whether a finished task was run again."""

COUNTED: Program = {
    "state": {"ok": {"type": "bool"}, "log": LOG},
    "nodes": nodes(
        good=[note({"join": ["good", {"visits": None}]})],
        bad=[
            {
                "when": [
                    {"lt": [{"visits": None}, 2]},
                    [fail("ValueError", "the first time")],
                    [note({"join": ["bad", {"visits": None}]})],
                ]
            }
        ],
        late=[note({"join": ["late", {"visits": None}]})],
        end="end",
    ),
    "edges": [
        [START, "good"],
        [START, "bad"],
        [START, "late"],
        [["good", "bad", "late"], "end"],
        ["end", END],
    ],
}
COUNTED_SENDS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        plan="plan",
        work=[
            {"let": {"nth": {"visits": None}}},
            {
                "when": [
                    {"eq": [{"var": "nth"}, 2]},
                    [fail("RuntimeError", "the second packet")],
                    [note({"join": [{"get": "k"}, {"var": "nth"}]})],
                ]
            },
        ],
        sum=[note({"len": {"get": "log"}})],
    ),
    "edges": [[START, "plan"], ["work", "sum"], ["sum", END]],
    "branches": {"plan": [{"send": {"to": "work", "each": ["x", "y", "z"], "as": "k"}}]},
}
COUNTED_LINE: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        a=[
            {"write": {"n": {"add": [{"get": "n"}, 1]}, "log": [{"join": ["a", {"visits": None}]}]}}
        ],
        b=[note({"join": ["b", {"visits": None}]})],
        c=[note({"join": ["c", {"visits": None}]})],
    ),
    "edges": chain("a", "b", "c"),
}
PAIR: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        a=[{"write": {"n": {"add": [{"get": "n"}, 1]}, "log": ["a"]}}], b=[note("b", {"get": "n"})]
    ),
    "edges": chain("a", "b"),
}
FORKED: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(a="a", left="left", right="right", end=[note({"join": ["end", {"get": "n"}]})]),
    "edges": [[START, "a"], ["left", "end"], ["right", "end"], ["end", END]],
    "branches": {"a": [{"if": [{"lt": [{"get": "n"}, 5]}, "left", "right"]}]},
}


def kept(settings: dict[str, Any], *values: Any) -> Program:
    """Return a program that writes values to a channel, one a superstep, and then reads it."""
    names = [f"w{index}" for index in range(len(values))]
    bodies = {name: [{"write": {"x": value}}] for name, value in zip(names, values, strict=True)}
    return {
        "state": {"x": {"type": settings["type"], "channel": settings}, "log": LOG},
        "nodes": nodes(**bodies, see=[note({"get": "x"})]),
        "edges": chain(*names, "see"),
    }
