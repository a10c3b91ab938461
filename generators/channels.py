"""LangGraph's ten channel classes: what each makes of updates, and what it stores.

A trace ends with `get` wherever the value is the point, and goes through `restore` wherever what is
stored must be enough to go on from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langgraph.types import Overwrite

from parity_kit.contract import Case, Operation
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.corpora.authoring import channel, dump, op

GET, CONSUME, FINISH = op("get"), op("consume"), op("finish")
RESTORE, COPY, SWAP = op("restore"), op("copy"), op("swap")
AVAILABLE = op("is_available")


def up(*values: Any) -> Operation:
    """Return an update with values."""
    return op("update", values=list(values))


def _overwrite(value: Any) -> Plain:
    return unpack(dump(Overwrite(value))[1])


_AS_MAP = {"__overwrite__": [7]}
_ERASED = {"value": [7], "type": "__overwrite__"}
_SNAPSHOT = Ext(7, pack([4]))
_TWICE = (up(_overwrite([1]), _overwrite([2])), GET)
_LAST = {"class": "LastValue", "type": "int"}
_LAST_FINISH = {"class": "LastValueAfterFinish", "type": "int"}
_ANY = {"class": "AnyValue", "type": "int"}
_EPHEMERAL = {"class": "EphemeralValue", "type": "int"}
_UNTRACKED = {"class": "UntrackedValue", "type": "int"}
_TOPIC = {"class": "Topic", "type": "int"}
_KEEP = {"class": "Topic", "type": "int", "accumulate": True}
_BARRIER = {"class": "NamedBarrierValue", "names": ["b", "a"]}
_BARRIER_FINISH = {"class": "NamedBarrierValueAfterFinish", "names": ["b", "a"]}


def _sum(kind: str, reducer: str = "add") -> dict[str, Plain]:
    return {"class": "BinaryOperatorAggregate", "type": kind, "reducer": reducer}


def _delta(kind: str, reducer: str = "add", **more: Plain) -> dict[str, Plain]:
    return {"class": "DeltaChannel", "type": kind, "reducer": reducer, **more}


_Traces = dict[str, tuple[dict[str, Any], tuple[Operation, ...]]]

_VALUES: _Traces = {
    "last-value/empty": (_LAST, (AVAILABLE, GET, CONSUME, FINISH, RESTORE, GET)),
    "last-value/one": (_LAST, (up(1), AVAILABLE, GET, up(2), GET)),
    "last-value/no-update": (_LAST, (up(), up(1), up(), GET)),
    "last-value/two-writes": (_LAST, (up(1), up(2, 3), GET)),
    "last-value/null": (_LAST, (up(None), AVAILABLE, GET, RESTORE, GET)),
    "last-value/restore": (_LAST, (up(5), RESTORE, AVAILABLE, GET, up(6), GET)),
    "last-value/load": (_LAST, (op("load", value=9), GET, up(1), GET)),
    "last-value/copy-is-apart": (_LAST, (up(1), COPY, up(2), SWAP, GET, SWAP, GET)),
    "last-value/swap-without-copy": (_LAST, (up(1), SWAP, GET)),
    "last-value/overwrite-stays-wrapped": (_LAST, (up(_overwrite(1)), GET)),
    "last-value/typed-value": (
        {"class": "LastValue", "type": "any"},
        (up({"at": unpack(dump({3, 1, 2})[1])}), RESTORE, GET),
    ),
    "last-value-after-finish/no-update": (_LAST_FINISH, (up(), up(1), up(), FINISH, up(), GET)),
    "last-value-after-finish/hidden": (_LAST_FINISH, (up(1), AVAILABLE, GET, FINISH, GET)),
    "last-value-after-finish/consumed": (_LAST_FINISH, (up(1), FINISH, CONSUME, GET, AVAILABLE)),
    "last-value-after-finish/finish-empty": (_LAST_FINISH, (FINISH, GET, CONSUME)),
    "last-value-after-finish/finish-twice": (_LAST_FINISH, (up(1), FINISH, FINISH, GET)),
    "last-value-after-finish/update-hides": (
        _LAST_FINISH,
        (up(1), FINISH, up(2), GET, FINISH, GET),
    ),
    "last-value-after-finish/consume-before": (_LAST_FINISH, (up(1), CONSUME, FINISH, GET)),
    "last-value-after-finish/two-writes": (_LAST_FINISH, (up(1, 2), FINISH, GET)),
    "last-value-after-finish/restore": (
        _LAST_FINISH,
        (up(1), RESTORE, GET, FINISH, RESTORE, GET, CONSUME, RESTORE, GET),
    ),
    "last-value-after-finish/copy": (_LAST_FINISH, (up(1), COPY, FINISH, SWAP, GET, FINISH, GET)),
    "any-value/empty": (_ANY, (GET, AVAILABLE, up(), CONSUME)),
    "any-value/last-wins": (_ANY, (up(1, 2, 3), GET)),
    "any-value/no-update-empties": (_ANY, (up(1), up(), AVAILABLE, GET, up())),
    "any-value/restore": (_ANY, (up(1), RESTORE, GET)),
    "any-value/copy": (_ANY, (up(1), COPY, up(), SWAP, GET)),
    "ephemeral-value/one-step": (_EPHEMERAL, (up(1), GET, up(), GET, AVAILABLE, up())),
    "ephemeral-value/guarded": (_EPHEMERAL, (up(1, 2), GET)),
    "ephemeral-value/unguarded": (_EPHEMERAL | {"guard": False}, (up(1, 2), GET)),
    "ephemeral-value/restore": (_EPHEMERAL, (up(1), RESTORE, GET, up(), RESTORE, GET)),
    "ephemeral-value/consume-and-finish": (_EPHEMERAL, (up(1), CONSUME, FINISH, GET)),
    "ephemeral-value/copy": (_EPHEMERAL, (up(1), COPY, up(), SWAP, GET)),
    "untracked-value/not-stored": (_UNTRACKED, (up(1), GET, RESTORE, AVAILABLE, GET)),
    "untracked-value/keeps-through-steps": (_UNTRACKED, (up(1), up(), GET)),
    "untracked-value/guarded": (_UNTRACKED, (up(1), up(2, 3), GET)),
    "untracked-value/unguarded": (_UNTRACKED | {"guard": False}, (up(2, 3), GET)),
    "untracked-value/copy": (_UNTRACKED, (up(1), COPY, up(2), SWAP, GET)),
    "untracked-value/load-ignored": (_UNTRACKED, (op("load", value=3), GET)),
}
_TOPICS: _Traces = {
    "topic/empty": (_TOPIC, (AVAILABLE, GET, up(), CONSUME, RESTORE, GET)),
    "topic/one-step": (_TOPIC, (up(1, 2), GET, up(), GET, AVAILABLE)),
    "topic/replaces": (_TOPIC, (up(1, 2), up(3), GET)),
    "topic/accumulate": (_KEEP, (up(1, 2), up(3), up(), GET)),
    "topic/flattens-lists": (_TOPIC, (up([1, 2], 3, [], [[4]]), GET)),
    "topic/keeps-equal-values": (_KEEP, (up(1, 1), up(1), GET)),
    "topic/null": (_TOPIC, (up(None, [None]), GET)),
    "topic/restore": (_KEEP, (up(1), RESTORE, up(2), RESTORE, GET)),
    "topic/load": (_KEEP, (op("load", value=[8, 9]), up(1), GET)),
    "topic/copy-is-apart": (_KEEP, (up(1), COPY, up(2), SWAP, GET, up(3), SWAP, GET)),
    "topic/empty-list-update": (_KEEP, (up(1), up([]), GET)),
}
_BARRIERS: _Traces = {
    "named-barrier-value/waits": (_BARRIER, (up("a"), AVAILABLE, GET, up("b"), AVAILABLE, GET)),
    "named-barrier-value/both-at-once": (_BARRIER, (up("b", "a"), AVAILABLE, GET)),
    "named-barrier-value/again": (_BARRIER, (up("a"), up("a"), AVAILABLE)),
    "named-barrier-value/consume": (_BARRIER, (up("a", "b"), CONSUME, AVAILABLE, GET, CONSUME)),
    "named-barrier-value/consume-too-soon": (_BARRIER, (up("a"), CONSUME, up("b"), AVAILABLE)),
    "named-barrier-value/unknown-name": (_BARRIER, (up("a"), up("z"), AVAILABLE)),
    "named-barrier-value/restore": (_BARRIER, (up("a"), RESTORE, up("b"), RESTORE, AVAILABLE)),
    "named-barrier-value/load": (
        _BARRIER,
        (op("load", value=unpack(dump({"a"})[1])), up("b"), AVAILABLE),
    ),
    "named-barrier-value/copy": (_BARRIER, (up("a"), COPY, up("b"), SWAP, AVAILABLE)),
    "named-barrier-value/no-names": ({"class": "NamedBarrierValue", "names": []}, (AVAILABLE, GET)),
    "named-barrier-value-after-finish/waits": (
        _BARRIER_FINISH,
        (up("a", "b"), AVAILABLE, GET, FINISH, AVAILABLE, GET),
    ),
    "named-barrier-value-after-finish/finish-too-soon": (
        _BARRIER_FINISH,
        (up("a"), FINISH, up("b"), AVAILABLE, FINISH, AVAILABLE),
    ),
    "named-barrier-value-after-finish/consume": (
        _BARRIER_FINISH,
        (up("a", "b"), CONSUME, FINISH, CONSUME, AVAILABLE, FINISH),
    ),
    "named-barrier-value-after-finish/restore": (
        _BARRIER_FINISH,
        (up("a", "b"), RESTORE, FINISH, RESTORE, AVAILABLE, CONSUME, RESTORE, AVAILABLE),
    ),
    "named-barrier-value-after-finish/unknown-name": (_BARRIER_FINISH, (up("z"), FINISH)),
    "named-barrier-value-after-finish/copy": (
        _BARRIER_FINISH,
        (up("a", "b"), COPY, FINISH, SWAP, AVAILABLE),
    ),
}
_REDUCED: _Traces = {
    "int-add": (_sum("int"), (GET, up(1), up(2, 3), up(), GET)),
    "float-add": (_sum("float"), (up(0.1), up(0.2), GET, RESTORE, GET)),
    "text-add": (_sum("str"), (up("a", "b"), up("c"), GET)),
    "list-add": (_sum("list"), (up([1], [2]), up([]), GET)),
    "int-max": (_sum("int", "max"), (up(3, -1, 7, 7), GET)),
    "int-min": (_sum("int", "min"), (up(3, -1), GET)),
    "map-merge": (_sum("dict", "merge"), (up({"b": 1}, {"a": 2}), up({"b": 3}), GET)),
    "set-union": (
        _sum("set", "union"),
        (up(unpack(dump({1, 2})[1])), up(unpack(dump({2, 3})[1])), GET, RESTORE, GET),
    ),
    "last": (_sum("any", "last"), (up(1, 2), GET)),
    "first": (_sum("any", "first"), (GET, up(1, 2), up(3), GET)),
    "bool-add-becomes-int": (_sum("bool"), (GET, *(up(item) for item in (True, True)), GET)),
    "null-first": (_sum("any", "last"), (up(None), AVAILABLE, GET)),
    "wrong-type": (_sum("int"), (up(1), up([2]), GET)),
    "wrong-type-after-right": (_sum("list"), (up([1], 2, [3]), GET)),
    "restore": (_sum("list"), (up([1]), RESTORE, up([2]), RESTORE, GET)),
    "restore-empty": (_sum("any"), (RESTORE, AVAILABLE, GET)),
    "load": (_sum("int"), (op("load", value=40), up(2), GET)),
    "load-snapshot": (_sum("list"), (op("load", value=_SNAPSHOT), up([5]), GET)),
    "load-null": (_sum("int"), (op("load", value=None), GET)),
    "copy-is-apart": (_sum("list"), (up([1]), COPY, up([2]), SWAP, GET, SWAP, GET)),
    "consume-and-finish": (_sum("int"), (up(1), CONSUME, FINISH, GET)),
    "overwrite": (_sum("list"), (up([1]), up(_overwrite([9])), GET)),
    "overwrite-as-map": (_sum("list"), (up([1]), up(_AS_MAP), GET)),
    "overwrite-erased": (_sum("list"), (up([1]), up(_ERASED), GET)),
    "overwrite-then-update": (_sum("list"), (up([1]), up(_overwrite([9]), [2]), GET)),
    "overwrite-after-update": (_sum("list"), (up([1]), up([2], _overwrite([9])), GET)),
    "overwrite-twice": (_sum("list"), _TWICE),
    "overwrite-null": (_sum("list"), (up([1]), up(_overwrite(None)), GET)),
    "overwrite-when-empty": (_sum("any", "last"), (up(_overwrite(3)), GET)),
    "map-with-more-keys-is-no-overwrite": (
        _sum("dict", "merge"),
        (up({"__overwrite__": 1, "b": 2}), GET),
    ),
}
_DELTA: _Traces = {
    "writes": (_delta("list"), (GET, up([1], [2]), up([3]), GET, AVAILABLE)),
    "no-update": (_delta("list"), (up(), up([1]), up(), GET)),
    "int": (_delta("int"), (up(1), up(2, 3), GET)),
    "map": (_delta("dict", "merge"), (up({"a": 1}), up({"b": 2}, {"a": 3}), GET)),
    "wrong-type": (_delta("list"), (up([1]), up(2), GET)),
    "restore-alone-is-empty": (_delta("list"), (up([1]), RESTORE, GET)),
    "restore-then-replay": (
        _delta("list"),
        (up([1]), RESTORE, op("replay_writes", writes=[[1], [2]]), GET, up([3]), GET),
    ),
    "replay-nothing": (_delta("list"), (op("replay_writes", writes=[]), GET)),
    "replay-overwrite": (
        _delta("list"),
        (op("replay_writes", writes=[[1], _overwrite([8]), [2]]), GET),
    ),
    "replay-two-overwrites": (
        _delta("list"),
        (op("replay_writes", writes=[_overwrite([1]), [5], _overwrite([2]), [3]]), GET),
    ),
    "load-value": (_delta("list"), (op("load", value=[4]), GET, up([5]), GET)),
    "load-null": (_delta("list"), (op("load", value=None), AVAILABLE, GET, up([5]), GET)),
    "load-null-map": (
        _delta("dict", "merge"),
        (op("load", value=None), op("replay_writes", writes=[{"a": 1}]), GET),
    ),
    "load-snapshot": (_delta("list"), (op("load", value=_SNAPSHOT), GET, up([5]), GET)),
    "snapshot-is-the-savers-work": (
        _delta("list", snapshot_frequency=1),
        (up([1]), up([2]), RESTORE, GET),
    ),
    "overwrite": (_delta("list"), (up([1]), up(_overwrite([9])), GET)),
    "overwrite-then-update": (_delta("list"), (up(_overwrite([9]), [1]), GET)),
    "overwrite-twice": (_delta("list"), _TWICE),
    "overwrite-as-map": (_delta("list"), (up(_AS_MAP), GET)),
    "overwrite-erased": (_delta("list"), (up(_ERASED), GET)),
    "copy-is-apart": (_delta("list"), (up([1]), COPY, up([2]), SWAP, GET)),
    "copy-of-nothing": (
        _delta("list"),
        (COPY, up([1]), SWAP, AVAILABLE, GET, up([2]), GET, SWAP, GET),
    ),
    "copy-after-load": (
        _delta("list"),
        (op("load", value=_SNAPSHOT), COPY, up([5]), SWAP, up([6]), GET, SWAP, GET),
    ),
    "consume-and-finish": (_delta("list"), (up([1]), CONSUME, FINISH, GET)),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    reduced = {f"binary-operator-aggregate/{name}": parts for name, parts in _REDUCED.items()}
    delta = {f"delta-channel/{name}": parts for name, parts in _DELTA.items()}
    for name, (spec, operations) in {**_VALUES, **_TOPICS, **_BARRIERS, **reduced, **delta}.items():
        features = ["overwrite"] if "overwrite" in name else []
        yield channel(f"channels/{name}", spec, *operations, features=features)
