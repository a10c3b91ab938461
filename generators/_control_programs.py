"""The programs of the control corpus: commands, routing of every kind, cycles, limits."""

from __future__ import annotations

from typing import Any

from ._graph_programs import ADD_ONE, END, INT, LOG, START, SUM, Program, chain, nodes, note

TO = {"type": "any"}


def command(**parts: Any) -> dict[str, Any]:
    """Return the instruction that ends a node with a `Command`."""
    return {"return": {"command": parts}}


def commanding(*body: Any, **more: Any) -> Program:
    """Return a program whose first node does as it is told; `a` and `b` are there to go to."""
    return {
        "state": {"n": INT, "log": LOG},
        "nodes": nodes(first=list(body), a="a", b=[note("b", {"get": "n"})]),
        "edges": [[START, "first"], ["a", END], ["b", END]],
    } | more


def returning(value: Any) -> Program:
    """Return a program of one node that returns a value."""
    return {
        "state": {"n": INT, "log": LOG},
        "nodes": nodes(first=[note("dropped"), {"return": value}]),
        "edges": chain("first"),
    }


def routed(path: Any, targets: Any = None) -> Program:
    """Return a program whose first node has a conditional edge, with a path map if given."""
    route = path if targets is None else {"path": path, "map": targets}
    return {
        "state": {"to": TO, "log": LOG},
        "nodes": nodes(first="first", a="a", b="b", work=[note({"get": "k"})]),
        "edges": [[START, "first"], ["a", END], ["b", END], ["work", END]],
        "branches": {"first": [route]},
    }


def sends(to: str, items: Any) -> dict[str, Any]:
    """Return the expression that makes a packet of each item."""
    return {"send": {"to": to, "each": items, "as": "k"}}


ONCE = {"lt": [{"visits": None}, 2]}

