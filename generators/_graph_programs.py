"""The programs of the graphs corpus; docs/programs.md explains their language."""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

START, END = "__start__", "__end__"
LOG = {"type": "list", "reducer": "add"}
INT = {"type": "int"}
SUM = {"type": "int", "reducer": "add"}

Program: TypeAlias = dict[str, Any]


def note(*texts: Any) -> dict[str, Any]:
    """Return the instruction that appends to `log`."""
    return {"write": {"log": list(texts)}}


def nodes(**bodies: Any) -> dict[str, Any]:
    """Return nodes: a list is a body, a text the note a node makes."""
    return {
        name: {"body": [note(body)] if isinstance(body, str) else body}
        for name, body in bodies.items()
    }


def chain(*names: str) -> list[list[str]]:
    """Return the edges from start to end through nodes."""
    path = [START, *names, END]
    return [list(pair) for pair in itertools.pairwise(path)]


def fail(kind: str, message: str) -> dict[str, Any]:
    """Return the instruction that raises."""
    return {"raise": {"type": kind, "message": message}}


ADD_ONE = {"add": [{"get": "n"}, 1]}

LINE: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        a=[{"write": {"n": ADD_ONE, "log": ["a"]}}],
        b=[{"write": {"n": ADD_ONE, "log": ["b"]}}],
        c=[{"write": {"log": [{"join": ["c", {"get": "n"}]}]}}],
    ),
    "edges": chain("a", "b", "c"),
}
FAN: Program = {
    "state": {"n": SUM, "log": LOG},
    "nodes": nodes(
        a="a",
        b=[{"write": {"n": 1, "log": ["b"]}}],
        c=[{"write": {"n": 2, "log": ["c"]}}],
        d=[note({"join": ["d", {"get": "n"}]})],
    ),
    "edges": [[START, "a"], ["a", "b"], ["a", "c"], [["b", "c"], "d"], ["d", END]],
}
LOOP: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(step=[{"write": {"n": ADD_ONE, "log": [{"get": "n"}]}}]),
    "edges": [[START, "step"]],
    "branches": {"step": [{"if": [{"lt": [{"get": "n"}, 4]}, "step", END]}]},
}
MAP: Program = {
    "state": {"log": LOG, "size": INT},
    "nodes": nodes(
        plan=[{"write": {"size": {"if": [{"get": "size"}, {"get": "size"}, 3]}}}],
        work=[note({"join": ["work", {"get": "k"}, {"get": "size"}]})],
        sum=[note({"len": {"get": "log"}})],
    ),
    "edges": [[START, "plan"], ["work", "sum"], ["sum", END]],
    "branches": {"plan": [{"send": {"to": "work", "each": {"range": {"get": "size"}}, "as": "k"}}]},
}
ASK: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        before="before",
        ask=[{"let": {"answer": {"interrupt": {"q": 1}}}}, note({"var": "answer"})],
        after="after",
    ),
    "edges": chain("before", "ask", "after"),
}
ASK_TWICE: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        ask=[
            {"let": {"first": {"interrupt": "first?"}}},
            {"let": {"second": {"interrupt": {"join": ["second after", {"var": "first"}]}}}},
            note({"var": "first"}, {"var": "second"}),
        ]
    ),
    "edges": chain("ask"),
}
ASK_BOTH: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        left=[note("left", {"interrupt": "left?"})],
        right=[note("right", {"interrupt": "right?"})],
        plain="plain",
        end="end",
    ),
    "edges": [
        [START, "left"],
        [START, "right"],
        [START, "plain"],
        [["left", "right"], "end"],
        ["end", END],
    ],
}
FAILS: Program = {
    "state": {"log": LOG, "ok": {"type": "bool"}},
    "nodes": nodes(
        good="good",
        bad=[{"when": [{"get": "ok"}, [note("mended")], [fail("ValueError", "not yet")]]}],
        worse=[{"when": [{"get": "ok"}, [note("fine")], [fail("RuntimeError", "nor this")]]}],
        end="end",
    ),
    "edges": [
        [START, "good"],
        [START, "bad"],
        [START, "worse"],
        [["good", "bad", "worse"], "end"],
        ["end", END],
    ],
}
ROUTES: Program = {
    "state": {"to": {"type": "any"}, "log": LOG},
    "nodes": nodes(pick=[{"write": {"log": ["pick"]}}], a="a", b="b"),
    "edges": [[START, "pick"], ["a", END], ["b", END]],
    "branches": {"pick": [{"get": "to"}]},
}
DEFER: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", b2="b2") | {"last": {"body": [note("last")], "defer": True}},
    "edges": [[START, "a"], [START, "b"], ["b", "b2"], ["a", "last"], ["b2", "last"]],
}
TYPES: Program = {
    "state": {kind: {"type": kind} for kind in ("int", "float", "str", "bool", "any")}
    | {"list": LOG, "dict": {"type": "dict", "reducer": "merge"}, "log": LOG},
    "nodes": nodes(
        fill=[
            {
                "write": {
                    "int": -1,
                    "float": 0.5,
                    "str": "é",
                    "bool": True,
                    "any": {"lit": {"add": [1, None]}},
                    "list": [1],
                    "dict": {"b": 1, "a": 2},
                }
            }
        ],
        read=[
            note(
                {"len": {"get": "str"}},
                {"eq": [{"get": "int"}, -1]},
                {"not": {"get": "bool"}},
                {"if": [{"get": "float"}, "yes", "no"]},
                {"get": "dict"},
            )
        ],
    ),
    "edges": chain("fill", "read"),
}


def reduced(kind: str, reducer: str, left: Any, right: Any) -> Program:
    """Return a program whose two nodes write to one field in the same superstep."""
    return {
        "state": {"x": {"type": kind, "reducer": reducer}},
        "nodes": nodes(a=[{"write": {"x": left}}], b=[{"write": {"x": right}}]),
        "edges": [[START, "a"], [START, "b"], ["a", END], ["b", END]],
    }


def with_channel(settings: dict[str, Any], left: Any, right: Any) -> Program:
    """Return a program whose field has a channel; two nodes write to it and one sees it after."""
    return {
        "state": {"x": {"channel": settings}, "log": LOG},
        "nodes": nodes(
            a=[{"write": {"x": left}}], b=[{"write": {"x": right}}], see=[note({"get": "x"})], c="c"
        ),
        "edges": [[START, "a"], ["a", "b"], ["b", "see"], ["see", "c"], ["c", END]],
    }
