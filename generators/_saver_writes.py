"""Pending writes, and what delta channels are rebuilt from."""

from __future__ import annotations

from uuid import UUID

from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what a delta channel stores
from langgraph.types import Interrupt, Send

from ._saver_parts import (
    LIST_ALL,
    THREE,
    Traces,
    get,
    history,
    put,
    stored,
    version,
    writes,
)

_INTERRUPT = stored(Interrupt({"q": 1}, id="0" * 32))
_SNAPSHOT = stored(_DeltaSnapshot(["a", "b"]))
_UUID = stored(UUID(int=7))

WRITES: Traces = {
    "put-writes/one-task": (put(1), writes(1, ["log", ["x"]], ["n", 1]), get()),
    "put-writes/two-tasks": (
        put(1),
        writes(1, ["log", ["b"]], task="task-b", task_path="~__pregel_pull, b"),
        writes(1, ["log", ["a"]], task="task-a", task_path="~__pregel_pull, a"),
        get(),
    ),
    "put-writes/path-before-task": (
        put(1),
        writes(1, ["log", ["1"]], task="task-a", task_path="b"),
        writes(1, ["log", ["2"]], task="task-b", task_path="a"),
        writes(1, ["log", ["3"]], task="task-c"),
        get(),
        LIST_ALL,
    ),
    "put-writes/paths-are-text": (
        put(1),
        *(
            writes(1, ["log", [path]], task=f"task-{number}", task_path=path)
            for number, path in enumerate(("~a, 10", "~a, 9", "~A", "~é", "~", "a"))
        ),
        get(),
    ),
    "put-writes/more-than-ten": (put(1), writes(1, *(["n", k] for k in range(12))), get()),
    "put-writes/channel-twice": (put(1), writes(1, ["log", ["x"]], ["log", ["y"]]), get()),
    "put-writes/same-again-is-ignored": (
        put(1),
        writes(1, ["log", ["x"]]),
        writes(1, ["log", ["y"]]),
        get(),
    ),
    "put-writes/more-of-the-same-task": (
        put(1),
        writes(1, ["log", ["x"]]),
        writes(1, ["log", ["y"]], ["n", 1], ["n", 2]),
        get(),
    ),
    "put-writes/same-again-with-another-path": (
        put(1),
        writes(1, ["log", ["x"]], task_path="a"),
        writes(1, ["log", ["y"]], task_path="b"),
        get(),
    ),
    **{
        f"put-writes/{name}-twice": (
            put(1),
            writes(1, [f"__{name}__", first]),
            writes(1, [f"__{name}__", second], task_path="later"),
            get(),
        )
        for name, first, second in (
            ("error", "ValueError('a')", "ValueError('b')"),
            ("interrupt", [_INTERRUPT], []),
            ("resume", ["yes"], ["yes", "no"]),
            ("scheduled", None, 1),
        )
    },
    "put-writes/special-replaced": (
        put(1),
        writes(1, ["__interrupt__", [_INTERRUPT]]),
        writes(1, ["__resume__", ["yes"]]),
        writes(1, ["__resume__", ["no"]]),
        get(),
    ),
    "put-writes/every-special": (
        put(1),
        writes(
            1,
            ["__resume__", 1],
            ["__interrupt__", [_INTERRUPT]],
            ["__scheduled__", None],
            ["__error__", "E"],
        ),
        get(),
    ),
    "put-writes/special-twice-at-once": (
        put(1),
        writes(1, ["__resume__", 1], ["__resume__", 2]),
        get(),
    ),
    "put-writes/error": (put(1), writes(1, ["__error__", "ValueError('bad')"]), get()),
    "put-writes/special-and-plain": (
        put(1),
        writes(1, ["log", ["x"]], ["__scheduled__", None]),
        get(),
    ),
    "put-writes/special-and-plain-twice": (
        put(1),
        writes(1, ["__resume__", ["a"]], ["n", 1]),
        writes(1, ["__resume__", ["b"]], ["n", 2]),
        get(),
    ),
    "put-writes/other-reserved-channels": (
        put(1),
        writes(
            1,
            ["__no_writes__", None],
            ["__return__", 1],
            ["__pregel_tasks", [stored(Send("a", 1))]],
        ),
        writes(1, ["__no_writes__", 1]),
        get(),
    ),
    "put-writes/values": (
        put(1),
        writes(
            1, ["a", None], ["b", b"\0"], ["c", _UUID], ["d", 1.5], ["e", stored({1})], ["f", {}]
        ),
        get(),
    ),
    "put-writes/delta-snapshot": (put(1), writes(1, ["log", _SNAPSHOT]), get()),
    "put-writes/none": (put(1), writes(1), get()),
    "put-writes/before-checkpoint": (writes(1, ["log", ["x"]]), get(1), put(1), get(1)),
    "put-writes/to-earlier-checkpoint": (*THREE, writes(2, ["log", ["x"]]), get(2), get()),
    "put-writes/stay-when-put-again": (put(1), writes(1, ["log", ["x"]]), put(1), get()),
    "put-writes/names-not-ascii": (
        put(1),
        writes(1, ["cañal/%", 1], task="tâsk/1", task_path="~päth, 😀"),
        get(),
    ),
    "put-writes/namespaces-apart": (
        put(1),
        put(1, ns="inner:1"),
        writes(1, ["n", 1]),
        writes(1, ["n", 2], ns="inner:1"),
        get(),
        get(ns="inner:1"),
    ),
}

