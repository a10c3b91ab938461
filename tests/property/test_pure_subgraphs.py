"""The pure engine and LangGraph agree on what random nested programs found: one case a rule."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from langgraph.types import Command, Send
from pure_engine.engine import Engine

from parity_kit.contract import Case, Level, run
from parity_kit.corpora.authoring import graph, op
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Equal
from parity_kit.reference import Engine as Reference
from parity_kit.reference.native import to_plain

STATE = {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}}
KEPT = {"thread": "t"}


def chain(**bodies: Any) -> dict[str, Any]:
    """Return a chain of nodes, each with a body or with what it is instead."""
    nodes: dict[str, Any] = {
        name: body if isinstance(body, dict) else {"body": body} for name, body in bodies.items()
    }
    edges = [list(edge) for edge in pairwise(["__start__", *nodes])]
    return {"state": STATE, "nodes": nodes, "edges": edges}


def around(program: dict[str, Any], checkpointer: bool | None = None, **node: Any) -> Any:  # noqa: FBT001  # a setting of the language with three values
    """Return a program whose node `s` is a subgraph."""
    inner = {"inner": {"program": program, "checkpointer": checkpointer}}
    return chain(s={"subgraph": "inner", **node}) | {"subgraphs": inner}


def write(word: str) -> list[Any]:
    return [{"write": {"log": [word]}}]


def fail(word: str) -> list[Any]:
    return [{"raise": {"type": "ValueError", "message": word}}]


def invoke(input: Any = None, **run_: Any) -> Any:  # noqa: A002  # the contract's name
    return op("invoke", **KEPT, input=input, **run_)


NEW = {"n": 1, "log": ["in"]}
HANDLER = [{"let": {"answer": {"interrupt": "how"}}}, {"emit": {"input": None}}]
CALLING = [{"let": {"got": {"call": ["inner", {"n": 1}]}}}, *write("handled")]
INNER = {"subgraphs": {"inner": {"program": chain(x=write("x"))}}}
NAMESPACES: dict[str, Any] = {
    name: {"config": {"configurable": {"checkpoint_ns": name}}}
    for name in ("s", "s", "s:task", "s:task|s", "s:task|s:task", "s|x", "nobody")
}
COMMAND = to_plain(Command(update={"n": 1}, goto=Send("b", 2)))
CASES: list[Case] = [
    graph(
        "gone back to an update of an update, a subgraph begins where the first one was made",
        around(chain(x=write("x")), checkpointer=True),
        invoke(NEW),
        op("update_state", **KEPT, values={"n": 2}, checkpoint=2),
        op("update_state", **KEPT, values={"n": 3}),
        invoke(checkpoint=8),
    ),
    graph(
        "gone back to an update, a subgraph begins where what was updated did",
        around(chain(x=write("x")), checkpointer=True),
        invoke(NEW),
        op("update_state", **KEPT, values={"n": 2}, checkpoint=2),
        op("update_state", **KEPT, values={"n": 3}),
        invoke(checkpoint=7),
    ),
    graph(
        "gone back to an update of a fork, it begins where what was forked did",
        around(chain(x=write("x")), checkpointer=True),
        invoke(NEW),
        invoke(checkpoint=2, interrupt_before="*"),
        op("update_state", **KEPT, values={"n": 3}),
        invoke(checkpoint=8),
    ),
    graph(
        "and so does a subgraph of a subgraph",
        around(around(chain(x=write("x")), checkpointer=True)),
        invoke(NEW),
        op("update_state", **KEPT, values={"n": 2}, checkpoint=2),
        op("update_state", **KEPT, values={"n": 3}),
        invoke(checkpoint=11),
    ),
    graph(
        "a fork of the input that is stored at exit begins with the latest",
        around(chain(x=write("x")), checkpointer=True),
        invoke(NEW),
        invoke(checkpoint=1, durability="exit"),
    ),
    graph(
        "a fork of what came after a fork, stored at exit, begins where that did",
        around(chain(x=[], y=[{"let": {"got": {"interrupt": "how"}}}]), checkpointer=True),
        invoke(NEW),
        invoke(checkpoint=1),
        invoke(checkpoint=7, durability="exit"),
    ),
    graph(
        "a fork of an update, stored at exit, begins before that update was made",
        around(chain(x=[], y=write("y")), checkpointer=True),
        invoke(NEW),
        op("update_state", **KEPT, values={"n": 2}, checkpoint=6),
        op("update_state", **KEPT, values={"n": 3}),
        op("update_state", **KEPT, values={"n": 4}, checkpoint=4),
        invoke(checkpoint=9, durability="exit"),
    ),
    graph(
        "a fork of an update that was a thread's first begins before that update",
        around(chain(x=write("x")), checkpointer=True),
        op("update_state", **KEPT, values=NEW),
        op("command", **KEPT, command={"update": {"n": 1}}),
        invoke(checkpoint=1),
    ),
    graph(
        "gone back, the first task of a node begins where it was, and the next with the latest",
        {
            "state": {"n": {}},
            "nodes": {"a": {"body": []}, "b": {"subgraph": "inner"}},
            "edges": [["__start__", "a"]],
            "branches": {"a": [{"send": {"to": "b", "each": {"range": 2}, "as": "k"}}]},
            "subgraphs": {"inner": {"program": chain(x=write("x"), y=fail("y"))}},
        },
        op("stream", **KEPT, input={"n": 1}, modes=["values"], subgraphs=True),
        op("stream", **KEPT, checkpoint=3, input=None, modes=["checkpoints"], subgraphs=True),
        op("stream", **KEPT, checkpoint=10, input=None, modes=["checkpoints"], subgraphs=True),
    ),
    graph(
        "a drain two levels down leaves, stored at exit, what the level between had done",
        around(
            {
                "state": {"n": {}},
                "nodes": {"x": {"body": []}, "y": {"subgraph": "in"}, "z": {"subgraph": "in"}},
                "edges": [["__start__", "x"], ["x", "y"], ["x", "z"]],
                "subgraphs": {"in": {"program": chain(p=[{"drain": "enough"}])}},
            }
        ),
        invoke(NEW, durability="exit"),
        invoke(),
    ),
    graph(
        "stored at exit a subgraph that went well leaves nothing",
        around(chain(x=write("x"))),
        invoke(NEW, durability="exit"),
    ),
    graph(
        "stored at exit a subgraph that failed leaves its state",
        around(chain(x=write("x"), y=fail("y"))),
        invoke(NEW, durability="exit"),
    ),
    graph(
        "a second try is a run of its own number, which is kept under it",
        around(around(chain(x=fail("x")), checkpointer=True), retry={"max_attempts": 2}),
        invoke(NEW),
    ),
    graph(
        "a subgraph without a checkpointer does not hide it from one inside",
        around(around(chain(x=write("x"))), checkpointer=False),
        invoke(NEW),
    ),
    graph(
        "what is said of a node is stored with the checkpoints inside",
        around(chain(x=write("x")), metadata={"label": "around"}),
        invoke(NEW),
    ),
    graph(
        "a finished task is shown by the output schema, and by all fields when it ends",
        around(chain(x=write("x"), y=fail("y")) | {"output": ["n"]}),
        op("stream", **KEPT, input=NEW, modes=["tasks", "checkpoints"], subgraphs=True),
        op("stream", **KEPT, input=None, modes=["checkpoints"], subgraphs=True),
    ),
    graph(
        "a drain inside is no failure of the node around",
        around(
            chain(x=[{"drain": "enough"}], y=write("y")),
            error_handler=write("handled"),
            retry={"max_attempts": 2},
        ),
        invoke(NEW),
        invoke(),
    ),
    graph(
        "a handler is given what was sent to the task that failed",
        chain(a=[], c={"body": fail("c"), "error_handler": HANDLER})
        | {"branches": {"a": [{"send": {"to": "c", "each": [5, 6], "as": "n"}}]}},
        invoke(NEW),
        op("resume", **KEPT, value=1),
        op("stream", **KEPT, input=None, modes=["tasks", "custom"]),
    ),
    graph(
        "gone on, a handler is shown what the node was given that failed, and what is said of it",
        chain(
            c={
                "body": fail("c"),
                "input": ["n"],
                "metadata": {"label": "c"},
                "error_handler": HANDLER,
            }
        )
        | {"schema": "dataclass"},
        invoke(NEW),
        op("stream", **KEPT, input=None, modes=["tasks", "custom"]),
    ),
    graph(
        "a run inside a handler is inside the task that failed, too",
        chain(c={"body": fail("c"), "metadata": {"label": "c"}, "error_handler": CALLING}) | INNER,
        op("stream", **KEPT, input=NEW, modes=["tasks"], subgraphs=True),
    ),
    graph(
        "what a handler emits is from inside the task that failed",
        around(chain(c={"body": fail("c"), "error_handler": [{"emit": "handled"}]})),
        op("stream", **KEPT, input=NEW, modes=["custom"], subgraphs=True),
    ),
    graph(
        "an attempt that runs out of time leaves no answer that it took",
        around(chain(c={"body": [*HANDLER, {"wait": 3}], "timeout": 2})),
        invoke(NEW, **{"async": True}),
        op("resume", **KEPT, value=8, **{"async": True}),
        op("resume", **KEPT, value=9, **{"async": True}),
    ),
    graph(
        "all tasks that read a dataclass are shown as one",
        {
            "schema": "dataclass",
            "state": STATE,
            "nodes": {"a": {"body": write("a")}, "b": {"body": write("b")}},
            "edges": [["__start__", "a"], ["__start__", "b"]],
        },
        op("stream", **KEPT, input=NEW, modes=["tasks"]),
    ),
    graph(
        "a wait that ends with the timeout takes no answer",
        {
            "state": STATE,
            "nodes": {
                "c": {"body": [{"wait": 3}, *HANDLER], "timeout": 3},
                "d": {"body": HANDLER},
            },
            "edges": [["__start__", "c"], ["__start__", "d"]],
        },
        invoke(NEW, **{"async": True}),
        op("resume", **KEPT, value=8, **{"async": True}),
    ),
    graph(
        "a state whose writes do not apply addresses no task",
        chain(a=[{"write": {"n": 2}}])
        | {
            "nodes": {"a": {"body": [{"write": {"n": 2}}]}, "s": {"subgraph": "inner"}},
            "edges": [["__start__", "a"], ["__start__", "s"]],
            "subgraphs": {"inner": {"program": chain(x=write("x"))}},
        },
        invoke(NEW),
        op("update_state", **KEPT, values={"n": 5}, task=0),
    ),
    *(
        graph(
            f"a config names the namespace {name!r}",
            around(around(chain(x=write("x")), checkpointer=True), checkpointer=True),
            invoke(NEW),
            op("get_state_history", **KEPT, **named),
            op("get_state", **KEPT, **named, subgraphs=True),
            op("update_state", **KEPT, **named, values={"log": ["late"]}),
            invoke(NEW, **named),
            op("get_state_history", **KEPT),
        )
        for name, named in NAMESPACES.items()
    ),
    graph(
        "a node and a router see a command that was sent as its fields",
        {
            "schema": "root",
            "state": {"__root__": {"type": "list", "reducer": "add"}},
            "nodes": {
                "a": {"body": [{"return": {"lit": ["a"]}}]},
                "b": {"body": [{"return": [{"input": None}]}]},
            },
            "edges": [["__start__", "a"]],
            "branches": {"a": [{"send": {"each": {"lit": [COMMAND]}, "to": "b"}}]},
        },
        invoke(["in"]),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_pure_and_langgraph_agree(case: Case) -> None:
    verdict = compare(case, run(Reference(), case), run(Engine(), case))
    assert verdict == Equal(Level.BYTES)
