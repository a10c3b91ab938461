"""Runs that come back to a thread: to an old checkpoint, a question, an update or a handler."""

from __future__ import annotations

from typing import Any

from parity_kit.corpora.authoring import op

from ._delta_runs import delta
from ._failure_programs import ALWAYS
from ._graph_programs import (
    ASK,
    ASK_BOTH,
    ASK_TWICE,
    END,
    FAN,
    INT,
    LINE,
    LOG,
    START,
    Program,
    chain,
    nodes,
    note,
)
from ._scripts import (
    GO_ON,
    HISTORY,
    STATE,
    Runs,
    command,
    go_on,
    invoke,
    resume,
    resume_map,
    state,
    stream,
    update,
)
from ._subgraph_programs import ASKING, ASKS, COUNTING, called, parent, to_parent

_FIRST_ID = "bc8c09a1fb92400f764707bcd8a5201c"
"""The id of the first question of `ASK_TWICE`."""
_HANDLED_ABOVE: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {
        "child": {
            "program": {
                "state": {"n": INT, "log": LOG},
                "nodes": {
                    "x": {
                        "body": [ALWAYS],
                        "error_handler": [to_parent(goto="other", update={"log": ["handled"]})],
                    }
                },
                "edges": chain("x"),
            }
        }
    },
    "nodes": {"sub": {"subgraph": "child"}} | nodes(after="after", other="other"),
    "edges": [[START, "sub"], ["sub", "after"], ["after", END], ["other", END]],
}
_HANDLER_ASKS: Program = {
    "schema": "dataclass",
    "state": {"n": INT, "log": LOG},
    "nodes": {
        "a": {
            "body": [ALWAYS],
            "error_handler": [note({"error": "node"}, {"interrupt": "help?"})],
            "input": ["log"],
        },
        "b": {"body": [note("b")]},
    },
    "edges": chain("a", "b"),
}
_NULLS: dict[str, Any] = {
    "metadata": {"user": None, "run_id": None, "both": None},
    "configurable": {"user": "x", "run_id": False, "both": 0},
}


def _bulk(*names: str | None) -> Any:
    """Return a superstep of updates, each as the node of a name."""
    changes = [
        {"values": {"log": ["u"]}} | ({} if name is None else {"as_node": name}) for name in names
    ]
    return op("bulk_update_state", thread="t", supersteps=[changes])


_ENDS_FIRST: Program = {
    "state": {"n": INT, "to": {"type": "str"}, "log": LOG},
    "nodes": nodes(a="a", b="b"),
    "edges": [["a", END], ["b", END]],
    "branches": {START: [{"if": [{"get": "n"}, "a", END]}, {"get": "to"}]},
}
_ASKED_AND_FAILED: Program = {
    "state": {"log": LOG},
    "nodes": {
        "a": {"body": [{"let": {"x": {"interrupt": "q"}}}, ALWAYS], "error_handler": [note("a")]},
        "b": {"body": [note({"interrupt": "beside"})]},
    },
    "edges": [[START, "a"], [START, "b"]],
}
_HANDLER_CALLS: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {"child": {"program": ASKING}},
    "nodes": {"a": {"body": [ALWAYS], "error_handler": [note(called())]}},
    "edges": chain("a"),
}
_ASKING_DEEP: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {"child": {"program": ASKING}},
    "nodes": {"mid": {"subgraph": "child"}},
    "edges": chain("mid"),
}
_FLAT: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(q=ASKS),
    "edges": chain("q"),
}
# The name of the second, without as many characters as the first and a mark have, is that of the
# node inside the first.
_NAMES_ALIKE: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {"deep": {"program": _ASKING_DEEP}, "flat": {"program": _FLAT}},
    "nodes": {"l": {"subgraph": "deep"}, "zzmid": {"subgraph": "flat"}},
    "edges": [[START, "l"], [START, "zzmid"], ["l", END], ["zzmid", END]],
}
_COMMANDED = (
    invoke(),
    command({"update": {"log": ["u"]}, "goto": "after"}),
    update(None, END),
    STATE,
    HISTORY,
)

