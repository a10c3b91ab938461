"""The arguments of runs and updates: what is shown, the config, and what is addressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case, Operation

from ._failure_programs import guarded
from ._graph_programs import (
    ASK,
    ASK_BOTH,
    FAILS,
    FAN,
    LINE,
    LOOP,
    MAP,
    Program,
    note,
    with_channel,
)
from ._run_configs import CONFIG_RUNS, HIDDEN, METADATA, TAGS
from ._scripts import (
    GO_ON,
    HISTORY,
    MODES,
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
    FAILING,
    INNER,
    called,
    calling,
    nested,
    parent,
    sent_to,
    two,
)

_SHOWN: dict[str, Any] = {
    "one": "log",
    "one-in-a-list": ["log"],
    "two": ["n", "log"],
    "none": [],
    "trigger": "branch:to:a",
    "unknown": "nope",
    "unknown-in-a-list": ["log", "nope"],
}
_PROGRAMS: dict[str, Program] = {
    "fan-out": FAN,
    "question": ASK | {"state": ASK["state"] | {"n": {"type": "int"}}},
    "failure": FAILS | {"state": FAILS["state"] | {"n": {"type": "int"}}},
    "sends": MAP | {"state": MAP["state"] | {"n": {"type": "int"}}},
    "subgraph": parent(INNER),
    "question-inside": parent(ASKING),
    "topic": with_channel({"class": "Topic", "accumulate": True}, 1, [2, 3]),
}
_UNSHOWN = {"one", "two", "none"}
_EMITTING = guarded({"body": [{"emit": {"k": 1}}, note("risky")]})


def _keys() -> Runs:
    """Return runs that show only some channels, by what their streams and results show."""
    return {
        f"output-keys/{kind}/{name}": (
            program,
            (invoke(output_keys=shown), STATE, stream(output_keys=shown, thread="other")),
        )
        for kind, program in _PROGRAMS.items()
        for name, shown in _SHOWN.items()
        if kind == "fan-out" or name in _UNSHOWN
    } | {
        "output-keys/resume": (
            _PROGRAMS["question"],
            (invoke(), resume("yes", output_keys="log", modes=MODES), HISTORY),
        ),
        "output-keys/breakpoint": (
            LINE,
            (stream(output_keys="n", interrupt_before=["b"]), go_on(output_keys=["n"]), GO_ON),
        ),
        "output-keys/subgraphs": (
            parent(ASKING),
            (stream(output_keys="log", subgraphs=True), resume("yes", output_keys="n")),
        ),
    }


_INVOKED: Runs = {
    f"invoked/{mode}": (program, (invoke(stream_mode=mode), STATE))
    for mode, program in {
        "updates": FAN,
        "tasks": ASK,
        "checkpoints": FAN,
        "debug": LINE,
        "custom": _EMITTING,
    }.items()
} | {
    "invoked/several": (FAN, (invoke(stream_mode=["updates", "values"]),)),
    "invoked/resume": (ASK, (invoke(stream_mode="updates"), resume("a", stream_mode="updates"))),
    "invoked/by-place": (
        ASK_BOTH,
        (
            invoke(stream_mode="tasks"),
            resume_map((1, "r"), stream_mode="updates"),
            resume_map((0, "l"), stream_mode=["values"]),
        ),
    ),
    "invoked/command": (LINE, (invoke(), command({"goto": "b"}, stream_mode="updates"))),
    "invoked/failure": (FAILS, (invoke(stream_mode="updates"), STATE)),
}


def _into(*inner: int) -> list[Operation]:
    """Return operations at checkpoints of the first task's subgraph, each after the other."""
    return [
        operation
        for number in inner
        for operation in (
            state(task=0, inner=number),
            stream(["values", "updates", "checkpoints"], input=None, task=0, inner=number),
            state(subgraphs=True),
        )
    ]


