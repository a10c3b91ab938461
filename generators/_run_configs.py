"""Runs and updates whose config has metadata, tags, or keys of its own, for the runs corpus."""

from __future__ import annotations

from typing import Any

from ._graph_programs import ASK, FAN, LINE, LOOP
from ._scripts import (
    HISTORY,
    MODES,
    STATE,
    Runs,
    go_on,
    history,
    invoke,
    resume,
    state,
    stream,
    update,
)
from ._subgraph_programs import ASKING, INNER, parent

METADATA = {"user": "ann", "turn": 1, "share": 0.5, "on": True, "deep": {"x": 1}, "nul": "a\0b"}
_OWN = {"user": "bob", "language": "en", "limit": 3, "flag": False, "assistant_id": "as"}
HIDDEN = {"tags": ["langsmith:hidden"]}
TAGS = {"tags": ["b", "seq:step:1", "a", "b"]}


def _named(*names: str, **config: Any) -> dict[str, Any]:
    return {"config": {"metadata": dict.fromkeys(names, "x"), **config}}


CONFIG_RUNS: Runs = {
    "config/metadata": (
        ASK,
        (
            stream(["tasks", "debug"], config={"metadata": METADATA}),
            STATE,
            update({"log": ["u"]}, **_named("by")),
            resume("yes", **_named("user", "source")),
            history(filter={"user": "ann"}),
            HISTORY,
        ),
    ),
    "config/own-keys": (
        ASK,
        (
            stream(["tasks", "checkpoints"], config={"configurable": _OWN}),
            state(config={"configurable": _OWN}),
            state(checkpoint=2, config={"configurable": _OWN}),
            update({"log": ["u"]}, config={"configurable": _OWN}),
            state(thread="none", config={"configurable": _OWN}),
            history(filter={"language": "en", "limit": 3}),
        ),
    ),
    "config/metadata-before-own-keys": (
        LINE,
        (
            invoke(config={"metadata": METADATA, "configurable": _OWN}),
            HISTORY,
            history(filter={"user": "bob"}),
        ),
    ),
    "config/inside": (
        parent(ASKING),
        (
            stream(["tasks"], subgraphs=True, config={"metadata": METADATA, **TAGS}),
            history(task=0),
            update({"n": 1}, task=0, config={"configurable": _OWN}),
            resume("yes", **_named("user")),
            HISTORY,
        ),
    ),
    "config/fork": (
        LINE,
        (invoke(**_named("first")), go_on(checkpoint=2, **_named("second")), HISTORY),
    ),
    "config/exit": (LINE, (invoke(durability="exit", **_named("user")), HISTORY)),
    "config/copy": (
        LINE,
        (invoke(**_named("first")), update(None, "__copy__", **_named("second")), HISTORY),
    ),
    "config/copy-of-a-checkpoint-without-parent": (
        LINE,
        (
            invoke(durability="exit", **_named("first")),
            update(None, "__copy__", checkpoint=5, config={"metadata": METADATA}),
            update(None, "__copy__", checkpoint=5, config={"configurable": _OWN}),
            update(
                [[{"log": ["u"]}, "a"]],
                "__copy__",
                checkpoint=5,
                config={"metadata": METADATA, "configurable": _OWN},
            ),
            HISTORY,
        ),
    ),
    "config/copy-and-change": (
        LINE,
        (
            invoke(**_named("first")),
            update(
                [[{"log": ["u"]}, "a"]],
                "__copy__",
                config={"metadata": METADATA, "configurable": _OWN},
            ),
            HISTORY,
        ),
    ),
    "config/cleared": (
        ASK,
        (invoke(), update(None, "__end__", **_named("user")), HISTORY),
    ),
    "config/reserved": (
        LINE,
        (invoke(**_named("step", "parents", "thread_id", "checkpoint_ns", "__x")), HISTORY),
    ),
    "config/tags": (ASK, (stream(["tasks", "updates"], config=TAGS), resume("a", config=TAGS))),
    "config/hidden": (
        FAN,
        (stream(MODES, config=HIDDEN), invoke(thread="v", config=HIDDEN), STATE),
    ),
    "config/hidden-question": (ASK, (stream(MODES, config=HIDDEN), STATE)),
    "config/hidden-breakpoint": (
        LINE,
        (
            invoke(interrupt_before="*", config=HIDDEN),
            invoke(interrupt_after=["b"], config=HIDDEN),
            STATE,
        ),
    ),
    "config/same-run": (
        LINE,
        (
            invoke(interrupt_before=["b"], **_named("run_id")),
            invoke(**_named("run_id")),
            invoke(**_named("run_id")),
            invoke(config={"configurable": {"run_id": "other"}}),
            HISTORY,
        ),
    ),
    "config/same-run-by-its-own-key": (
        LOOP,
        (
            invoke(input={"n": 0}, interrupt_before="*", config={"configurable": {"run_id": "r"}}),
            invoke(input={"n": 9}, config={"configurable": {"run_id": "r"}}),
            HISTORY,
        ),
    ),
    "config/same-run-inside": (
        parent(INNER | {"interrupt_before": ["y"]}),
        (invoke(**_named("run_id")), invoke(**_named("run_id")), HISTORY),
    ),
}
