"""LangGraph's caches of node results: what is kept, for how long, and what is cleared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import cache, op

from ._saver_parts import stored

_A, _B = ["__pregel_ns_writes", "a"], ["__pregel_ns_writes", "b"]


def put(*entries: list[Any]) -> Operation:
    """Return a set of entries, of namespace, key, value and seconds to live."""
    return op("set", entries=[*entries])


def get(*keys: list[Any]) -> Operation:
    """Return a get of keys, of namespace and key."""
    return op("get", keys=[*keys])


_TRACES: dict[str, tuple[Operation, ...]] = {
    "set/get": (put([_A, "k", {"n": 1}, None]), get([_A, "k"])),
    "set/again": (put([_A, "k", 1, None]), put([_A, "k", 2, None]), get([_A, "k"])),
    "set/nothing": (put(), get()),
    "set/null": (put([_A, "k", None, None]), get([_A, "k"])),
    "set/bytes": (put([_A, "k", b"\0\1", None]), get([_A, "k"])),
    "set/writes": (put([_A, "k", [["log", ["a"]], ["branch:to:b", None]], None]), get([_A, "k"])),
    "set/typed": (put([_A, "k", stored({1, 2}), None]), get([_A, "k"])),
    "set/several": (
        put([_B, "k", 1, None], [_A, "l", 2, None], [_A, "k", 3, None]),
        get([_A, "k"], [_A, "l"], [_B, "k"]),
        get([_B, "k"], [_A, "k"]),
    ),
    "set/a-key-twice": (
        put([_A, "k", 1, None], [_B, "k", 2, None], [_A, "k", 3, None]),
        get([_B, "k"], [_A, "k"]),
    ),
    "set/joined-twice": (
        put([["a", "b"], "k", 1, None], [["a,b"], "k", 2, None], [["a", "b"], "k", 3, None]),
        get([["a", "b"], "k"], [["a,b"], "k"]),
    ),
    "get/none": (get(), get([_A, "k"])),
    "get/twice-the-same": (put([_A, "k", 1, None]), get([_A, "k"], [_A, "k"])),
    "get/some": (put([_A, "k", 1, None]), get([_A, "k"], [_A, "l"], [_B, "k"])),
    "namespace/empty": (put([[], "k", 1, None]), get([[], "k"]), op("clear", namespaces=[[]])),
    "namespace/joined": (put([["a,b"], "k", 1, None]), get([["a", "b"], "k"]), get([["a,b"], "k"])),
    "namespace/prefix": (put([_A, "k", 1, None]), get([["__pregel_ns_writes"], "k"])),
    "expiry/before": (put([_A, "k", 1, 3]), get([_A, "k"])),
    "expiry/at": (put([_A, "k", 1, 1]), get([_A, "k"]), get([_A, "k"])),
    "expiry/after": (put([_A, "k", 1, 1]), get(), get([_A, "k"]), get([_A, "k"])),
    "expiry/zero": (put([_A, "k", 1, 0]), get([_A, "k"])),
    "expiry/negative": (put([_A, "k", 1, -1]), get([_A, "k"])),
    "expiry/renewed": (put([_A, "k", 1, 1]), put([_A, "k", 2, 5]), get(), get([_A, "k"])),
    "expiry/taken-away": (put([_A, "k", 1, 1]), put([_A, "k", 2, None]), get(), get([_A, "k"])),
    "expiry/fraction": (put([_A, "k", 1, 1.5]), get([_A, "k"]), get([_A, "k"])),
    "expiry/of-one-among-others": (
        put([_A, "k", 1, 1], [_A, "l", 2, None], [_B, "k", 3, 9]),
        get(),
        get([_A, "k"], [_A, "l"], [_B, "k"]),
    ),
    "clear/all": (put([_A, "k", 1, None], [_B, "k", 2, 9]), op("clear"), get([_A, "k"])),
    "clear/one": (
        put([_A, "k", 1, None], [_B, "k", 2, None]),
        op("clear", namespaces=[_A]),
        get([_A, "k"], [_B, "k"]),
    ),
    "clear/none": (put([_A, "k", 1, None]), op("clear", namespaces=[]), get([_A, "k"])),
    "clear/unknown": (put([_A, "k", 1, None]), op("clear", namespaces=[_B]), get([_A, "k"])),
    "clear/several": (
        put([_A, "k", 1, None], [_B, "k", 2, None], [["c"], "k", 3, None]),
        op("clear", namespaces=[_A, _B, ["d"]]),
        get([["c"], "k"], [_A, "k"]),
    ),
}


def cases() -> Iterator[Case]:
    """Yield the corpus: each trace on each cache, and asynchronously."""
    for kind in ("memory", "sqlite"):
        for name, operations in _TRACES.items():
            yield cache(f"caches/{kind}/{name}", kind, *operations)
            if name.endswith(("several", "expiry/after", "clear/one")):
                awaited = (Operation(one.name, {**one.args, "async": True}) for one in operations)
                yield cache(f"caches/{kind}/async/{name}", kind, *awaited)
