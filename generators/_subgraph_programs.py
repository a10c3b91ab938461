"""The programs of the subgraphs corpus: graphs in graphs."""

from __future__ import annotations

from typing import Any

from ._graph_programs import (
    ADD_ONE,
    END,
    INT,
    LOG,
    START,
    Program,
    chain,
    fail,
    nodes,
    note,
)

ASKS = [note("asked", {"interrupt": "inside?"})]
VISIT = note({"join": ["visit", {"visits": None}]})


def child(*bodies: Any, **more: Any) -> Program:
    """Return a chain of nodes `x`, `y`, `z`, each with a body."""
    names = "xyz"[: len(bodies)]
    program: Program = {
        "state": {"n": INT, "log": LOG},
        "nodes": nodes(**dict(zip(names, bodies, strict=True))),
        "edges": chain(*names),
    }
    return program | more


INNER = child([{"write": {"n": ADD_ONE, "log": ["x"]}}], [note("y", {"get": "n"})])
ASKING = child("x", ASKS)
COUNTING = child([VISIT])


def parent(program: Program, checkpointer: bool | None = None, **more: Any) -> Program:  # noqa: FBT001  # a setting of the language with three values
    """Return a chain of `a`, a subgraph as node `sub`, and `b`."""
    kept = {} if checkpointer is None else {"checkpointer": checkpointer}
    outer: Program = {
        "state": {"n": INT, "log": LOG},
        "subgraphs": {"child": {"program": program} | kept},
        "nodes": nodes(a="a") | {"sub": {"subgraph": "child"}} | nodes(b=[note("b", {"get": "n"})]),
        "edges": chain("a", "sub", "b"),
    }
    return outer | more


def calling(*bodies: Any, checkpointer: bool | None = None, program: Program = INNER) -> Program:
    """Return a program of one node that runs the subgraph from its body."""
    kept = {} if checkpointer is None else {"checkpointer": checkpointer}
    return {
        "state": {"n": INT, "log": LOG},
        "subgraphs": {"child": {"program": program} | kept},
        "nodes": nodes(a="a", call=list(bodies), b="b"),
        "edges": chain("a", "call", "b"),
    }


def called(argument: Any = None) -> dict[str, Any]:
    """Return the expression that runs the subgraph."""
    return {"call": ["child", {"log": ["given"]} if argument is None else argument]}


def two(left: Program, right: Program, checkpointer: bool | None = None) -> Program:  # noqa: FBT001  # the same
    """Return a program of two subgraphs side by side."""
    kept = {} if checkpointer is None else {"checkpointer": checkpointer}
    return {
        "state": {"log": LOG},
        "subgraphs": {"left": {"program": left} | kept, "right": {"program": right} | kept},
        "nodes": {"l": {"subgraph": "left"}, "r": {"subgraph": "right"}} | nodes(end="end"),
        "edges": [[START, "l"], [START, "r"], [["l", "r"], "end"], ["end", END]],
    }


def to_parent(**parts: Any) -> dict[str, Any]:
    """Return the instruction that ends a node with a `Command` for the graph above."""
    return {"return": {"command": {"graph": "parent", **parts}}}


def leaving(*body: Any, **more: Any) -> Program:
    """Return a program whose subgraph sends a command up; `other` is there to go to."""
    outer: Program = {
        "state": {"n": INT, "log": LOG},
        "subgraphs": {"child": {"program": child(list(body), "never")}},
        "nodes": {"sub": {"subgraph": "child"}}
        | nodes(after="after", other=[note("other", {"get": "n"}, {"get": "k"})]),
        "edges": [[START, "sub"], ["sub", "after"], ["after", END], ["other", END]],
    }
    return outer | more


def nested(innermost: Program) -> Program:
    """Return three graphs in each other."""
    middle: Program = {
        "state": {"n": INT, "log": LOG},
        "subgraphs": {"child": {"program": innermost}},
        "nodes": {"mid": {"subgraph": "child"}},
        "edges": chain("mid"),
    }
    return parent(middle)


def sent_to(program: Program, checkpointer: bool | None = None) -> Program:  # noqa: FBT001  # the same
    """Return a program that sends packets to a subgraph."""
    kept = {} if checkpointer is None else {"checkpointer": checkpointer}
    return {
        "state": {"log": LOG},
        "subgraphs": {"child": {"program": program} | kept},
        "nodes": nodes(plan="plan") | {"work": {"subgraph": "child"}} | nodes(end="end"),
        "edges": [[START, "plan"], ["work", "end"], ["end", END]],
        "branches": {"plan": [{"send": {"to": "work", "each": [10, 20], "as": "n"}}]},
    }


OTHER_FIELDS: Program = {
    "state": {"inner": INT, "log": LOG},
    "nodes": nodes(x=[{"write": {"inner": 5, "log": ["x"]}}, note({"get": "n"})]),
    "edges": chain("x"),
}
NARROW: Program = INNER | {
    "state": {"n": INT, "log": LOG, "hidden": INT},
    "input": ["n"],
    "output": ["log"],
}
FAILING = child("x", [fail("ValueError", "inside")])
FAILS_ONCE = child(
    [VISIT],
    [{"when": [{"lt": [{"visits": None}, 2]}, [fail("ConnectionError", "once")], [VISIT]]}],
)
ASKS_TWICE = child([note({"interrupt": "one?"}, {"interrupt": "two?"})])
EMITTING = child([{"emit": {"from": "x"}}, note("x")], [{"emit": "y"}])
MANAGED = {
    "state": {"left": {"managed": "remaining_steps"}, "log": LOG},
    "nodes": nodes(x=[note({"get": "left"})], y=[note({"get": "left"})]),
    "edges": chain("x", "y"),
}
LOOPING: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(x=[{"write": {"n": ADD_ONE}}]),
    "edges": [[START, "x"]],
    "branches": {"x": [{"if": [{"lt": [{"get": "n"}, 9]}, "x", END]}]},
}
IN_A_LOOP: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {"child": {"program": INNER}},
    "nodes": {"sub": {"subgraph": "child"}},
    "edges": [[START, "sub"]],
    "branches": {"sub": [{"if": [{"lt": [{"get": "n"}, 3]}, "sub", END]}]},
}
INFORMED = child([note({"info": "checkpoint_ns"}, {"info": "task_id"}, {"info": "thread_id"})])
DRAINING = child([note("x"), {"drain": "from inside"}], "y")
WITH_CONTEXT: Program = parent(child([note({"context": "user"})]) | {"context": {"user": "str"}})
WITH_CONTEXT["context"] = {"user": "str"}
