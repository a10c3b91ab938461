"""LangGraph's stores: what is put, found again, listed, expired and refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import op, store

from ._store_expiry import EXPIRING, TTLS
from ._store_indexes import INDEXED
from ._store_parts import ALL, Traces, batch, get, names, put, search

_PEOPLE = (
    put(["users", "ann"], "profile", {"age": 30, "city": "Rome", "tags": ["a", "b"]}),
    put(["users", "bob"], "profile", {"age": 40, "city": "Oslo", "vip": True}),
    put(["users"], "count", {"n": 2}),
    put(["users", "ann"], "prefs", {"age": 30.0, "theme": None, "deep": {"x": {"y": 1}}}),
    put(["docs", "ann", "v1"], "a", {"text": "x"}),
    put(["docs", "bob", "v1"], "a", {"text": "y"}),
    put(["docs", "bob", "v2"], "b", {}),
)

_PUTS: Traces = {
    "put/get": (put(["a"], "k", {"n": 1}), get(["a"], "k")),
    "put/again": (
        put(["a"], "k", {"n": 1}),
        put(["a"], "l", {"n": 2}),
        put(["a"], "k", {"m": 3}),
        get(["a"], "k"),
        ALL,
    ),
    "put/empty-value": (put(["a"], "k", {}), get(["a"], "k")),
    "put/null-deletes": (put(["a"], "k", {"n": 1}), put(["a"], "k", None), get(["a"], "k"), ALL),
    "put/empty-key": (put(["a"], "", {"n": 1}), get(["a"], ""), ALL),
    "put/null-key": (put(["a"], None, {"n": 1}), get(["a"], None)),
    "put/key-with-separators": (put(["a"], "k.l/m|n", {"n": 1}), get(["a"], "k.l/m|n"), ALL),
    "put/unicode": (
        put(["ä", "日本"], "ключ", {"🙂": "\u00e9"}),
        get(["ä", "日本"], "ключ"),
        names(),
    ),
    "put/values": (
        put(
            ["a"],
            "k",
            {
                "null": None,
                "yes": True,
                "int": 2**40,
                "float": 0.1,
                "text": "é\n",
                "list": [1, [2, {}]],
                "map": {"b": 1, "a": {"c": []}},
                "": "empty",
            },
        ),
        get(["a"], "k"),
    ),
    "put/key-order": (put(["a"], "k", {"z": 1, "a": 2, "m": 3}), get(["a"], "k")),
    "put/value-is-a-list": (put(["a"], "k", [1, 2]), get(["a"], "k")),
    "put/value-is-a-list-of-pairs": (put(["a"], "k", [["x", 1]]), get(["a"], "k")),
    "put/value-is-a-text": (put(["a"], "k", "text"), get(["a"], "k")),
    "put/large-integer": (put(["a"], "k", {"n": 2**63}), get(["a"], "k")),
    "put/bytes": (put(["a"], "k", {"raw": b"\0\1"}), get(["a"], "k")),
    "put/key-is-an-integer": (put(["a"], "k", {1: "one"}), get(["a"], "k")),
    "put/not-finite": (put(["a"], "k", {"n": float("inf"), "m": float("nan")}), get(["a"], "k")),
    "put/lone-surrogate-free-nul": (put(["a"], "k\0", {"n": "v\0"}), get(["a"], "k\0")),
    "put/deep": (put(["a"], "k", {"x": {"y": {"z": {"w": [[[[1]]]]}}}}), get(["a"], "k")),
    "namespace/empty": (put([], "k", {"n": 1}), ALL),
    "namespace/empty-label": (put(["a", ""], "k", {"n": 1}), ALL),
    "namespace/label-with-a-dot": (put(["a.b"], "k", {"n": 1}), ALL),
    "namespace/label-is-a-number": (put([1, "a"], "k", {"n": 1}), ALL),
    "namespace/reserved": (put(["langgraph", "a"], "k", {"n": 1}), ALL),
    "namespace/reserved-further-in": (put(["a", "langgraph"], "k", {"n": 1}), ALL),
    "namespace/same-key-twice": (
        put(["a"], "k", {"n": 1}),
        put(["a", "b"], "k", {"n": 2}),
        get(["a"], "k"),
        get(["a", "b"], "k"),
    ),
    "namespace/case-matters": (
        put(["A"], "k", {"n": 1}),
        put(["a"], "K", {"n": 2}),
        get(["a"], "k"),
        search(["a"]),
        names(),
    ),
    "namespace/get-of-none": (get([], "k"), get(["nowhere"], "k"), names()),
    "namespace/read-of-one-that-is-refused": (get(["a.b"], "k"), search(["a.b"])),
}

_DELETES: Traces = {
    "delete/one": (*_PEOPLE[:2], op("delete", namespace=["users", "ann"], key="profile"), ALL),
    "delete/none": (op("delete", namespace=["a"], key="k"), ALL, names()),
    "delete/twice": (
        put(["a"], "k", {"n": 1}),
        op("delete", namespace=["a"], key="k"),
        op("delete", namespace=["a"], key="k"),
        get(["a"], "k"),
    ),
    "delete/last-of-a-namespace": (
        put(["a", "b"], "k", {"n": 1}),
        op("delete", namespace=["a", "b"], key="k"),
        names(),
        search(["a"]),
    ),
    "delete/put-again": (
        put(["a"], "k", {"n": 1}),
        put(["a"], "l", {"n": 2}),
        op("delete", namespace=["a"], key="k"),
        put(["a"], "k", {"n": 3}),
        ALL,
    ),
}

_FILTERS: dict[str, dict[str, Any]] = {
    "equal": {"city": "Rome"},
    "equal-integer-and-float": {"age": 30},
    "equal-true": {"vip": True},
    "equal-true-as-one": {"vip": 1},
    "equal-null": {"theme": None},
    "equal-list": {"tags": ["a", "b"]},
    "equal-map": {"deep": {"x": {"y": 1}}},
    "two-keys": {"age": 30, "city": "Rome"},
    "none-matches": {"city": "Bern"},
    "missing-key": {"nowhere": 1},
    "eq": {"age": {"$eq": 40}},
    "ne": {"age": {"$ne": 30}},
    "ne-null": {"theme": {"$ne": None}},
    "gt": {"age": {"$gt": 30}},
    "gte": {"age": {"$gte": 30}},
    "lt": {"age": {"$lt": 40}},
    "lte": {"age": {"$lte": 40.0}},
    "gt-and-lt": {"age": {"$gt": 20, "$lt": 35}},
    "gt-of-texts": {"city": {"$gt": "Paris"}},
    "unknown-operator": {"age": {"$in": [30]}},
    "operator-of-a-map": {"deep": {"x": {"$gt": 0}}},
    "dotted-key": {"deep.x": {"y": 1}},
    "odd-key": {"a b": 1},
    "empty": {},
}

_SEARCHES: Traces = {
    "search/all": (*_PEOPLE, ALL),
    "search/nothing-stored": (ALL, search(["a"])),
    "search/prefix": (
        *_PEOPLE,
        search(["users"]),
        search(["users", "ann"]),
        search(["docs", "bob"]),
    ),
    "search/prefix-of-a-label": (put(["foobar"], "k", {"n": 1}), search(["foo"])),
    "search/default-limit": (
        *(put(["a"], f"k{number:02}", {"n": number}) for number in range(12)),
        search(["a"]),
    ),
    "search/limit": (*_PEOPLE, search(limit=2), search(limit=0), search(limit=1, offset=1)),
    "search/offset": (*_PEOPLE, search(offset=3), search(offset=100), search(["users"], offset=2)),
    "search/negative-limit": (*_PEOPLE, search(limit=-1)),
    "search/negative-offset": (*_PEOPLE, search(offset=-2)),
    "search/filter-and-limit": (
        *_PEOPLE,
        search(filter={"age": {"$gte": 30}}, limit=2),
        search(filter={"age": {"$gte": 30}}, limit=2, offset=1),
    ),
    "search/query-without-an-index": (*_PEOPLE, search(["users"], query="rome")),
    "search/filter-bounds": (
        *(put(["a"], f"k{number}", {"n": number}) for number in (1, 2, 3)),
        *(search(filter={"n": {name: 2}}) for name in ("$gt", "$gte", "$lt", "$lte")),
        search(filter={"n": {"$gt": 1, "$lt": 3}}),
        search(filter={"n": {"$gte": True}}),
    ),
    "search/after-an-update": (*_PEOPLE[:3], put(["users"], "count", {"n": 3}), ALL),
    **{
        f"search/filter-{name}": (*_PEOPLE, search(filter=wanted))
        for name, wanted in _FILTERS.items()
    },
}

_LISTS: Traces = {
    "names/all": (*_PEOPLE, names()),
    "names/prefix": (*_PEOPLE, names(prefix=["users"]), names(prefix=["docs", "bob"])),
    "names/prefix-of-a-label": (*_PEOPLE, names(prefix=["user"])),
    "names/suffix": (*_PEOPLE, names(suffix=["v1"]), names(suffix=["bob"]), names(suffix=["ob"])),
    "names/both": (*_PEOPLE, names(prefix=["docs"], suffix=["v1"])),
    "names/wildcard": (*_PEOPLE, names(prefix=["docs", "*", "v1"]), names(suffix=["*", "v1"])),
    "names/wildcard-alone": (*_PEOPLE, names(prefix=["*"]), names(suffix=["*"])),
    "names/depth": (*_PEOPLE, *(names(max_depth=depth) for depth in (1, 2, 3, 9))),
    "names/depth-zero": (*_PEOPLE, names(max_depth=0)),
    "names/depth-and-prefix": (*_PEOPLE, names(prefix=["docs"], max_depth=2)),
    "names/limit": (*_PEOPLE, names(limit=2), names(limit=2, offset=1), names(offset=4)),
    "names/depth-and-limit": (*_PEOPLE, names(max_depth=1, limit=1), names(max_depth=1, offset=1)),
    "names/order": (put(["b"], "k", {}), put(["a", "z"], "k", {}), put(["a"], "k", {}), names()),
    "names/longer-than-any": (*_PEOPLE, names(prefix=["docs", "bob", "v1", "x"])),
    "names/empty-prefix": (*_PEOPLE, names(prefix=[]), names(suffix=[])),
}


_K = {"namespace": ["a"], "key": "k"}
_NOTHING: dict[str, Any] = {}
_BATCHES: Traces = {
    "batch/empty": (batch(),),
    "batch/get-and-put": (
        put(["a"], "k", {"n": 1}),
        batch(("get", _K), ("put", {**_K, "value": {"n": 2}}), ("get", _K)),
        get(["a"], "k"),
    ),
    "batch/puts-of-one-key": (
        batch(("put", {**_K, "value": {"n": 1}}), ("put", {**_K, "value": {"n": 2}})),
        get(["a"], "k"),
    ),
    "batch/put-and-delete": (
        batch(("put", {**_K, "value": {"n": 1}}), ("put", {**_K, "value": None})),
        get(["a"], "k"),
        names(),
    ),
    "batch/delete-and-put": (
        put(["a"], "k", {"n": 1}),
        batch(("put", {**_K, "value": None}), ("put", {**_K, "value": {"n": 2}})),
        get(["a"], "k"),
    ),
    "batch/search-before-put": (
        batch(("put", {**_K, "value": {"n": 1}}), ("search", {"namespace": ["a"]})),
        batch(("search", {"namespace": ["a"], "limit": 1}), ("list_namespaces", {})),
    ),
    "batch/same-get-twice": (put(["a"], "k", {"n": 1}), batch(("get", _K), ("get", _K))),
    "batch/several-namespaces": (
        *_PEOPLE,
        batch(
            ("get", {"namespace": ["docs", "bob", "v1"], "key": "a"}),
            ("get", {"namespace": ["users"], "key": "count"}),
            ("get", {"namespace": ["users"], "key": "none"}),
            ("list_namespaces", {"prefix": ["users"], "max_depth": 2}),
            ("search", {"namespace": ["docs"], "filter": {"text": "y"}}),
        ),
    ),
    "batch/times-of-one": (
        batch(*(("put", {"namespace": ["a"], "key": key, "value": _NOTHING}) for key in "xyz")),
        get(["a"], "y"),
        get(["a"], "z"),
    ),
    "batch/refused-name": (
        batch(("put", {"namespace": ["a.b"], "key": "k", "value": {}})),
        names(),
    ),
}

COMMON: Traces = {**_PUTS, **_DELETES, **_SEARCHES, **_LISTS, **_BATCHES}


def cases() -> Iterator[Case]:
    """Yield the corpus: each trace on each store that offers it."""
    for kind in ("memory", "sqlite"):
        for name, operations in COMMON.items():
            yield store(f"stores/{kind}/{name}", {"store": kind}, *operations)
    for name, operations in {**_PUTS, **_SEARCHES, **_BATCHES}.items():
        if name in _AWAITED:
            yield store(f"stores/memory/async/{name}", {"store": "memory"}, *awaited(operations))
    once = op("get", namespace=["a"], key="k", **{"async": True})
    yield store("stores/sqlite/async/refused", {"store": "sqlite"}, once)
    yield store("stores/memory/ttl/refused", {"store": "memory"}, *EXPIRING["ttl/given"][:2], ALL)
    for name, operations in INDEXED.items():
        spec: dict[str, Any] = {"dims": 3, "fields": ["text"]}
        yield store(f"stores/memory/{name}", {"store": "memory", "index": spec}, *operations)
    everything = {"store": "memory", "index": {"dims": 4}}
    yield store("stores/memory/index/whole-values", everything, *INDEXED["index/query"])
    for label, ttl in TTLS.items():
        for name, operations in EXPIRING.items():
            case = f"stores/sqlite/{name}/{label}"
            yield store(case, {"store": "sqlite", "ttl": ttl or None}, *operations)
            spec = {"store": "async-sqlite", "ttl": ttl or None}
            yield store(f"stores/async-sqlite/{name}/{label}", spec, *awaited(operations))
    for name, operations in COMMON.items():
        spec = {"store": "async-sqlite"}
        yield store(f"stores/async-sqlite/{name}", spec, *awaited(operations))


def awaited(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield the operations as asynchronous calls; a sweep has one form only."""
    for one in operations:
        yield one if one.name == "sweep" else Operation(one.name, {**one.args, "async": True})


_AWAITED = {
    *("put/get", "put/again", "put/null-deletes", "namespace/label-with-a-dot", "search/prefix"),
    *("search/filter-gt", "search/limit", "batch/get-and-put", "batch/several-namespaces"),
}