SECOND_RUNS: Runs = {
    "replay/an-update-of-an-old-checkpoint": (
        parent(COUNTING, checkpointer=True),
        (
            invoke(),
            invoke(),
            update({"log": ["u"]}, "a", checkpoint=2),
            go_on(checkpoint=17),
            state(subgraphs=True),
            HISTORY,
        ),
    ),
    "replay/the-latest-update": (
        LINE,
        (invoke(interrupt_before=["b"]), update({"n": 5}), go_on(checkpoint=4), HISTORY),
    ),
    "questions/in-parallel-inside": (
        parent(ASK_BOTH | {"state": {"n": INT, "log": LOG}}),
        (
            stream(["values", "tasks"], subgraphs=True),
            state(subgraphs=True),
            resume_map((0, "l"), (1, "r")),
            HISTORY,
        ),
    ),
    "questions/answered-at-the-latest-checkpoint": (
        parent(ASKING),
        (invoke(), resume("yes", checkpoint=3), state(subgraphs=True), HISTORY),
    ),
    "questions/second-by-the-id-of-the-first": (
        ASK_TWICE,
        (invoke(), resume("a"), command({"resume": {_FIRST_ID: "b"}}), STATE),
    ),
    "update/after-two-nodes": (
        FAN,
        (invoke(interrupt_before=["d"]), update({"log": ["x"]}), STATE, GO_ON),
    ),
    "update/unnamed-before-unknown": (
        LINE,
        (_bulk("a", None, "nobody"), _bulk("a", "nobody", None), _bulk(None), STATE),
    ),
    "update/as-input-or-copy-beside-another": (
        LINE,
        (invoke(input={"n": 0}), _bulk("__input__", "a"), _bulk("__copy__", "a"), STATE),
    ),
    "handlers/command-for-the-parent": (
        _HANDLED_ABOVE,
        (stream(["updates", "tasks"], subgraphs=True), STATE),
    ),
    "handlers/of-a-record-that-asks": (
        _HANDLER_ASKS,
        (
            stream(["tasks"]),
            STATE,
            resume("yes", modes=["tasks", "debug", "updates"]),
            HISTORY,
        ),
    ),
    "config/null-metadata-beside-own-keys": (
        LINE,
        (invoke(config=_NULLS), update({"n": 1}, "a", config=_NULLS), HISTORY),
    ),
    "config/no-run-id-is-no-same-run": (
        LINE,
        (
            invoke(interrupt_before=["b"]),
            invoke(config={"metadata": {"run_id": None}}),
            HISTORY,
        ),
    ),
    "config/own-keys-of-a-delta-channel": (
        delta(),
        (
            invoke(input={"n": 0}, config={"configurable": {"type": "x", "user": "y"}}),
            state(config={"configurable": {"type": "x"}}),
            update({"n": 2}, config={"configurable": {"user": "y"}}),
            HISTORY,
        ),
    ),
    "clear/what-a-command-wrote": (ASK, _COMMANDED),
    "delta/update-of-a-new-thread": (
        delta(),
        (update({"log": [1]}, "step"), STATE, update({"log": [2]}, "step"), GO_ON, HISTORY),
    ),
    "branches/the-first-of-two-ends": (
        _ENDS_FIRST,
        (invoke(input={"to": "b"}), invoke(input={"n": 1, "to": "b"}), STATE),
    ),
    "handlers/of-what-asked-and-failed": (
        _ASKED_AND_FAILED,
        (
            invoke(),
            resume_map((0, "yes")),
            stream(["values", "updates", "tasks"]),
            resume_map((0, "yes")),
            HISTORY,
        ),
    ),
    "handlers/that-calls-a-subgraph": (
        _HANDLER_CALLS,
        (invoke(), state(subgraphs=True), resume("yes"), HISTORY),
    ),
    "subgraphs/names-alike": (
        _NAMES_ALIKE,
        (invoke(), state(task=0), state(task=1), update({"n": 5}, task=1), HISTORY),
    ),
    "context/of-no-schema": (
        LINE | {"nodes": nodes(a=[note({"context": "who"})], b="b", c="c")},
        (invoke(context={"who": "me"}), STATE),
    ),
}
