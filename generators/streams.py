"""The seven stream modes, alone and together: every event of a run, in order.

And what a run tells its callbacks and its log, and streams in the second version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case

from ._graph_programs import (
    ASK,
    ASK_BOTH,
    DEFER,
    FAILS,
    FAN,
    LINE,
    LOG,
    LOOP,
    MAP,
    ROUTES,
    START,
    Program,
    chain,
    fail,
    nodes,
    note,
)
from ._logged_runs import warned, without_effect
from ._observed_runs import observed
from ._schema_programs import message
from ._scripts import GO_ON, Runs, cases_of, command, resume, stream, update, without_saver
from ._subgraph_programs import EMITTING, INNER, parent
from ._talking import talking

SEVEN = ("values", "updates", "checkpoints", "tasks", "debug", "custom", "messages")
_ASYNC = {"async": True}

EMITS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        a=[{"emit": 1}, note("a"), {"emit": {"two": [2, None]}}],
        b=[{"emit": {"get": "log"}}],
        c=[{"emit": None}, note("c")],
    ),
    "edges": chain("a", "b", "c"),
}
EMITS_IN_PARALLEL: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a=[{"emit": "a1"}, {"emit": "a2"}], b=[{"emit": "b1"}, note("b")]),
    "edges": [[START, "a"], [START, "b"]],
}
EMITS_FROM_SENDS: Program = MAP | {
    "nodes": MAP["nodes"] | nodes(work=[{"emit": {"get": "k"}}, note({"get": "k"})])
}
EMITS_THEN_FAILS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a=[{"emit": "before"}, fail("ValueError", "then"), {"emit": "never"}]),
    "edges": chain("a"),
}
EMITS_THEN_ASKS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a=[{"emit": "before"}, note({"interrupt": "?"}), {"emit": "after"}]),
    "edges": chain("a"),
}
TALKS: Program = {
    "state": {"m": {"type": "messages", "reducer": "messages"}, "log": LOG},
    "nodes": nodes(
        a=[{"write": {"m": [message("ai", "hello", "1"), message("human", "hi", "2")]}}],
        b=[{"write": {"m": message("ai", "again", "3")}}],
        c=[note("no message")],
    ),
    "edges": chain("a", "b", "c"),
}
SAYS_TWICE: Program = TALKS | {
    "nodes": nodes(
        a=[{"write": {"m": [message("ai", "hello", "1")]}}],
        b=[{"write": {"m": [message("ai", "hello", "1")]}}],
        c=[{"write": {"log": [message("ai", "in a list", "4")]}}],
    )
}
SAYS_BY_COMMAND: Program = TALKS | {
    "nodes": nodes(
        a=[{"return": {"command": {"update": {"m": [message("ai", "by command", "1")]}}}}],
        b=[{"return": [{"m": [message("ai", "one", "2")]}, {"m": [message("ai", "two", "3")]}]}],
        c="c",
    )
}
QUIET: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a=[{"let": {"x": 1}}], b=[{"return": {"lit": {}}}]),
    "edges": chain("a", "b"),
}
_PROGRAMS: dict[str, tuple[Program, Any]] = {
    "fan-out": (FAN, {"n": 0}),
    "sends": (MAP, {"size": 2, "log": []}),
    "asks": (ASK_BOTH, {"log": []}),
    "fails": (FAILS, {"ok": False}),
    "emits": (EMITS, {"log": []}),
    "talks": (TALKS, {"log": []}),
}
_SETS: dict[str, list[str]] = {
    "values-updates": ["values", "updates"],
    "updates-values": ["updates", "values"],
    "updates-custom": ["updates", "custom"],
    "messages-updates": ["messages", "updates"],
    "debug-values": ["debug", "values"],
    "debug-tasks-checkpoints": ["debug", "tasks", "checkpoints"],
    "tasks-checkpoints": ["tasks", "checkpoints"],
    "one-twice": ["values", "values"],
    "none": [],
    "unknown": ["values", "nothing"],
}
_RUNS: Runs = {
    "custom/in-parallel": (EMITS_IN_PARALLEL, (stream(["custom", "updates"]),)),
    "custom/from-sends": (EMITS_FROM_SENDS, (stream(["custom"], input={"size": 3}),)),
    "custom/before-a-failure": (EMITS_THEN_FAILS, (stream(["custom", "tasks"]),)),
    "custom/around-a-question": (
        EMITS_THEN_ASKS,
        (stream(["custom", "updates"]), resume("yes", modes=["custom", "updates"])),
    ),
    "custom/nobody-listens": (EMITS, (stream(["updates"]),)),
    "messages/once-by-id": (SAYS_TWICE, (stream(["messages"]),)),
    "messages/from-inside": (
        {
            "state": TALKS["state"],
            "subgraphs": {"child": {"program": TALKS}},
            "nodes": {"sub": {"subgraph": "child"}},
            "edges": chain("sub"),
        },
        (stream(["messages"], subgraphs=True), stream(["messages"], thread="other")),
    ),
    "messages/by-command-and-list": (SAYS_BY_COMMAND, (stream(["messages", "updates"]),)),
    "messages/not-those-of-the-input": (
        TALKS,
        (
            stream(["messages"]),
            stream(["messages"], input={"log": ["again"]}),
        ),
    ),
    "nothing-written": (QUIET, (stream(SEVEN),)),
    "when/done": (LINE, (stream(["values"], input={"n": 0}), stream(["values"], input=None))),
    "when/breakpoint": (
        LINE,
        (
            stream(["updates", "values"], input={"n": 0}, interrupt_before=["b"]),
            stream(["updates", "values"], input=None, interrupt_after=["b"]),
            stream(["updates", "values"], input=None),
        ),
    ),
    "when/breakpoint-debug": (
        LINE,
        (stream(["debug"], input={"n": 0}, interrupt_before=["b"]),),
    ),
    "when/recursion-limit": (LOOP, (stream(SEVEN, input={"n": 0}, recursion_limit=2),)),
    "when/resumed": (
        ASK,
        (stream(["values", "updates"]), resume("yes", modes=["values", "updates", "tasks"])),
    ),
    "when/resumed-debug": (ASK, (stream(["debug"]), resume("yes", modes=["debug"]))),
    "when/commanded": (
        LINE,
        (
            stream(["values"], input={"n": 0}),
            command({"goto": "c", "update": {"n": 9}}, modes=["values", "updates"]),
        ),
    ),
    "when/updated-between": (
        LINE,
        (
            stream(["values"], input={"n": 0}, interrupt_before=["c"]),
            update({"n": 50}, "b"),
            stream(["values", "checkpoints"], input=None),
        ),
    ),
    "when/forked": (
        LINE,
        (
            stream(["values"], input={"n": 0}),
            stream(["values", "checkpoints"], input=None, checkpoint=3),
        ),
    ),
    "when/gone-on-after-a-failure": (
        FAILS,
        (
            stream(["updates"], input={"ok": False}),
            update({"ok": True}, "good"),
            stream(["updates", "tasks"], input=None),
        ),
    ),
    "when/no-input": (LINE, (stream(["values"], input=None), stream(["debug"], input={}))),
    "when/unknown-field": (LINE, (stream(["values", "updates"], input={"zz": 1}),)),
    "when/route-to-nowhere": (ROUTES, (stream(["updates", "tasks"], input={"to": "zz"}),)),
    "when/deferred": (DEFER, (stream(["updates", "debug"]),)),
    "durability/exit": (LINE, (stream(["checkpoints"], input={"n": 0}, durability="exit"),)),
    "durability/exit-debug": (
        LINE,
        (stream(["debug", "values"], input={"n": 0}, durability="exit"), GO_ON),
    ),
    "output/subset": (LINE | {"output": ["n"]}, (stream(["values", "updates"], input={"n": 0}),)),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for runs in (_one_mode(), _several(), _RUNS, talking(), observed(), warned()):
        yield from cases_of("streams", runs)
    alone: Runs = {
        name: (EMITS if name == "custom" else LINE, (stream([name], input={"n": 0}),))
        for name in SEVEN
    }
    yield from without_saver("streams", {**alone, **without_effect()})


def _one_mode() -> Runs:
    """Each mode alone, on each kind of program."""
    return {
        f"{mode}/{name}": (program, (stream([mode], input=given),))
        for mode in SEVEN
        for name, (program, given) in _PROGRAMS.items()
        if (mode == "custom") == (name == "emits") or (mode == "messages" and name == "talks")
    }


def _several() -> Runs:
    sets = {f"several/{name}": (EMITS, (stream(modes),)) for name, modes in _SETS.items()}
    programs: dict[str, Any] = {
        f"several/all-{name}": (program, (stream(SEVEN, input=given),))
        for name, (program, given) in _PROGRAMS.items()
    }
    inside: dict[str, Any] = {
        f"several/from-inside-{name}": (
            parent(EMITTING if name == "custom" else INNER),
            (stream(["updates", name], subgraphs=True, input={"n": 0}),),
        )
        for name in ("values", "custom", "checkpoints")
    }
    return sets | programs | inside | _asynchronous()


def _asynchronous() -> dict[str, Any]:
    return {
        f"async/{mode}": (
            EMITS if mode == "custom" else TALKS if mode == "messages" else FAN,
            (stream([mode], input={"n": 0}, **_ASYNC),),
        )
        for mode in SEVEN
    }
