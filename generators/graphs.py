"""Graph programs and what is done to them: the whole of a run, each event and each stored byte.

A program is shared by as many scripts as it can serve.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import graph, op

from ._graph_programs import (
    ASK,
    ASK_BOTH,
    ASK_TWICE,
    DEFER,
    END,
    FAILS,
    FAN,
    INT,
    LINE,
    LOOP,
    MAP,
    ROUTES,
    START,
    TYPES,
    Program,
    fail,
    nodes,
    note,
    reduced,
    with_channel,
)

MODES = ["values", "updates", "checkpoints", "tasks"]


def invoke(**args: Any) -> Operation:
    """Return an invocation on thread `t` unless another is named."""
    return op("invoke", **({"thread": "t", "input": {"log": []}} | args))


def stream(modes: list[str] = MODES, **args: Any) -> Operation:
    """Return a stream on thread `t` unless another is named."""
    return op("stream", **({"thread": "t", "input": {"log": []}, "modes": modes} | args))


GO_ON = op("invoke", thread="t", input=None)
STATE, HISTORY = op("get_state", thread="t"), op("get_state_history", thread="t")
_RUNS: dict[str, tuple[Program, tuple[Operation, ...]]] = {
    "line/invoke": (LINE, (invoke(input={"n": 0, "log": []}), STATE)),
    "line/no-input-for-field": (LINE, (invoke(), STATE)),
    "line/again-goes-on-from-values": (
        LINE,
        (invoke(input={"n": 0}), invoke(input={"log": ["x"]})),
    ),
    "line/unknown-field-ignored": (LINE, (invoke(input={"n": 0, "zz": 1}), STATE)),
    "line/empty-input": (LINE, (invoke(input={}), STATE)),
    "line/null-input-when-done": (LINE, (invoke(input={"n": 0}), GO_ON)),
    "line/null-input-at-first": (LINE, (GO_ON, STATE)),
    "stream/values": (LINE, (stream(["values"], input={"n": 0}),)),
    "stream/updates": (LINE, (stream(["updates"], input={"n": 0}),)),
    "stream/checkpoints": (LINE, (stream(["checkpoints"], input={"n": 0}),)),
    "stream/tasks": (LINE, (stream(["tasks"], input={"n": 0}),)),
    "stream/debug": (LINE, (stream(["debug"], input={"n": 0}),)),
    "stream/all": (LINE, (stream(input={"n": 0}), HISTORY)),
    "stream/fan-out": (FAN, (stream(input={"n": 0}),)),
    "stream/interrupt": (ASK, (stream(), op("resume", thread="t", value="yes", modes=MODES))),
    "stream/error": (FAILS, (stream(), STATE)),
    "types/all": (TYPES, (stream(input={"log": []}), STATE)),
    "fan-out/join": (FAN, (invoke(input={"n": 10}), STATE, HISTORY)),
    "fan-out/two-writes-one-value": (
        reduced("int", "last", 1, 2) | {"state": {"x": INT}},
        (invoke(input={"x": 0}), STATE),
    ),
    "fan-out/defer": (DEFER, (stream(), STATE)),
    "loop/ends": (LOOP, (invoke(input={"n": 0}), STATE)),
    "loop/recursion-limit": (LOOP, (invoke(input={"n": 0}, recursion_limit=3), STATE, GO_ON)),
    "loop/recursion-limit-just-enough": (LOOP, (invoke(input={"n": 0}, recursion_limit=5),)),
    "loop/recursion-limit-one-short": (LOOP, (stream(input={"n": 0}, recursion_limit=4),)),
    "loop/recursion-limit-one": (LOOP, (invoke(input={"n": 0}, recursion_limit=1), STATE)),
    "route/name": (ROUTES, (stream(input={"to": "a"}),)),
    "route/list": (ROUTES, (stream(input={"to": ["b", "a"]}),)),
    "route/end": (ROUTES, (stream(input={"to": END}), STATE)),
    "route/name-twice": (ROUTES, (stream(input={"to": ["a", "a"]}),)),
    "route/unknown-name": (ROUTES, (invoke(input={"to": "nowhere"}), STATE)),
    "route/null": (ROUTES, (invoke(input={"log": []}),)),
    "route/from-start": (
        ROUTES | {"edges": [["a", END], ["b", END]], "branches": {START: [{"get": "to"}]}},
        (stream(input={"to": "b"}),),
    ),
    "route/two-branches": (
        ROUTES | {"branches": {"pick": ["a", {"if": [{"get": "to"}, "b", END]}]}},
        (stream(input={"to": "b"}), invoke(thread="u", input={"to": None})),
    ),
    "send/map-reduce": (MAP, (stream(), STATE, HISTORY)),
    "send/none": (MAP, (invoke(input={"size": -1, "log": []}), STATE)),
    "send/more-than-ten": (MAP, (invoke(input={"size": 12, "log": []}),)),
    "send/items-themselves": (
        MAP
        | {
            "nodes": MAP["nodes"] | nodes(work=[note({"get": "k"}, {"input": None})]),
            "branches": {
                "plan": [
                    {"send": {"to": "work", "each": [{"k": 7, "zz": 1}, "text", 5, None, ["k"]]}}
                ]
            },
        },
        (stream(), STATE),
    ),
    "send/then-interrupt": (
        MAP
        | {"nodes": MAP["nodes"] | nodes(work=[note({"get": "k"}, {"interrupt": {"get": "k"}})])},
        (invoke(), STATE, op("resume_map", thread="t", values=[[0, "x"], [2, "z"]]), STATE),
    ),
    "interrupt/resume": (ASK, (invoke(), STATE, op("resume", thread="t", value="yes"), STATE)),
    "interrupt/resume-with-map-value": (ASK, (invoke(), op("resume", thread="t", value={"a": 1}))),
    "interrupt/null-input-asks-again": (ASK, (invoke(), GO_ON, STATE)),
    "interrupt/new-input-starts-over": (ASK, (invoke(), invoke(input={"log": ["new"]}), STATE)),
    "interrupt/several-in-one-node": (
        ASK_TWICE,
        (
            invoke(),
            op("resume", thread="t", value="one"),
            STATE,
            op("resume", thread="t", value="two"),
        ),
    ),
    "interrupt/parallel-nodes": (
        ASK_BOTH,
        (invoke(), STATE, op("resume_map", thread="t", values=[[0, "l"], [1, "r"]]), STATE),
    ),
    "interrupt/parallel-one-at-a-time": (
        ASK_BOTH,
        (
            invoke(),
            op("resume_map", thread="t", values=[[1, "r"]]),
            STATE,
            op("resume_map", thread="t", values=[[0, "l"]]),
        ),
    ),
    "interrupt/parallel-needs-ids": (ASK_BOTH, (invoke(), op("resume", thread="t", value="x"))),
    "interrupt/resume-when-none-waits": (LINE, (invoke(), op("resume", thread="t", value=1))),
    "breakpoint/before": (
        LINE | {"interrupt_before": ["b"]},
        (stream(input={"n": 0}), STATE, GO_ON),
    ),
    "breakpoint/after": (LINE | {"interrupt_after": ["a"]}, (stream(input={"n": 0}), STATE, GO_ON)),
    "breakpoint/before-all": (
        LINE | {"interrupt_before": "*"},
        (invoke(input={"n": 0}), GO_ON, GO_ON, GO_ON, STATE),
    ),
    "breakpoint/after-all": (
        LINE | {"interrupt_after": "*"},
        (invoke(input={"n": 0}), GO_ON, STATE),
    ),
    "breakpoint/both-in-fan-out": (
        FAN | {"interrupt_before": ["d"], "interrupt_after": ["b"]},
        (invoke(input={"n": 0}), STATE, GO_ON),
    ),
    "update-state/as-node": (
        LINE | {"interrupt_before": ["b"]},
        (
            invoke(input={"n": 0}),
            op("update_state", thread="t", values={"n": 50}, as_node="a"),
            STATE,
            GO_ON,
        ),
    ),
    "update-state/node-inferred": (
        LINE | {"interrupt_before": ["b"]},
        (
            invoke(input={"n": 0}),
            op("update_state", thread="t", values={"log": ["by hand"]}),
            STATE,
        ),
    ),
    "update-state/new-thread-unnamed": (
        FAN,
        (op("update_state", thread="t", values={"n": 1}), STATE),
    ),
    "update-state/skips-ahead": (
        LINE,
        (op("update_state", thread="t", values={"n": 7}, as_node="b"), STATE, GO_ON),
    ),
    "update-state/unknown-node": (LINE, (op("update_state", thread="t", values={}, as_node="zz"),)),
    "update-state/at-checkpoint": (
        LINE,
        (
            invoke(input={"n": 0}),
            op("update_state", thread="t", values={"n": 90}, as_node="a", checkpoint=3),
            STATE,
            GO_ON,
            HISTORY,
        ),
    ),
    "update-state/null-values": (
        LINE | {"interrupt_before": ["b"]},
        (invoke(input={"n": 0}), op("update_state", thread="t", values=None, as_node="b"), STATE),
    ),
    "state/nothing-yet": (LINE, (STATE, HISTORY)),
    "state/at-checkpoint": (
        LINE,
        (invoke(input={"n": 0}), op("get_state", thread="t", checkpoint=2)),
    ),
    "history/limit-before-filter": (
        LINE,
        (
            invoke(input={"n": 0}),
            op("get_state_history", thread="t", limit=2),
            op("get_state_history", thread="t", before=3),
            op("get_state_history", thread="t", filter={"source": "input"}),
            op("get_state_history", thread="t", filter={"step": 1}, limit=1),
        ),
    ),
    "fork/replay": (
        LINE,
        (invoke(input={"n": 0}), stream(input=None, checkpoint=3), STATE, HISTORY),
    ),
    "fork/new-input-at-checkpoint": (
        LINE,
        (invoke(input={"n": 0}), invoke(input={"log": ["fork"]}, checkpoint=2), HISTORY),
    ),
    "fork/resume-again-keeps-the-first-answer": (
        ASK,
        (
            invoke(),
            op("resume", thread="t", value="yes"),
            op("resume", thread="t", value="no", checkpoint=3),
            STATE,
        ),
    ),
    "error/one": (
        LINE | {"nodes": LINE["nodes"] | nodes(b=[fail("KeyError", "k")])},
        (invoke(input={"n": 0}), STATE, GO_ON),
    ),
    "error/parallel-then-mended": (
        FAILS,
        (
            invoke(input={"ok": False}),
            STATE,
            op("update_state", thread="t", values={"ok": True}, as_node="good"),
            STATE,
        ),
    ),
    "error/parallel-go-on": (FAILS, (invoke(), GO_ON, STATE)),
    "error/reducer": (
        FAN | {"nodes": FAN["nodes"] | nodes(c=[{"write": {"n": ["not a number"]}}])},
        (invoke(input={"n": 0}), STATE),
    ),
    "error/input-of-wrong-type": (FAN, (invoke(input={"n": []}),)),
    "error/no-thread": (LINE, (op("invoke", input={"n": 0}),)),
    "error/no-thread-streamed": (LINE, (op("stream", input={"n": 0}, modes=["values"]),)),
    "error/no-thread-to-resume": (ASK, (op("resume", value="yes"),)),
    "overwrite/in-a-node": (
        LINE | {"nodes": LINE["nodes"] | nodes(b=[{"write": {"log": {"overwrite": ["only"]}}}])},
        (invoke(input={"n": 0, "log": ["x"]}), STATE),
    ),
    "overwrite/two-in-a-step": (
        reduced("list", "add", {"overwrite": [1]}, {"overwrite": [2]}),
        (invoke(input={"x": [0]}), STATE),
    ),
    "overwrite/beside-a-write": (
        reduced("list", "add", [1], {"overwrite": [2]}),
        (invoke(input={"x": [0]}),),
    ),
    "thread/several": (
        LINE,
        (
            invoke(input={"n": 0}),
            invoke(thread="u", input={"n": 5}),
            STATE,
            op("get_state", thread="u"),
        ),
    ),
    "thread/delete": (
        LINE,
        (
            invoke(input={"n": 0}),
            invoke(thread="u", input={"n": 5}),
            op("delete_thread", thread="t"),
            STATE,
            invoke(input={"n": 1}),
        ),
    ),
    "durability/exit": (LINE, (invoke(input={"n": 0}, durability="exit"), HISTORY)),
    "durability/exit-interrupted": (
        ASK,
        (invoke(durability="exit"), STATE, op("resume", thread="t", value="yes"), HISTORY),
    ),
    "durability/sync": (LINE, (stream(input={"n": 0}, durability="sync"), HISTORY)),
    "node/writes-nothing": (
        LINE | {"nodes": LINE["nodes"] | nodes(b=[{"let": {"x": 1}}])},
        (stream(input={"n": 0}),),
    ),
    "node/no-edge-to-it": (LINE | {"edges": [[START, "a"]]}, (stream(input={"n": 0}), STATE)),
}
_REDUCERS: dict[str, tuple[str, str, Any, Any, Any]] = {
    "add-int": ("int", "add", 5, 1, 2),
    "add-float": ("float", "add", 0.1, 0.2, 0.3),
    "add-text": ("str", "add", "x", "a", "b"),
    "add-list": ("list", "add", [0], [1], [2]),
    "max": ("int", "max", 1, 3, 2),
    "min": ("int", "min", 1, 3, -2),
    "merge": ("dict", "merge", {"z": 0}, {"b": 1, "a": 1}, {"a": 2}),
    "last": ("any", "last", 0, 1, None),
    "first": ("any", "first", 0, 1, 2),
}
_CHANNELS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "ephemeral": ({"class": "EphemeralValue", "type": "int"}, 1, 2),
    "untracked": ({"class": "UntrackedValue", "type": "int"}, 1, 2),
    "any": ({"class": "AnyValue", "type": "int"}, 1, 2),
    "last": ({"class": "LastValue", "type": "int"}, 1, 2),
    "last-after-finish": ({"class": "LastValueAfterFinish", "type": "int"}, 1, 2),
    "topic": ({"class": "Topic", "type": "int"}, 1, [2, 3]),
    "topic-accumulate": ({"class": "Topic", "type": "int", "accumulate": True}, 1, [2, 3]),
}
# Both savers: where what is stored, or how it is found again, is the point.
_ON_SQLITE_TOO = (
    "line/invoke",
    "fan-out/join",
    "send/map-reduce",
    "interrupt/resume",
    "interrupt/parallel-nodes",
    "history/limit-before-filter",
    "fork/replay",
    "error/parallel-go-on",
    "thread/delete",
    "update-state/at-checkpoint",
    "durability/exit",
)
# Without a saver an operation names no thread.
_WITHOUT_SAVER: dict[str, tuple[Program, Operation]] = {
    "invoke": (LINE, op("invoke", input={"n": 0})),
    "stream": (FAN, op("stream", input={"n": 0}, modes=MODES)),
    "send": (MAP, op("invoke", input={"log": []})),
    "recursion-limit": (LOOP, op("invoke", input={"n": 0}, recursion_limit=2)),
    "error": (FAILS, op("invoke", input={"log": []})),
    "interrupt": (ASK, op("invoke", input={"log": []})),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, (program, operations) in _RUNS.items():
        yield graph(f"graphs/{name}", program, *operations)
    for name in _ON_SQLITE_TOO:
        program, operations = _RUNS[name]
        yield graph(f"graphs/{name}/sqlite", program, *operations, saver="sqlite")
    for name, (program, operation) in _WITHOUT_SAVER.items():
        yield graph(f"graphs/no-saver/{name}", program, operation, saver=None)
    for name, (kind, reducer, given, left, right) in _REDUCERS.items():
        program = reduced(kind, reducer, left, right)
        yield graph(f"graphs/reducer/{name}", program, invoke(input={"x": given}))
    for name, (settings, left, right) in _CHANNELS.items():
        yield graph(f"graphs/channel/{name}", with_channel(settings, left, right), stream(), STATE)
