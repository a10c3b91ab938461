"""Two mechanisms at once, where one alone shows nothing: what faults put into engines survived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import channel, op

from ._delta_runs import DELTA_RUNS, delta
from ._failure_programs import ALWAYS, HANDLED, fails_until, guarded
from ._graph_programs import ASK, END, INT, LOG, START, Program, chain, fail, nodes, note
from ._scripts import (
    GO_ON,
    HISTORY,
    STATE,
    Runs,
    cases_of,
    go_on,
    invoke,
    resume,
    state,
    stream,
    update,
)
from ._second_runs import SECOND_RUNS
from ._subgraph_programs import ASKING, VISIT, child

_TWICE: dict[str, Any] = {"max_attempts": 2}
_THRICE: dict[str, Any] = {"max_attempts": 3}
_SEEN = ("updates", "tasks")


def _commands(*updates: dict[str, Any]) -> Program:
    """Return a node that returns several commands, and one after it."""
    returned = {"return": [{"command": {"update": given}} for given in updates]}
    return {
        "state": {"n": INT, "log": LOG},
        "nodes": nodes(first=[returned], second="second"),
        "edges": chain("first", "second"),
    }


_JOINS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", c="c", d="d", end="end"),
    "edges": [
        *([START, name] for name in "abcd"),
        [["c", "d"], "end"],
        [["a", "b"], "end"],
        ["end", END],
    ],
}
_HANDLERS: Program = {
    "state": {"log": LOG},
    "nodes": {
        "a": {"body": [ALWAYS], "error_handler": [fail("KeyError", "in the handler")]},
        "b": {"body": [fail("RuntimeError", "later")]},
    },
    "edges": [[START, "a"], [START, "b"], ["a", END], ["b", END]],
}
_DEEP: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {
        "outer": {
            "program": {
                "state": {"n": INT, "log": LOG},
                "subgraphs": {"inner": {"program": child("x")}},
                "nodes": {"middle": {"subgraph": "inner", "metadata": {"level": 2, "two": 2}}},
                "edges": chain("middle"),
            }
        }
    },
    "nodes": {"top": {"subgraph": "outer", "metadata": {"level": 1, "one": 1}}},
    "edges": chain("top"),
}
_AROUND: Program = {
    "state": {"n": INT, "log": LOG},
    "subgraphs": {"child": {"program": child([VISIT], [VISIT]), "checkpointer": True}},
    "nodes": {"sub": {"subgraph": "child"}} | nodes(count=[note({"len": {"get": "log"}})]),
    "edges": [[START, "sub"], ["sub", "count"]],
    "branches": {"count": [{"if": [{"lt": [{"len": {"get": "log"}}, 9]}, "sub", END]}]},
}
_ASKED_BESIDE: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b=[note({"interrupt": "b?"})], c=[note({"interrupt": "c?"})], d="d"),
    "edges": [[START, "a"], [START, "b"], [START, "c"], [["a", "b", "c"], "d"], ["d", END]],
}
_RECORD: Program = {
    "schema": "dataclass",
    "state": {"n": INT, "log": LOG},
    "nodes": {
        "a": {"body": [ALWAYS], "error_handler": [HANDLED], "input": ["log"]},
        "b": {"body": [note("b")]},
    },
    "edges": chain("a", "b"),
}


_EXIT = {"durability": "exit"}
_RUNS: Runs = {
    "commands/other-fields": (
        _commands({"n": 1, "log": ["one"]}, {"log": ["two"]}),
        (stream(_SEEN), STATE),
    ),
    "commands/one-field-twice": (
        _commands({"log": ["one"]}, {"log": ["two"]}),
        (stream(_SEEN), STATE),
    ),
    "commands/that-do-not-merge": (_commands({"n": 1}, {"n": 2}), (stream(_SEEN), STATE, GO_ON)),
    "joins/two-into-one": (_JOINS, (stream(["tasks", "checkpoints"]), STATE)),
    "handlers/one-fails-beside-another-failure": (_HANDLERS, (stream(_SEEN), STATE, GO_ON)),
    "handlers/of-a-record": (_RECORD, (stream(["tasks", "debug"]), STATE)),
    "retry/two-policies-that-apply": (
        guarded(fails_until(2, retry=[_TWICE, _THRICE])),
        (stream(_SEEN), STATE),
    ),
    "timeouts/progress-resets-the-idle-limit": (
        guarded(
            {"body": [{"wait": 0.3}, {"emit": 1}, {"wait": 0.3}], "timeout": {"idle": 0.5}},
        ),
        (stream(["updates", "custom"], **{"async": True}), STATE),
    ),
    "metadata/two-levels": (_DEEP, (stream(["tasks"], subgraphs=True), HISTORY)),
    "replay/a-subgraph-twice": (_AROUND, (invoke(), go_on(checkpoint=2), STATE, HISTORY)),
    "replay/questions-beside-an-answer": (
        _ASKED_BESIDE,
        (invoke(), go_on(checkpoint=1), state(), HISTORY),
    ),
    "clear/what-a-finished-task-wrote": (
        _ASKED_BESIDE,
        (invoke(), update(None, END), STATE, HISTORY),
    ),
    "clear/a-subgraph-that-asks": (
        {
            "state": {"n": INT, "log": LOG},
            "subgraphs": {"child": {"program": ASKING}},
            "nodes": nodes(a="a") | {"sub": {"subgraph": "child"}},
            "edges": [[START, "a"], [START, "sub"], ["a", END], ["sub", END]],
        },
        (invoke(), update(None, END), STATE),
    ),
    "second-run/after-a-question": (ASK, (invoke(), invoke(), resume("yes"), invoke(), HISTORY)),
    "delta/exit": (delta(), (invoke(input={"n": 0}, **_EXIT), STATE, HISTORY)),
    "delta/exit-twice": (
        delta(),
        (invoke(input={"n": 0}, **_EXIT), invoke(input={"n": 2}, **_EXIT), STATE, HISTORY),
    ),
    "delta/exit-after-sync": (
        delta(),
        (invoke(input={"n": 2}), invoke(input={"n": 0}, **_EXIT), STATE),
    ),
    "delta/exit-snapshot": (
        delta(snapshot_frequency=2),
        (invoke(input={"n": 0}, **_EXIT), STATE, HISTORY),
    ),
    "delta/exit-replayed": (
        delta(),
        (invoke(input={"n": 0}, **_EXIT), go_on(checkpoint=1, **_EXIT), STATE),
    ),
}
_ON_SQLITE = (
    "delta/exit",
    "delta/inputs/sync",
    "delta/forked/exit",
    "delta/overwritten/with-null",
    "replay/questions-beside-an-answer",
    "commands/one-field-twice",
    "config/own-keys-of-a-delta-channel",
    "config/null-metadata-beside-own-keys",
    "replay/an-update-of-an-old-checkpoint",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    yield from cases_of("crossings", {**_RUNS, **DELTA_RUNS, **SECOND_RUNS}, _ON_SQLITE)
    for reducer in ("add", "merge"):
        values = [[1], [2]] if reducer == "add" else [{"a": 1}, {"b": 2}]
        yield channel(
            f"crossings/first-write/any-{reducer}",
            {"class": "BinaryOperatorAggregate", "type": "any", "reducer": reducer},
            op("update", values=values),
            op("get"),
        )
