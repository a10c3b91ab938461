"""The in-memory and SQLite savers: what they keep, in which bytes, and how they find it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langgraph.types import Interrupt, Send

from parity_kit.canonical import unpack
from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import dump, op, saver

SAVERS = ("memory", "sqlite")
_EPOCH = "2024-01-01T00:00:0{}+00:00"


def _id(number: int) -> str:
    return f"00000000-0000-6000-8000-{number:012x}"


def _version(number: int) -> str:
    return f"{number:032}.{number - 1:016}"


def _put(  # noqa: PLR0913, PLR0917  # most traces name one or two
    number: int,
    thread: str = "t",
    ns: str = "",
    parent: int | None = None,
    values: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    new: list[str] | None = None,
) -> Operation:
    """Return a put of the checkpoint with a number; `new` names the channels that changed."""
    held = {"log": ["a", number]} if values is None else values
    versions = dict.fromkeys(held, _version(number))
    checkpoint: dict[str, Any] = {
        "v": 4,
        "ts": _EPOCH.format(number),
        "id": _id(number),
        "channel_values": held,
        "channel_versions": versions,
        "versions_seen": {"__input__": {}},
        "updated_channels": list(held),
    }
    return op(
        "put",
        thread=thread,
        ns=ns,
        checkpoint=checkpoint,
        metadata=metadata or {"source": "loop", "step": number, "parents": {}},
        new_versions={name: versions[name] for name in (list(held) if new is None else new)},
        parent=None if parent is None else _id(parent),
    )


def _writes(number: int, *writes: list[Any], task: str = "task-1", **where: Any) -> Operation:
    place = {"thread": "t", "ns": "", "task_path": ""} | where
    return op("put_writes", checkpoint_id=_id(number), writes=list(writes), task_id=task, **place)


def _get(number: int | None = None, thread: str = "t", ns: str = "") -> Operation:
    checkpoint_id = None if number is None else _id(number)
    return op("get_tuple", thread=thread, ns=ns, checkpoint_id=checkpoint_id)


def _stored(value: object) -> Any:
    return unpack(dump(value)[1])


_INTERRUPT = _stored(Interrupt({"q": 1}, id="0" * 32))
_LIST_ALL = op("list", thread="t")
_THREE = (_put(1), _put(2, parent=1), _put(3, parent=2))
_META = (
    _put(1, metadata={"source": "input", "step": -1, "parents": {}}),
    _put(2, metadata={"source": "loop", "step": 0, "parents": {}, "user": "ann"}),
    _put(3, metadata={"source": "loop", "step": 1, "parents": {}, "user": None}),
)
_TRACES: dict[str, tuple[Operation, ...]] = {
    "get-tuple/nothing": (_get(), _get(1), _LIST_ALL),
    "put/one": (_put(1), _get()),
    "put/chain": (*_THREE, _get(), _get(2), _get(1)),
    "put/same-id-again": (_put(1), _put(1, values={"log": ["b"]}), _get(), _LIST_ALL),
    "put/unchanged-channel-keeps-blob": (
        _put(1, values={"log": ["a"], "n": 1}),
        _put(2, parent=1, values={"log": ["a"], "n": 2}, new=["n"]),
        _get(2),
    ),
    "put/empty-channel": (
        op(
            "put",
            thread="t",
            ns="",
            checkpoint={
                "v": 4,
                "ts": _EPOCH.format(1),
                "id": _id(1),
                "channel_values": {},
                "channel_versions": {"log": _version(1)},
                "versions_seen": {},
                "updated_channels": None,
            },
            metadata={"source": "loop", "step": 0, "parents": {}},
            new_versions={"log": _version(1)},
        ),
        _get(),
    ),
    "put/value-of-each-kind": (
        _put(
            1,
            values={
                "null": None,
                "bytes": b"\x00\xff",
                "float": 0.1,
                "set": _stored({2, 1}),
                "sends": [_stored(Send("a", {"k": 1}))],
                "map": {"b": 1, "a": [None, True]},
            },
        ),
        _get(),
    ),
    "put/metadata-not-ascii": (
        _put(1, metadata={"source": "loop", "step": 1, "parents": {}, "name": "Zoë\0", "f": 0.5}),
        _get(),
    ),
    "put/metadata-order": (_put(1, metadata={"step": 1, "b": {"z": 1, "a": 2}, "a": []}), _get()),
    "put-writes/one-task": (_put(1), _writes(1, ["log", ["x"]], ["n", 1]), _get()),
    "put-writes/two-tasks": (
        _put(1),
        _writes(1, ["log", ["b"]], task="task-b", task_path="~__pregel_pull, b"),
        _writes(1, ["log", ["a"]], task="task-a", task_path="~__pregel_pull, a"),
        _get(),
    ),
    "put-writes/same-again-is-ignored": (
        _put(1),
        _writes(1, ["log", ["x"]]),
        _writes(1, ["log", ["y"]]),
        _get(),
    ),
    "put-writes/special-replaced": (
        _put(1),
        _writes(1, ["__interrupt__", [_INTERRUPT]]),
        _writes(1, ["__resume__", ["yes"]]),
        _writes(1, ["__resume__", ["no"]]),
        _get(),
    ),
    "put-writes/error": (_put(1), _writes(1, ["__error__", "ValueError('bad')"]), _get()),
    "put-writes/special-and-plain": (
        _put(1),
        _writes(1, ["log", ["x"]], ["__scheduled__", None]),
        _get(),
    ),
    "put-writes/none": (_put(1), _writes(1), _get()),
    "put-writes/before-checkpoint": (_writes(1, ["log", ["x"]]), _get(1), _put(1), _get(1)),
    "put-writes/to-earlier-checkpoint": (*_THREE, _writes(2, ["log", ["x"]]), _get(2), _get()),
    "list/newest-first": (*_THREE, _LIST_ALL),
    "list/limit": (*_THREE, op("list", thread="t", limit=2), op("list", thread="t", limit=1)),
    "list/limit-zero": (*_THREE, op("list", thread="t", limit=0)),
    "list/before": (
        *_THREE,
        op("list", thread="t", before=_id(3)),
        op("list", thread="t", before=_id(1)),
    ),
    "list/before-and-limit": (*_THREE, op("list", thread="t", before=_id(3), limit=1)),
    "list/one-checkpoint": (*_THREE, op("list", thread="t", ns="", checkpoint_id=_id(2))),
    "list/filter": (
        *_META,
        op("list", thread="t", filter={"source": "loop"}),
        op("list", thread="t", filter={"source": "loop", "step": 0}),
        op("list", thread="t", filter={"user": "ann"}),
        op("list", thread="t", filter={"absent": 1}),
        op("list", thread="t", filter={}),
    ),
    "list/filter-and-limit": (*_META, op("list", thread="t", filter={"source": "loop"}, limit=1)),
    "list/all-threads": (_put(1), _put(2, thread="u"), op("list"), op("list", thread="u")),
    "list/with-writes": (*_THREE, _writes(2, ["log", ["x"]]), _LIST_ALL),
    "namespace/apart": (
        _put(1),
        _put(2, ns="inner:1"),
        _get(),
        _get(ns="inner:1"),
        op("list", thread="t", ns="inner:1"),
        _LIST_ALL,
    ),
    "thread/apart": (_put(1), _put(2, thread="u"), _get(), _get(thread="u"), _get(1, thread="u")),
    "thread/name-with-slash": (_put(1, thread="a/b%c"), _get(thread="a/b%c")),
    "thread/delete": (
        _put(1),
        _put(2, thread="u"),
        _writes(1, ["log", ["x"]]),
        op("delete_thread", thread="t"),
        _get(),
        _get(thread="u"),
    ),
    "thread/delete-absent": (_put(1), op("delete_thread", thread="no"), _get()),
    "version/first-and-next": (
        op("next_version"),
        op("next_version", current=_version(1)),
        _put(1),
        op("next_version", current=_version(1)),
        op("next_version", current=f"{99:032}.0123456789012345"),
    ),
}


def cases() -> Iterator[Case]:
    """Yield the corpus: each trace on each saver."""
    for kind in SAVERS:
        for name, operations in _TRACES.items():
            yield saver(f"savers/{kind}/{name}", kind, *operations)
