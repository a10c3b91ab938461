"""Checkpoints that older releases left in databases, read and run on by this one.

Layouts as LangGraph's own releases wrote them: before version 3 a node had a trigger for every way
to it, before version 4 packets that were sent lay beside the channels, and until version 1 task ids
were hashed otherwise. Their ids sort before those that a session creates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langgraph.types import Send

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import graph, op
from parity_kit.reference.native import to_plain

from ._failure_programs import ALWAYS, HANDLED
from ._graph_programs import FAN, LINE, LOG, START, Program, nodes, note

ID = "00000000-0000-5000-8000-{:012x}"
MODES = ["values", "updates", "tasks", "checkpoints"]
THREAD = {"thread": "t"}

ROUTED: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b", c="c"),
    "edges": [[START, "a"]],
    "branches": {"a": ["b"]},
}
SENDING: Program = {
    "state": {"log": LOG},
    "nodes": {**nodes(a="a"), "work": {"body": [note({"join": ["work", {"get": "k"}]})]}},
    "edges": [[START, "a"]],
    "branches": {"a": [{"send": {"to": "work", "each": {"range": 2}, "as": "k"}}]},
}


def version(number: int) -> str:
    """Return a version string such as savers make."""
    return f"{number:032}.{0:016}"


def old(
    layout: int,
    values: dict[str, Any],
    versions: dict[str, int],
    versions_seen: dict[str, dict[str, int]],
    **more: Any,
) -> dict[str, Any]:
    """Return a checkpoint of an older layout; versions are given by their number."""
    return {
        "v": layout,
        "ts": "2023-12-31T00:00:00+00:00",
        "id": ID.format(1),
        "channel_values": values,
        "channel_versions": {name: version(number) for name, number in versions.items()},
        "versions_seen": {
            node: {name: version(number) for name, number in seen_versions.items()}
            for node, seen_versions in versions_seen.items()
        },
        **more,
    }


STATE = {"n": 1, "log": ["old"]}
SEEN: dict[str, dict[str, int]] = {"__input__": {}, "__start__": {"__start__": 1}}

LAYOUTS: dict[str, tuple[Program, dict[str, Any]]] = {
    "start-of-a-node": (
        LINE,
        old(2, {**STATE, "start:a": START}, {"__start__": 2, "n": 2, "log": 2, "start:a": 2}, SEEN),
    ),
    "start-of-a-node-that-is-gone": (
        LINE,
        old(2, {**STATE, "start:x": START}, {"__start__": 2, "n": 2, "log": 2, "start:x": 2}, SEEN),
    ),
    "node-that-ran": (
        LINE,
        old(
            2,
            {**STATE, "a": "a"},
            {"__start__": 2, "n": 3, "log": 3, "start:a": 3, "a": 3},
            {**SEEN, "a": {"start:a": 2}},
        ),
    ),
    "node-with-two-edges": (
        FAN,
        old(
            2,
            {**STATE, "a": "a"},
            {"__start__": 2, "n": 3, "log": 3, "start:a": 3, "a": 3},
            {**SEEN, "a": {"start:a": 2}, "__interrupt__": {"n": 2, "a": 2}},
        ),
    ),
    "both-ways-to-a-node": (
        LINE,
        old(
            2,
            {**STATE, "a": "a", "branch:to:b": None},
            {"__start__": 2, "n": 3, "log": 3, "a": 3, "branch:to:b": 2},
            {**SEEN, "a": {"start:a": 2}, "b": {"branch:to:b": 2, "a": 2}},
        ),
    ),
    "conditional-edge": (
        ROUTED,
        old(
            2,
            {"log": ["old"], "branch:a:route:b": "a"},
            {"__start__": 2, "log": 3, "start:a": 3, "branch:a:route:b": 3},
            {**SEEN, "a": {"start:a": 2}},
        ),
    ),
    "conditional-edge-interrupted": (
        ROUTED,
        old(
            2,
            {"log": ["old"], "branch:a:route:b": "a"},
            {"__start__": 2, "log": 3, "start:a": 3, "branch:a:route:b": 3},
            {**SEEN, "a": {"start:a": 2}, "__interrupt__": {"log": 3, "branch:a:route:b": 3}},
        ),
    ),
    "task-ids-of-version-1": (
        LINE,
        old(1, {**STATE, "start:a": START}, {"__start__": 2, "n": 2, "log": 2, "start:a": 2}, SEEN),
    ),
    "packets-beside-channels": (
        SENDING,
        old(
            3,
            {"log": ["old"]},
            {"__start__": 2, "log": 3, "branch:to:a": 3},
            {**SEEN, "a": {"branch:to:a": 2}},
            pending_sends=[Send("work", {"k": 0}), Send("work", {"k": 1})],
        ),
    ),
    "no-packets": (
        SENDING,
        old(
            3,
            {"log": ["old"], "branch:to:a": None},
            {"__start__": 2, "log": 2, "branch:to:a": 2},
            SEEN,
            pending_sends=[],
        ),
    ),
    "today": (
        LINE,
        old(
            4,
            {**STATE, "branch:to:a": None},
            {"__start__": 2, "n": 2, "log": 2, "branch:to:a": 2},
            SEEN,
            updated_channels=["branch:to:a", "log", "n"],
        ),
    ),
    "nothing-ever-written": (LINE, old(2, {}, {}, {})),
}

SCRIPTS: dict[str, tuple[Operation, ...]] = {
    "read": (op("get_state", **THREAD), op("get_state_history", **THREAD)),
    "go-on": (
        op("stream", **THREAD, input=None, modes=MODES),
        op("get_state_history", **THREAD),
    ),
    "new-input": (op("invoke", **THREAD, input={"log": ["new"]}), op("get_state", **THREAD)),
    "update": (
        op("update_state", **THREAD, values={"log": ["update"]}, as_node="a"),
        op("invoke", **THREAD, input=None),
    ),
}


# For each trigger of a node that an older layout had: a program, the trigger and today's.
OLD_TRIGGERS: dict[str, tuple[Program, str, str, str]] = {
    "start": (LINE, "b", "start:b", "branch:to:b"),
    "branch": (ROUTED, "b", "branch:a:route:b", "branch:to:b"),
    "node": (LINE, "b", "a", "branch:to:b"),
}
# Versions of the old trigger and of today's, and those that the node and a breakpoint have seen.
BOTH: dict[str, tuple[int, int, tuple[int, int], tuple[int, int]]] = {
    "old-is-newer": (4, 3, (2, 3), (3, 2)),
    "old-is-older": (3, 4, (3, 2), (2, 3)),
    "both-seen": (4, 3, (4, 3), (3, 3)),
    "seen-later-by-its-old-name": (3, 3, (3, 2), (3, 1)),
    "seen-later-by-its-name": (3, 3, (2, 3), (1, 3)),
}


def _both(kind: str, name: str, layout: int, *, held: bool) -> tuple[Program, dict[str, Any]]:
    """Return a checkpoint that has a trigger under its old name and under today's.

    Its value is `held` under the old name only, or under neither.
    """
    program, node, before, today = OLD_TRIGGERS[kind]
    was, now, by_node, by_stop = BOTH[name]
    versions_seen = {
        **SEEN,
        "a": {"branch:to:a": 2, "start:a": 2},
        node: {before: by_node[0], today: by_node[1]},
        "__interrupt__": {"log": 3, before: by_stop[0], today: by_stop[1]},
    }
    values = {**(STATE if program is LINE else {"log": ["old"]}), **({before: "a"} if held else {})}
    versions = {"__start__": 2, "n": 3, "log": 3, before: was, today: now}
    return program, old(layout, values, versions, versions_seen)


BOTH_LAYOUTS = {
    f"both-names/{kind}/{name}": _both(kind, name, 2, held=name != "both-seen")
    for kind in OLD_TRIGGERS
    for name in BOTH
} | {
    f"both-names/{kind}/not-in-version-3": _both(kind, "old-is-newer", 3, held=True)
    for kind in OLD_TRIGGERS
}


_HANDLED: Program = LINE | {
    "nodes": {**LINE["nodes"], "a": {"body": [ALWAYS], "error_handler": [HANDLED]}}
}


def cases() -> Iterator[Case]:
    """Yield every layout with every script, in memory and in SQLite, and a copy of it."""
    for layout in (1, 2):
        _, checkpoint = LAYOUTS["start-of-a-node"]
        stored = _stored(checkpoint | {"v": layout})
        name = f"migration/start-of-a-node-that-is-handled/version-{layout}"
        yield graph(name, _HANDLED, stored, *SCRIPTS["go-on"])
    _, first = LAYOUTS["task-ids-of-version-1"]
    at_exit = op("stream", **THREAD, input={"n": 2}, modes=["debug"], durability="exit")
    yield graph("migration/task-ids-at-exit", LINE, _stored(first), at_exit, *SCRIPTS["read"])
    _, first = LAYOUTS["today"]
    second = _stored(first | {"id": ID.format(2)}, parent=ID.format(1))
    for saver in ("memory", "sqlite"):
        name = f"migration/with-a-parent/{saver}"
        yield graph(name, LINE, _stored(first), second, *SCRIPTS["go-on"], saver=saver)
    for layout, (program, checkpoint) in BOTH_LAYOUTS.items():
        stored = _stored(checkpoint)
        stop = op("invoke", **THREAD, input=None, interrupt_before=["b"])
        yield graph(f"migration/{layout}/go-on", program, stored, *SCRIPTS["go-on"])
        yield graph(f"migration/{layout}/stop", program, stored, stop, *SCRIPTS["read"])
    for layout, (program, checkpoint) in LAYOUTS.items():
        stored = _stored(checkpoint)
        for script, operations in SCRIPTS.items():
            for saver in ("memory", "sqlite"):
                name = f"migration/{layout}/{script}/{saver}"
                yield graph(name, program, stored, *operations, saver=saver)
        # Only a copy still has the value of a trigger, and only SQLite stores it.
        copied = op("update_state", **THREAD, values=None, as_node="__copy__")
        name = f"migration/{layout}/copy/sqlite"
        yield graph(name, program, stored, copied, *SCRIPTS["go-on"], saver="sqlite")


def _stored(checkpoint: dict[str, Any], **more: Any) -> Operation:
    metadata: dict[str, Any] = {"source": "loop", "step": 1, "parents": {}}
    return op("put", **THREAD, checkpoint=to_plain(checkpoint), metadata=metadata, **more)
