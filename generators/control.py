"""Where a run goes next: commands, conditional edges, sends, cycles, limits, deferred nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case

from ._branch_inputs import branch_inputs
from ._control_programs import (
    AGENT,
    COMMAND_FROM_SENDS,
    COMMAND_IN_PARALLEL,
    DEFERRED_AND_BACK,
    DEFERRED_JOIN,
    DEFERRED_SENDS,
    DEFERRED_TWICE,
    DRAIN,
    DRAIN_IN_PARALLEL,
    DRAIN_LAST,
    HALF_A_JOIN,
    JOIN_IN_A_CYCLE,
    MANAGED,
    MANAGED_STOP,
    METADATA,
    MIXED,
    MIXED_PLAIN,
    ONCE,
    ORDER,
    READS_OWN_WRITES,
    REFINE,
    SEQUENCE,
    SPAWN,
    STATE_MACHINE,
    TWO_CYCLES,
    command,
    commanding,
    returning,
    routed,
    sends,
)
from ._graph_programs import ASK, END, LINE, LOG, LOOP, MAP, START, Program, fail, nodes, note
from ._scripts import (
    GO_ON,
    STATE,
    Runs,
    cases_of,
    go_on,
    invoke,
    stream,
    update,
    without_saver,
)
from ._scripts import command as run_command

_N = invoke(input={"n": 0})
_SEEN = stream(["updates", "tasks"])
_UPDATES = stream(["updates"])
_AB: Program = {"state": {"log": LOG}, "nodes": nodes(a="a", b="b")}
_COMMAND: dict[str, Program] = {
    "goto": commanding(command(goto="a")),
    "goto-and-update": commanding(command(update={"n": 1, "log": ["first"]}, goto="b")),
    "update-only": commanding(command(update={"n": 1}), edges=[[START, "first"], ["first", "b"]]),
    "goto-list": commanding(command(update={"n": 3}, goto=["b", "a"])),
    "goto-same-twice": commanding(command(goto=["a", "a"])),
    "goto-empty-list": commanding(command(goto=[])),
    "goto-end": commanding(command(update={"n": 1}, goto=END)),
    "goto-end-and-node": commanding(command(goto=[END, "a"])),
    "goto-unknown": commanding(command(goto="nowhere")),
    "goto-start": commanding(command(goto=START)),
    "goto-itself": commanding(
        {"when": [ONCE, [command(update={"n": 5}, goto="first")], [note({"get": "n"})]]}
    ),
    "goto-beside-an-edge": commanding(
        command(goto="a"), edges=[[START, "first"], ["first", "b"], ["a", END]]
    ),
    "goto-where-the-edge-leads": commanding(
        command(goto="a"), edges=[[START, "first"], ["first", "a"], ["a", END]]
    ),
    "goto-beside-a-branch": commanding(
        command(update={"n": 1}, goto="a"),
        branches={"first": [{"if": [{"eq": [{"get": "n"}, 1]}, "b", END]}]},
    ),
    "goto-sends": commanding(command(update={"n": 1}, goto=sends("b", [1, 2]))),
    "goto-unknown-send": commanding(command(goto=sends("nowhere", [1]))),
    "goto-not-a-name": commanding(command(goto=5)),
    "goto-null": commanding(command(goto=None)),
    "empty": commanding(command()),
    "update-unknown-field": commanding(command(update={"zz": 1}, goto="a")),
    "update-not-a-map": commanding(command(update="text", goto="a")),
    "update-list-of-pairs": commanding(command(update=[["n", 4], ["log", ["pair"]]], goto="b")),
    "update-overwrites": commanding(command(update={"log": {"overwrite": ["only"]}}, goto="a")),
    "parent-of-none": commanding(command(goto="a", graph="parent")),
    "two-in-a-list": commanding(
        {"return": [{"command": {"goto": "a"}}, {"command": {"update": {"n": 2}, "goto": "b"}}]}
    ),
    "beside-a-map": commanding({"return": [{"command": {"goto": "a"}}, {"log": ["a map"]}]}),
    "in-parallel-to-one": COMMAND_IN_PARALLEL,
    "from-sends": COMMAND_FROM_SENDS,
}
_RETURN: dict[str, Any] = {
    "null": None,
    "map": {"log": ["returned"]},
    "empty-map": {"lit": {}},
    "unknown-field": {"zz": 1},
    "number": 5,
    "text": "text",
    "list-of-maps": [{"n": 1, "log": ["one"]}, {"log": ["two"]}],
    "list-of-maps-two-writes": [{"n": 1}, {"n": 2}],
    "list-of-numbers": [1, 2],
    "empty-list": [],
    "true": True,
}
_ROUTE: dict[str, tuple[Program, Any]] = {
    "path-map/name": (routed({"get": "to"}, {"x": "a", "y": "b"}), "x"),
    "path-map/not-in-it": (routed({"get": "to"}, {"x": "a"}), "a"),
    "path-map/list-of-results": (routed({"get": "to"}, {"x": "a", "y": "b"}), ["y", "x"]),
    "path-map/end": (routed({"get": "to"}, {"x": END, "y": "b"}), "x"),
    "path-map/as-a-list": (routed({"get": "to"}, ["a", "b"]), "b"),
    "path-map/as-a-list-not-in-it": (routed({"get": "to"}, ["a"]), "b"),
    "path-map/sends": (routed(sends("work", {"get": "to"}), ["work"]), ["p", "q"]),
    "path-map/sends-past-it": (routed(sends("work", {"get": "to"}), ["a"]), ["p"]),
    "path-map/null": (routed({"get": "to"}, {"x": "a"}), None),
    "number": (routed({"get": "to"}), 5),
    "bool": (routed({"get": "to"}), True),
    "map-as-result": (routed({"get": "to"}), {"a": "b"}),
    "start": (routed({"get": "to"}), START),
    "list-with-unknown": (routed({"get": "to"}), ["a", "zz"]),
    "list-with-null": (routed({"get": "to"}), ["a", None]),
    "list-with-end": (routed({"get": "to"}), ["a", END]),
    "names-and-sends": (routed({"if": [{"get": "to"}, sends("work", ["p"]), "a"]}), 1),
    "send-to-unknown": (routed(sends("zz", {"get": "to"})), [1]),
    "send-to-end": (routed(sends(END, {"get": "to"})), [1]),
    "send-to-itself": (
        routed({"if": [{"lt": [{"len": {"get": "log"}}, 3]}, sends("first", [1]), END]}),
        0,
    ),
    "sends-from-start": (
        routed("a") | {"edges": [["work", END]], "branches": {START: [sends("work", [1, 2])]}},
        0,
    ),
    "start-with-map": (
        routed("a")
        | {
            "edges": [["a", END]],
            "branches": {START: [{"path": {"get": "to"}, "map": {"go": "a"}}]},
        },
        "go",
    ),
    "two-branches-one-target": (routed("a") | {"branches": {"first": ["a", "a"]}}, 0),
    "branch-and-edge-to-one": (
        routed("a") | {"edges": [[START, "first"], ["first", "a"], ["a", END]]},
        0,
    ),
}
_RUNS: Runs = {
    "pattern/state-driven": (STATE_MACHINE, (invoke(input={"mode": "idle"}), STATE)),
    "pattern/refine-from-a-draft": (REFINE, (invoke(input={"draft": "xx"}), STATE)),
    "pattern/refine-as-far-as-allowed": (
        REFINE,
        (invoke(input={"draft": ""}, recursion_limit=4), STATE, GO_ON, STATE),
    ),
    "pattern/state-driven-from-the-middle": (STATE_MACHINE, (invoke(input={"mode": "busy"}),)),
    "pattern/state-driven-unknown-mode": (STATE_MACHINE, (invoke(input={"mode": "odd"}), STATE)),
    "pattern/refine": (REFINE, (stream(["updates"], input={"draft": ""}), STATE)),
    "pattern/feedback-from-tools": (AGENT, (stream(["updates"], input={"turn": 1}), STATE)),
    "pattern/spawn": (SPAWN, (invoke(), STATE)),
    "cycle/two-nested": (TWO_CYCLES, (stream(["updates"], input={"n": 0}),)),
    "cycle/join-opens-again": (JOIN_IN_A_CYCLE, (_N, STATE)),
    "join/half-of-it": (HALF_A_JOIN, (invoke(), STATE, update({"log": ["b"]}, "b"), GO_ON)),
    "route/reads-own-writes-only": (
        READS_OWN_WRITES,
        (stream(["updates"], input={"n": 0}), STATE),
    ),
    "managed/is-last-step": (MANAGED, (invoke(recursion_limit=3), STATE)),
    "managed/is-last-step-at-once": (MANAGED, (invoke(recursion_limit=1),)),
    "managed/remaining-steps-stop-in-time": (MANAGED_STOP, (invoke(recursion_limit=5),)),
    "managed/remaining-steps-when-gone-on": (
        MANAGED | {"interrupt_after": ["step"]},
        (invoke(recursion_limit=4), go_on(recursion_limit=4), STATE),
    ),
    "managed/not-an-input": (MANAGED, (invoke(input={"left": 9}, recursion_limit=2),)),
    "managed/not-an-update": (MANAGED, (update({"left": 9}, "step"), STATE)),
    "loop/recursion-limit-zero": (LINE, (invoke(input={"n": 0}, recursion_limit=0), STATE)),
    "loop/recursion-limit-negative": (LINE, (invoke(input={"n": 0}, recursion_limit=-1),)),
    "loop/recursion-limit-reached-then-gone-on": (
        LOOP,
        (invoke(input={"n": 0}, recursion_limit=2), STATE, go_on(recursion_limit=2), STATE, GO_ON),
    ),
    "loop/recursion-limit-as-many-as-nodes": (
        LINE,
        (stream(["updates"], input={"n": 0}, recursion_limit=3), STATE),
    ),
    "loop/recursion-limit-one-more-than-nodes": (
        LINE,
        (stream(["updates"], input={"n": 0}, recursion_limit=4),),
    ),
    "drain/stops-and-goes-on": (DRAIN, (stream(["updates"]), STATE, GO_ON, STATE)),
    "drain/after-the-superstep": (DRAIN_IN_PARALLEL, (invoke(), STATE, GO_ON)),
    "drain/last-node": (DRAIN_LAST, (invoke(), STATE)),
    "drain/durability-exit": (DRAIN, (invoke(durability="exit"), STATE, GO_ON)),
    "defer/twice": (DEFERRED_TWICE, (stream(["updates"]), STATE)),
    "defer/leads-back": (DEFERRED_AND_BACK, (stream(["updates"], input={"n": 0}),)),
    "defer/join": (DEFERRED_JOIN, (stream(["updates"]), STATE)),
    "defer/sent-to": (DEFERRED_SENDS, (stream(["updates", "tasks"]), STATE)),
    "construction/entry": (_AB | {"entry": "a", "edges": [["a", "b"]]}, (_UPDATES,)),
    "construction/finish": (
        _AB | {"edges": [[START, "a"], ["a", "b"]], "finish": "b"},
        (_UPDATES, STATE),
    ),
    "construction/sequence": (
        _AB | {"edges": [[START, "a"]], "sequence": ["a", "b"]},
        (_UPDATES, STATE),
    ),
    "construction/sequence-entry-and-finish": (SEQUENCE, (_UPDATES, STATE)),
    "construction/metadata-and-a-failure": (
        METADATA
        | {
            "nodes": {"a": METADATA["nodes"]["a"] | {"body": [fail("ValueError", "with metadata")]}}
        },
        (stream(["debug"]), STATE),
    ),
    "construction/metadata-of-a-packet": (
        METADATA
        | {
            "edges": [],
            "branches": {START: [{"send": {"to": "a", "each": [1, 2], "as": "k"}}]},
        },
        (stream(["tasks"]), STATE),
    ),
    "construction/metadata": (METADATA, (stream(["debug", "tasks", "messages"]), STATE)),
    "route/mixed-edge-branch-sends-and-command": (MIXED, (_SEEN, STATE)),
    "route/mixed-edge-branch-and-sends": (MIXED_PLAIN, (_SEEN, STATE)),
    "parallel/order-of-names-and-sends": (ORDER, (_UPDATES, STATE)),
    "max-concurrency/one": (MAP, (stream(["updates"], max_concurrency=1),)),
    "max-concurrency/two": (MAP, (invoke(max_concurrency=2, input={"size": 5, "log": []}),)),
}
_OPERATION: Runs = {
    "operation/goto-on-a-new-thread": (LINE, (run_command({"goto": "b"}), STATE)),
    "operation/goto-when-done": (LINE, (_N, run_command({"goto": "c"}), STATE)),
    "operation/goto-with-update": (
        LINE,
        (_N, run_command({"goto": "c", "update": {"n": 50}}), STATE),
    ),
    "operation/goto-while-nodes-wait": (
        LINE | {"interrupt_before": ["b"]},
        (_N, run_command({"goto": "c"}), STATE),
    ),
    "operation/goto-list": (LINE, (_N, run_command({"goto": ["b", "c"]}), STATE)),
    "operation/goto-send": (
        MAP,
        (run_command({"goto": {"send": ["work", {"k": 7}]}, "update": {"size": 1}}), STATE),
    ),
    "operation/goto-mixed-list": (
        MAP,
        (run_command({"goto": [{"send": ["work", {"k": 7}]}, "sum"]}), STATE),
    ),
    "operation/goto-unknown": (LINE, (_N, run_command({"goto": "zz"}), STATE)),
    "operation/goto-end": (LINE, (_N, run_command({"goto": END}), STATE)),
    "operation/update-when-done": (LINE, (_N, run_command({"update": {"n": 50}}), STATE)),
    "operation/update-on-a-new-thread": (LINE, (run_command({"update": {"n": 50}}), STATE)),
    "operation/update-while-nodes-wait": (
        LINE | {"interrupt_before": ["b"]},
        (_N, run_command({"update": {"n": 50}}), STATE),
    ),
    "operation/update-unknown-field": (LINE, (_N, run_command({"update": {"zz": 1}}), STATE)),
    "operation/resume-and-update": (
        ASK,
        (invoke(), run_command({"resume": "yes", "update": {"log": ["update"]}}), STATE),
    ),
    "operation/resume-and-goto": (
        ASK,
        (invoke(), run_command({"resume": "yes", "goto": "before"}), STATE),
    ),
    "operation/goto-instead-of-an-answer": (ASK, (invoke(), run_command({"goto": "after"}), STATE)),
    "operation/empty": (LINE, (_N, run_command({}), STATE)),
    "operation/streamed": (
        LINE,
        (_N, run_command({"goto": "c", "update": {"n": 9}}, modes=["updates", "checkpoints"])),
    ),
    "operation/at-a-checkpoint": (LINE, (_N, run_command({"goto": "c"}, checkpoint=2), STATE)),
}
_ON_SQLITE = (
    "command/goto-sends",
    "command/from-sends",
    "operation/goto-send",
    "operation/resume-and-update",
    "drain/stops-and-goes-on",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    commands = {f"command/{name}": (program, (_SEEN, STATE)) for name, program in _COMMAND.items()}
    returned = {
        f"return/{name}": (returning(value), (stream(["updates"]), STATE))
        for name, value in _RETURN.items()
    }
    routes = {
        f"route/{name}": (program, (stream(["updates"], input={"to": to}), STATE))
        for name, (program, to) in _ROUTE.items()
    }
    for runs in (commands, returned, routes, _RUNS, _OPERATION, branch_inputs()):
        yield from cases_of("control", runs, [name for name in _ON_SQLITE if name in runs])
    yield from without_saver(
        "control",
        {
            "command/goto-sends": (_COMMAND["goto-sends"], (invoke(),)),
            "command/resume": (LINE, (run_command({"resume": 1}),)),
            "command/goto": (LINE, (run_command({"goto": "b"}),)),
            "drain/stops": (DRAIN, (invoke(),)),
        },
    )