COMMAND_IN_PARALLEL: Program = {
    "state": {"n": SUM, "log": LOG},
    "nodes": nodes(
        left=[command(update={"n": 1, "log": ["left"]}, goto="end")],
        right=[command(update={"n": 2, "log": ["right"]}, goto="end")],
        end=[note("end", {"get": "n"})],
    ),
    "edges": [[START, "left"], [START, "right"], ["end", END]],
}
COMMAND_FROM_SENDS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        plan="plan",
        work=[command(update={"log": [{"get": "k"}]}, goto={"join": ["to", {"get": "k"}]})],
        **{"to-1": "to-1", "to-2": "to-2"},
    ),
    "edges": [[START, "plan"], ["to-1", END], ["to-2", END]],
    "branches": {"plan": [sends("work", [1, 2, 1])]},
}
MIXED: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        first=[note("lost"), command(update={"log": ["first"]}, goto=["by-command"])],
        edge="edge",
        branch="branch",
        work=[note({"get": "k"})],
        **{"by-command": "by-command"},
    ),
    "edges": [
        [START, "first"],
        ["first", "edge"],
        ["edge", END],
        ["branch", END],
        ["by-command", END],
        ["work", END],
    ],
    "branches": {"first": ["branch", sends("work", ["x", "y"])]},
}
MIXED_PLAIN: Program = MIXED | {
    "nodes": {name: node for name, node in MIXED["nodes"].items() if name != "by-command"}
    | nodes(first="first"),
    "edges": [edge for edge in MIXED["edges"] if "by-command" not in edge],
}
ORDER: Program = {
    "state": {"log": LOG},
    "nodes": nodes(z="z", plan="plan", b="b", a="a", work=[note({"get": "k"})]),
    "edges": [[START, "plan"], ["plan", "z"], ["plan", "b"], ["plan", "a"]],
    "branches": {"plan": [sends("work", ["2nd", "1st"]), sends("a", ["sent"])]},
}
METADATA: Program = {
    "state": {"log": LOG},
    "nodes": {"a": {"body": [note("a")], "metadata": {"kind": "worker", "rank": 1, "on": True}}},
    "edges": chain("a"),
}
AGENT: Program = {
    "state": {"turn": INT, "log": LOG},
    "nodes": nodes(
        agent=[
            {"write": {"turn": {"add": [{"get": "turn"}, 1]}}},
            {
                "when": [
                    {"lt": [{"get": "turn"}, 3]},
                    [
                        command(
                            update={"turn": {"add": [{"get": "turn"}, 1]}, "log": ["call"]},
                            goto=sends("tool", {"range": {"get": "turn"}}),
                        )
                    ],
                    [command(update={"log": ["done"]}, goto=END)],
                ]
            },
        ],
        tool=[note({"join": ["tool", {"get": "k"}]})],
    ),
    "edges": [[START, "agent"], ["tool", "agent"]],
}
STATE_MACHINE: Program = {
    "state": {"mode": {"type": "str"}, "log": LOG},
    "nodes": nodes(
        step=[
            {
                "write": {
                    "mode": {
                        "if": [
                            {"eq": [{"get": "mode"}, "idle"]},
                            "busy",
                            {"if": [{"eq": [{"get": "mode"}, "busy"]}, "done", "idle"]},
                        ]
                    },
                    "log": [{"get": "mode"}],
                }
            }
        ]
    ),
    "edges": [[START, "step"]],
    "branches": {
        "step": [{"path": {"get": "mode"}, "map": {"idle": "step", "busy": "step", "done": END}}]
    },
}
REFINE: Program = {
    "state": {"score": INT, "draft": {"type": "str"}, "log": LOG},
    "nodes": nodes(
        draft=[{"write": {"draft": {"add": [{"get": "draft"}, "x"]}}}],
        judge=[{"write": {"score": {"len": {"get": "draft"}}, "log": [{"get": "draft"}]}}],
        publish=[note({"join": ["score", {"get": "score"}]})],
    ),
    "edges": [[START, "draft"], ["draft", "judge"], ["publish", END]],
    "branches": {"judge": [{"if": [{"lt": [{"get": "score"}, 3]}, "draft", "publish"]}]},
}
SPAWN: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        grow=[note({"join": ["grow", {"get": "k"}]})],
        start="start",
    ),
    "edges": [[START, "start"]],
    "branches": {
        "start": [sends("grow", [2])],
        "grow": [{"if": [{"lt": [{"len": {"get": "log"}}, 6]}, sends("grow", {"range": 2}), END]}],
    },
}
TWO_CYCLES: Program = {
    "state": {"n": INT, "m": INT, "log": LOG},
    "nodes": nodes(
        outer=[{"write": {"n": ADD_ONE, "m": 0, "log": ["outer"]}}],
        inner=[{"write": {"m": {"add": [{"get": "m"}, 1]}, "log": ["inner"]}}],
    ),
    "edges": [[START, "outer"], ["outer", "inner"]],
    "branches": {
        "inner": [
            {
                "if": [
                    {"lt": [{"get": "m"}, 2]},
                    "inner",
                    {"if": [{"lt": [{"get": "n"}, 2]}, "outer", END]},
                ]
            }
        ]
    },
}
JOIN_IN_A_CYCLE: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        split=[{"write": {"n": ADD_ONE}}],
        a="a",
        b="b",
        join=[note({"join": ["join", {"get": "n"}]})],
    ),
    "edges": [[START, "split"], ["split", "a"], ["split", "b"], [["a", "b"], "join"]],
    "branches": {"join": [{"if": [{"lt": [{"get": "n"}, 2]}, "split", END]}]},
}
HALF_A_JOIN: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", join="join"),
    "edges": [[START, "a"], [["a", "b"], "join"]],
}
READS_OWN_WRITES: Program = {
    "state": {"n": INT, "sum": SUM, "log": LOG},
    "nodes": nodes(
        left=[{"write": {"n": 7, "sum": 1}}],
        right=[{"write": {"sum": 10}}],
        low="low",
        high="high",
        seven="seven",
        other="other",
    ),
    "edges": [
        [START, "left"],
        [START, "right"],
        *([name, END] for name in ("low", "high", "seven", "other")),
    ],
    "branches": {
        "left": [{"if": [{"eq": [{"get": "n"}, 7]}, "seven", "other"]}],
        "right": [{"if": [{"lt": [{"get": "sum"}, 11]}, "low", "high"]}],
    },
}
MANAGED: Program = {
    "state": {
        "last": {"managed": "is_last_step"},
        "left": {"managed": "remaining_steps"},
        "log": LOG,
    },
    "nodes": nodes(step=[note({"get": "left"}, {"get": "last"})]),
    "edges": [[START, "step"]],
    "branches": {"step": [{"if": [{"get": "last"}, END, "step"]}]},
}
MANAGED_STOP: Program = MANAGED | {
    "branches": {"step": [{"if": [{"lt": [{"get": "left"}, 3]}, END, "step"]}]}
}
DRAIN: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b=[note("b"), {"drain": "shutting down"}, note("b after")], c="c"),
    "edges": chain("a", "b", "c"),
}
DRAIN_IN_PARALLEL: Program = {
    "state": {"log": LOG},
    "nodes": nodes(stop=[note("stop"), {"drain": "enough"}], other="other", end="end"),
    "edges": [[START, "stop"], [START, "other"], [["stop", "other"], "end"], ["end", END]],
}
DRAIN_LAST: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a=[note("a"), {"drain": "too late"}]),
    "edges": chain("a"),
}
DEFERRED_TWICE: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", c="c")
    | {
        "late": {"body": [note("late")], "defer": True},
        "later": {"body": [note("later")], "defer": True},
    },
    "edges": [
        [START, "a"],
        ["a", "b"],
        ["a", "late"],
        ["b", "c"],
        ["late", "later"],
        ["c", "later"],
    ],
}
DEFERRED_AND_BACK: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(step=[{"write": {"n": ADD_ONE, "log": ["step"]}}], side="side")
    | {"late": {"body": [note("late")], "defer": True}},
    "edges": [[START, "step"], ["step", "side"], ["step", "late"]],
    "branches": {"late": [{"if": [{"lt": [{"get": "n"}, 2]}, "step", END]}]},
}
DEFERRED_JOIN: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", c="c") | {"late": {"body": [note("late")], "defer": True}},
    "edges": [[START, "a"], [START, "b"], ["b", "c"], [["a", "b"], "late"], ["late", END]],
}
DEFERRED_SENDS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(plan="plan", work=[note({"get": "k"})])
    | {"late": {"body": [note({"len": {"get": "log"}})], "defer": True}},
    "edges": [[START, "plan"], ["work", "late"]],
    "branches": {"plan": [sends("work", ["x", "y"]), sends("late", [0])]},
}
SEQUENCE: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", c="c"),
    "edges": [],
    "entry": "a",
    "finish": "c",
    "sequence": ["a", "b", "c"],
}
