"""Graphs in graphs: what flows in and out, and is kept, asked, raised, streamed and read inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op

from ._graph_programs import END, Program, note
from ._scripts import (
    GO_ON,
    STATE,
    Runs,
    cases_of,
    command,
    go_on,
    history,
    invoke,
    resume,
    resume_map,
    state,
    stream,
    update,
    without_saver,
)
from ._subgraph_programs import (
    ASKING,
    ASKS_TWICE,
    COUNTING,
    DRAINING,
    EMITTING,
    FAILING,
    FAILS_ONCE,
    IN_A_LOOP,
    INFORMED,
    INNER,
    LOOPING,
    MANAGED,
    NARROW,
    OTHER_FIELDS,
    VISIT,
    WITH_CONTEXT,
    called,
    calling,
    child,
    leaving,
    nested,
    parent,
    sent_to,
    to_parent,
    two,
)

_N = invoke(input={"n": 0})
_INSIDE = state(subgraphs=True)
_TASK = state(task=0)
_ALL = ["values", "updates", "checkpoints", "tasks", "debug", "custom", "messages"]
_FLOW: Runs = {
    "node": (parent(INNER), (_N, STATE)),
    "node-in-two-threads": (parent(INNER), (_N, invoke(thread="u", input={"n": 5}))),
    "nested": (nested(INNER), (_N, STATE)),
    "state-flow/other-fields": (parent(OTHER_FIELDS), (_N, STATE)),
    "state-flow/own-input-and-output": (parent(NARROW), (_N, STATE)),
    "state-flow/two-runs": (parent(INNER), (_N, invoke(), STATE)),
    "state-flow/in-a-loop": (IN_A_LOOP, (stream(["updates"], input={"n": 0}), STATE)),
    "state-flow/side-by-side": (two(child("x"), child("x", "y")), (invoke(), STATE)),
    "state-flow/context": (WITH_CONTEXT, (invoke(context={"user": "ann"}),)),
    "state-flow/managed": (parent(MANAGED), (invoke(recursion_limit=6),)),
    "call/value": (calling({"let": {"got": called()}}, note({"var": "got"})), (invoke(), STATE)),
    "call/twice": (
        calling(note(called()), {"write": {"log": [called(), called({"n": 5})]}}),
        (invoke(),),
    ),
    "call/argument-null": (calling(note(called({"lit": None}))), (invoke(),)),
    "call/visits": (calling(note(called()), program=COUNTING), (invoke(), invoke(), STATE)),
    "namespace/node-and-call": (parent(INFORMED), (invoke(),)),
    "namespace/nested": (nested(INFORMED), (invoke(),)),
    "namespace/of-calls": (
        calling({"write": {"log": [called(), called()]}}, program=INFORMED),
        (invoke(),),
    ),
    "namespace/of-sends": (sent_to(INFORMED), (invoke(),)),
    "namespace/stored-while-it-waits": (nested(ASKING), (invoke(),)),
}
_CHECKPOINTER: Runs = {
    f"checkpointer/{name}/{scenario}": (program, operations)
    for name, kept in {"parents": None, "own": True, "none": False}.items()
    for scenario, (program, operations) in {
        "remembers": (
            parent(child([VISIT, note({"len": {"get": "log"}})]), kept),
            (invoke(), invoke(), STATE),
        ),
        "asks": (parent(ASKING, kept), (invoke(), _INSIDE, resume("yes"), STATE)),
        "call": (
            calling(note(called()), checkpointer=kept),
            (invoke(), invoke(), STATE),
        ),
        "side-by-side": (two(COUNTING, COUNTING, kept), (invoke(), invoke())),
        "sends": (sent_to(child("x"), kept), (invoke(), STATE)),
    }.items()
}
_INTERRUPT: Runs = {
    "interrupt/resume": (parent(ASKING), (invoke(), STATE, resume("yes"), STATE)),
    "interrupt/nested": (nested(ASKING), (invoke(), STATE, resume("yes"), STATE)),
    "interrupt/several-in-one-node": (
        parent(ASKS_TWICE),
        (invoke(), resume("one"), STATE, resume("two"), STATE),
    ),
    "interrupt/side-by-side-id-map": (
        two(ASKING, ASKING),
        (invoke(), STATE, resume_map((0, "l"), (1, "r")), STATE),
    ),
    "interrupt/side-by-side-one-at-a-time": (
        two(ASKING, ASKING),
        (invoke(), resume_map((1, "r")), STATE, resume_map((0, "l")), STATE),
    ),
    "interrupt/sends-id-map": (
        sent_to(ASKING),
        (invoke(), STATE, resume_map((1, "second"), (0, "first")), STATE),
    ),
    "interrupt/in-a-call": (
        calling(note("before"), note(called()), program=ASKING),
        (invoke(), STATE, resume("yes"), STATE),
    ),
    "interrupt/in-the-second-call": (
        calling({"write": {"log": [called(), called()]}}, program=ASKING),
        (invoke(), resume("one"), STATE, resume("two"), STATE),
    ),
    "interrupt/asks-again-when-continued": (parent(ASKING), (invoke(), GO_ON, STATE)),
    "interrupt/new-input-starts-over": (parent(ASKING), (invoke(), invoke(), STATE)),
    "interrupt/breakpoint-inside": (
        parent(INNER | {"interrupt_before": ["y"]}),
        (_N, _INSIDE, GO_ON, STATE),
    ),
    "interrupt/breakpoint-after-inside": (
        parent(INNER | {"interrupt_after": ["x"]}),
        (_N, STATE, GO_ON, STATE),
    ),
    "interrupt/breakpoint-around": (
        parent(INNER, interrupt_before=["sub"], interrupt_after=["sub"]),
        (_N, STATE, GO_ON, STATE, GO_ON),
    ),
    "interrupt/breakpoint-all-at-run-time": (
        parent(INNER),
        (invoke(input={"n": 0}, interrupt_before="*"), STATE, go_on(interrupt_before="*"), STATE),
    ),
    "interrupt/update-as-the-subgraph": (
        parent(ASKING),
        (invoke(), update({"log": ["by hand"]}, "sub"), STATE, GO_ON),
    ),
    "interrupt/finished-nodes-not-run-again": (
        parent(child([VISIT], [note({"interrupt": "?"}), VISIT])),
        (invoke(), resume("yes"), STATE),
    ),
}
_GET_STATE: Runs = {
    "get-state/waiting": (parent(ASKING), (invoke(), _INSIDE, _TASK)),
    "get-state/nested": (nested(ASKING), (invoke(), _INSIDE, _TASK)),
    "get-state/side-by-side": (two(ASKING, ASKING), (invoke(), _INSIDE, state(task=1))),
    "get-state/sends": (sent_to(ASKING), (invoke(), _INSIDE, state(task=1))),
    "get-state/of-a-call": (calling(note(called()), program=ASKING), (invoke(), _INSIDE, _TASK)),
    "get-state/when-done": (parent(INNER), (_N, _INSIDE, _TASK)),
    "get-state/no-such-task": (parent(ASKING), (invoke(), state(task=5))),
    "get-state/of-a-plain-node": (
        parent(INNER, interrupt_before=["b"]),
        (_N, state(task=0)),
    ),
    "get-state/own-checkpointer-when-done": (parent(INNER, checkpointer=True), (_N, _INSIDE)),
    "get-state/earlier-checkpoint": (
        parent(ASKING),
        (invoke(), state(checkpoint=3, subgraphs=True)),
    ),
    "get-state/history-of-a-task": (parent(ASKING), (invoke(), history(task=0))),
    "get-state/history-of-a-task-limited": (
        parent(ASKING),
        (invoke(), history(task=0, limit=1), history(task=0, filter={"source": "input"})),
    ),
    "get-state/update-inside-then-resume": (
        parent(ASKING),
        (invoke(), update({"log": ["inside"]}, task=0), _TASK, resume("yes"), STATE),
    ),
    "get-state/update-inside-as-node": (
        parent(ASKING),
        (invoke(), update({"log": ["by hand"]}, "y", task=0), _TASK, GO_ON, STATE),
    ),
}
_COMMAND: dict[str, Program] = {
    "goto": leaving(to_parent(goto="other")),
    "goto-and-update": leaving(to_parent(goto="other", update={"n": 5, "log": ["up"]})),
    "update-only": leaving(to_parent(update={"n": 5})),
    "goto-list": leaving(to_parent(goto=["other", "after"])),
    "goto-send": leaving(to_parent(goto={"send": {"to": "other", "each": [1, 2], "as": "k"}})),
    "goto-unknown": leaving(to_parent(goto="nowhere")),
    "goto-end": leaving(to_parent(goto=END)),
    "goto-itself": leaving(
        {"when": [{"lt": [{"visits": None}, 2]}, [to_parent(goto="sub", update={"n": 1})]]}
    ),
    "goto-a-node-of-its-own": leaving(to_parent(goto="y")),
    "update-unknown-field": leaving(to_parent(goto="other", update={"zz": 1})),
    "writes-before-are-lost": leaving(note("lost"), to_parent(goto="other")),
    "from-two-levels-down": parent(leaving(to_parent(goto="other", update={"n": 7}))),
    "from-a-call": calling(
        note(called()), program=child([to_parent(goto="b", update={"log": ["up"]})])
    ),
    "from-sends": sent_to(child([to_parent(goto="end", update={"log": [{"get": "n"}]})])),
}
_ERROR: Runs = {
    "error/raised": (parent(FAILING), (invoke(), STATE, _INSIDE)),
    "error/nested": (nested(FAILING), (invoke(), _INSIDE)),
    "error/gone-on-with": (parent(FAILS_ONCE), (invoke(), _INSIDE, GO_ON, STATE)),
    "error/retried": (
        parent(FAILS_ONCE)
        | {
            "nodes": parent(FAILS_ONCE)["nodes"]
            | {"sub": {"subgraph": "child", "retry": {"max_attempts": 2}}}
        },
        (invoke(), STATE),
    ),
    "error/handled": (
        parent(FAILING)
        | {
            "nodes": parent(FAILING)["nodes"]
            | {"sub": {"subgraph": "child", "error_handler": [note({"error": "type"})]}}
        },
        (invoke(), STATE),
    ),
    "error/in-one-of-two": (two(child("x"), FAILS_ONCE), (invoke(), STATE, GO_ON)),
    "error/in-a-call": (calling(note(called()), program=FAILS_ONCE), (invoke(), GO_ON, STATE)),
    "error/recursion-limit-inside": (
        parent(LOOPING),
        (invoke(input={"n": 0}, recursion_limit=4), _INSIDE, GO_ON),
    ),
    "error/drained-inside": (parent(DRAINING), (invoke(), _INSIDE, GO_ON)),
}
_TRAVEL: Runs = {
    "fork/before-the-subgraph": (parent(INNER), (_N, go_on(checkpoint=3), STATE)),
    "fork/inside": (
        parent(ASKING),
        (invoke(), resume("yes"), go_on(checkpoint=3), STATE, resume("no"), STATE),
    ),
    "fork/update-of-an-earlier-one": (
        parent(ASKING),
        (invoke(), update({"log": ["fork"]}, "a", checkpoint=2), GO_ON, resume("yes")),
    ),
    "fork/own-checkpointer": (
        parent(child([VISIT]), checkpointer=True),
        (invoke(), go_on(checkpoint=3), STATE),
    ),
    "thread/deleted-with-all-inside": (
        parent(ASKING),
        (invoke(), op("delete_thread", thread="t"), _INSIDE, resume("late")),
    ),
    "send/runs": (sent_to(INNER), (stream(["updates"]), STATE)),
    "send/fails-once": (sent_to(FAILS_ONCE), (invoke(), GO_ON, STATE)),
    "command-operation/update-and-resume": (
        parent(ASKING),
        (invoke(), command({"resume": "yes", "update": {"log": ["u"]}}), STATE),
    ),
    "command-operation/goto-the-subgraph": (
        parent(INNER),
        (command({"goto": "sub", "update": {"n": 3}}), STATE),
    ),
}
_ON_SQLITE = (
    "checkpointer/own/remembers",
    "interrupt/nested",
    "interrupt/side-by-side-one-at-a-time",
    "get-state/update-inside-then-resume",
    "error/gone-on-with",
    "fork/inside",
    "thread/deleted-with-all-inside",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    commands = {
        f"command-to-parent/{name}": (program, (stream(["updates"]), STATE))
        for name, program in _COMMAND.items()
    }
    parts = (_FLOW, _CHECKPOINTER, _INTERRUPT, _GET_STATE, commands, _ERROR, _TRAVEL)
    for runs in (*parts, _streams(), _durable()):
        yield from cases_of("subgraphs", runs, [name for name in _ON_SQLITE if name in runs])
    yield from without_saver(
        "subgraphs",
        {
            "node": (parent(INNER), (_N,)),
            "call": (calling(note(called())), (invoke(),)),
            "command-to-parent": (_COMMAND["goto-and-update"], (invoke(),)),
            "stream": (nested(INNER), (stream(["updates"], subgraphs=True, input={"n": 0}),)),
            "asks": (parent(ASKING), (invoke(),)),
        },
    )


def _streams() -> Runs:
    runs: dict[str, Any] = {
        f"stream/{mode}": (parent(EMITTING), (stream([mode], subgraphs=True),)) for mode in _ALL
    }
    runs |= {
        f"stream/{mode}-not-from-inside": (parent(EMITTING), (stream([mode]),))
        for mode in ("updates", "custom", "debug")
    }
    modes = ["values", "updates"]
    return runs | {
        "stream/nested": (nested(EMITTING), (stream(["updates", "custom"], subgraphs=True),)),
        "stream/several": (parent(INNER), (stream(_ALL, subgraphs=True, input={"n": 0}),)),
        "stream/asks": (
            parent(ASKING),
            (stream(modes, subgraphs=True), resume("yes", modes=modes, subgraphs=True)),
        ),
        "stream/fails": (parent(FAILING), (stream(["updates", "tasks"], subgraphs=True),)),
        "stream/call": (calling(note(called())), (stream(modes, subgraphs=True),)),
        "stream/side-by-side": (two(EMITTING, child("x")), (stream(["updates"], subgraphs=True),)),
        "stream/sends": (sent_to(INNER), (stream(["updates"], subgraphs=True),)),
        "stream/command-to-parent": (
            _COMMAND["goto-and-update"],
            (stream(["updates", "tasks"], subgraphs=True),),
        ),
        "stream/breakpoint": (
            parent(INNER | {"interrupt_before": ["y"]}),
            (stream(["updates"], subgraphs=True, input={"n": 0}),),
        ),
    }


def _durable() -> Runs:
    return {
        f"durability/{mode}": (
            parent(ASKING),
            (
                invoke(durability=mode),
                _INSIDE,
                resume("yes", durability=mode),
                history(limit=2),
            ),
        )
        for mode in ("sync", "async", "exit")
    }