_BREAKS = parent(INNER | {"interrupt_before": ["y"]})
_INNER: Runs = {
    "inner/goes-on": (parent(ASKING), (invoke(), *_into(5, 4), history(task=0), HISTORY)),
    "inner/answer": (
        parent(ASKING),
        (invoke(), resume("early", task=0, inner=4), STATE, HISTORY),
    ),
    "inner/answer-at-the-latest": (
        parent(ASKING),
        (invoke(), resume("now", task=0, inner=5), STATE, HISTORY),
    ),
    "inner/update-then-go-on": (
        _BREAKS,
        (
            invoke(),
            update({"n": 7}, task=0, inner=4),
            go_on(task=0, inner=7),
            state(subgraphs=True),
            HISTORY,
        ),
    ),
    "inner/update-as-node": (
        _BREAKS,
        (invoke(), update({"n": 7}, "x", task=0, inner=5), history(task=0), GO_ON, HISTORY),
    ),
    "inner/copy": (
        _BREAKS,
        (invoke(), update(None, "__copy__", task=0, inner=5), history(task=0), GO_ON),
    ),
    "inner/after-the-run": (
        parent(INNER),
        (invoke(), state(checkpoint=3, task=0, inner=5), go_on(checkpoint=3, task=0, inner=5)),
    ),
    "inner/history": (_BREAKS, (invoke(), history(task=0, inner=5), history(task=0, limit=1))),
    "inner/none": (_BREAKS, (invoke(), state(task=0, inner=99), go_on(task=0, inner=99), STATE)),
    "inner/of-another-thread": (
        _BREAKS,
        (invoke(), invoke(thread="u"), go_on(thread="u", task=0, inner=5), state(thread="u")),
    ),
    "inner/two-levels": (nested(ASKING), (invoke(), *_into(4, 5), HISTORY)),
    "inner/side-by-side": (
        two(ASKING, INNER),
        (invoke(), go_on(task=0, inner=4), resume("yes"), HISTORY),
    ),
    "inner/of-a-packet": (
        sent_to(ASKS_TWICE),
        (invoke(), go_on(task=1, inner=5), resume_map((0, "a"), task=0, inner=4), STATE),
    ),
    "inner/kept": (
        parent(COUNTING, checkpointer=True),
        (
            invoke(),
            invoke(interrupt_before=["sub"]),
            history(task=0),
            go_on(task=0, inner=5),
            state(subgraphs=True),
        ),
    ),
    "inner/kept-asks": (
        parent(ASKING, checkpointer=True),
        (invoke(), go_on(task=0, inner=4), resume("z"), state(subgraphs=True), HISTORY),
    ),
    "inner/called": (
        calling(note(called()), program=ASKING),
        (invoke(), go_on(task=0, inner=4), resume("yes"), HISTORY),
    ),
    "inner/failed": (parent(FAILING), (invoke(), go_on(task=0, inner=4), state(subgraphs=True))),
    "inner/exit": (
        _BREAKS,
        (
            invoke(durability="exit"),
            go_on(task=0, inner=5, durability="exit"),
            state(subgraphs=True),
            HISTORY,
        ),
    ),
    "inner/hidden": (_BREAKS, (invoke(), go_on(task=0, inner=5, config=HIDDEN), STATE)),
}
_ASKED: Runs = {
    "answer/unknown-id": (
        ASK_BOTH,
        (
            invoke(),
            command({"resume": {"0" * 32: "lost"}}),
            command({"resume": {"0" * 32: "lost", "also": "lost"}}),
            resume_map((0, "l"), (1, "r")),
            STATE,
        ),
    ),
    "answer/unknown-id-alone": (ASK, (invoke(), command({"resume": {"0" * 32: "lost"}}), STATE)),
    "answer/empty-map": (ASK, (invoke(), command({"resume": {}}), STATE)),
    "answer/given-before": (
        ASK_BOTH,
        (invoke(), resume_map((0, "l")), resume_map((0, "r")), resume_map((0, "x")), STATE),
    ),
    "answer/nothing-asked": (LINE, (invoke(), resume("a"), resume_map((0, "a")), STATE)),
}
_UPDATED: Runs = {
    f"update/{kind}/as-{name}": (
        program,
        (invoke(), update(values, as_node), STATE, GO_ON, HISTORY),
    )
    for kind, program in {"question": ASK, "failure": FAILS, "loop": LOOP, "ended": FAN}.items()
    for name, as_node, values in (
        ("input", "__input__", {"log": ["in"]}),
        ("nothing-as-input", "__input__", None),
        ("copy", "__copy__", None),
        ("copy-with-updates", "__copy__", [[{"log": ["c"]}, next(iter(program["nodes"]))]]),
        ("copy-with-no-updates", "__copy__", []),
        ("end", "__end__", None),
        ("end-with-values", "__end__", {"log": ["e"]}),
        ("start", "__start__", {"log": ["s"]}),
    )
} | {
    "update/for-a-task": (
        ASK_BOTH,
        (
            invoke(),
            update({"log": ["for right"]}, "left", for_task=1),
            STATE,
            resume("yes"),
            HISTORY,
        ),
    ),
    "update/for-no-task": (ASK, (invoke(), update({"log": []}, for_task=7), STATE)),
    "update/new-thread": (
        LINE,
        (update({"n": 1, "log": ["in"]}, "__input__"), STATE, GO_ON, HISTORY),
    ),
    "update/new-thread-copy": (LINE, (update(None, "__copy__"), update(None, "__end__"), HISTORY)),
    "update/earlier-as-input": (
        LINE,
        (invoke(), update({"log": ["in"]}, "__input__", checkpoint=2), GO_ON, HISTORY),
    ),
    "update/copy-of-sends": (
        MAP,
        (
            invoke(interrupt_before=["work"]),
            update([[{"log": ["one"]}, "work"], [{"log": ["two"]}, "work"]], "__copy__"),
            STATE,
            GO_ON,
            HISTORY,
        ),
    ),
    "update/copy-of-no-list": (ASK, (invoke(), update({"log": []}, "__copy__"), STATE)),
    "update/copy-with-no-pair": (ASK, (invoke(), update([5], "__copy__"), STATE)),
}
_WITHOUT_SAVER: Runs = {
    "output-keys": (FAN, (invoke(output_keys="log"), stream(output_keys=["n"]))),
    "invoked": (FAN, (invoke(stream_mode="updates"), invoke(stream_mode=["tasks"]))),
    "config": (parent(INNER), (stream(["tasks"], config={"metadata": METADATA, **TAGS}),)),
}
_ALL: Runs = {**_keys(), **_INVOKED, **CONFIG_RUNS, **_INNER, **_ASKED, **_UPDATED}
_ON_SQLITE = (
    "config/metadata",
    "config/own-keys",
    "config/metadata-before-own-keys",
    "config/same-run",
    "inner/goes-on",
    "inner/update-then-go-on",
    "update/question/as-copy-with-updates",
    "update/loop/as-input",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    yield from cases_of("runs", _ALL, _ON_SQLITE)
    yield from without_saver("runs", _WITHOUT_SAVER)