_DELTA = (
    put(1, values={"log": _SNAPSHOT, "n": [0]}),
    writes(1, ["log", "c"], ["n", 1]),
    put(2, parent=1, values={"n": [1]}, new=["n"]),
    writes(2, ["log", "e"], task="b", task_path="~b"),
    writes(2, ["log", "d"], task="c", task_path="~a"),
    put(3, parent=2, values={"n": [2]}, new=["n"]),
    writes(3, ["log", "of the target itself"]),
)
DELTAS: Traces = {
    "delta-history/from-a-snapshot": (*_DELTA, history("log"), history("log", number=3)),
    "delta-history/of-an-earlier-checkpoint": (
        *_DELTA,
        history("log", number=2),
        history("log", number=1),
    ),
    "delta-history/several-channels": (*_DELTA, history("log", "n", "absent")),
    "delta-history/no-channels": (*_DELTA, history()),
    "delta-history/nothing-there": (
        history("log"),
        history("log", number=1),
        put(1),
        history("log", number=9),
    ),
    "delta-history/without-a-snapshot": (
        put(1, values={}),
        writes(1, ["log", "a"]),
        put(2, parent=1, values={}),
        writes(2, ["log", "b"]),
        put(3, parent=2, values={}),
        history("log"),
    ),
    "delta-history/from-a-plain-list": (
        put(1, values={"log": ["a"]}),
        writes(1, ["log", "b"]),
        put(2, parent=1, values={}),
        history("log"),
    ),
    **{
        f"delta-history/from-a-scalar-{name}": (
            put(1, values={"log": "seen by no one"}),
            put(2, parent=1, values={"log": value}),
            writes(2, ["log", "b"]),
            put(3, parent=2, values={}),
            history("log"),
        )
        for name, value in (("text", "a"), ("true", True), ("zero", 0), ("null", None))
    },
    "delta-history/empty-channel-is-no-seed": (
        put(1, values={"log": ["a"]}),
        put(2, parent=1, values={}, channel_versions={"log": version(2)}),
        writes(2, ["log", "b"]),
        put(3, parent=2, values={}),
        history("log"),
    ),
    "delta-history/fork": (
        put(1, values={"log": _SNAPSHOT}),
        writes(1, ["log", "x"]),
        put(2, parent=1, values={}),
        writes(2, ["log", "other branch"]),
        put(3, parent=1, values={}),
        writes(3, ["log", "y"]),
        put(4, parent=3, values={}),
        history("log"),
    ),
    "delta-history/parent-is-not-there": (
        put(2, parent=1, values={}),
        writes(1, ["log", "a"]),
        history("log"),
    ),
    "delta-history/more-than-ten-writes": (
        put(1, values={"log": _SNAPSHOT}),
        writes(1, *(["log", n] for n in range(12))),
        put(2, parent=1, values={}),
        history("log"),
    ),
    "delta-history/namespaces-apart": (
        put(1, values={"log": _SNAPSHOT}),
        put(1, ns="in:1", values={}),
        writes(1, ["log", "in"], ns="in:1"),
        put(2, ns="in:1", parent=1, values={}),
        history("log", ns="in:1"),
    ),
}
