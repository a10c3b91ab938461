"""How checkpoints are found again: lists and filters, namespaces, threads; and versions."""

from __future__ import annotations

from parity_kit.corpora.authoring import op

from ._saver_parts import LIST_ALL, THREE, Traces, get, id_of, put, version, writes
from ._saver_puts import KINDS

_META = (
    put(1, metadata={"source": "input", "step": -1, "parents": {}}),
    put(2, metadata={"source": "loop", "step": 0, "parents": {}, "user": "ann"}),
    put(3, metadata={"source": "loop", "step": 1, "parents": {}, "user": None}),
)
_EACH_KIND = (put(1, metadata=KINDS), put(2, metadata={"source": "loop", "number": 2}))

LISTS: Traces = {
    "list/newest-first": (*THREE, LIST_ALL),
    "list/limit": (*THREE, op("list", thread="t", limit=2), op("list", thread="t", limit=1)),
    "list/limit-zero": (*THREE, op("list", thread="t", limit=0)),
    "list/limit-above": (*THREE, op("list", thread="t", limit=9)),
    "list/before": (
        *THREE,
        op("list", thread="t", before=id_of(3)),
        op("list", thread="t", before=id_of(1)),
    ),
    "list/before-what-is-not-there": (*THREE, op("list", thread="t", before="00000000-0000-7")),
    "list/before-nothing": (*THREE, op("list", thread="t", before="")),
    "list/before-and-limit": (*THREE, op("list", thread="t", before=id_of(3), limit=1)),
    "list/before-in-all-threads": (put(1), put(2, thread="u"), put(3), op("list", before=id_of(3))),
    "list/one-checkpoint": (*THREE, op("list", thread="t", ns="", checkpoint_id=id_of(2))),
    "list/one-checkpoint-without-namespace": (
        *THREE,
        op("list", thread="t", checkpoint_id=id_of(2)),
    ),
    "list/one-checkpoint-filtered-out": (
        *THREE,
        op("list", thread="t", checkpoint_id=id_of(2), filter={"step": 3}),
    ),
    "list/checkpoint-id-is-empty": (*THREE, op("list", thread="t", ns="", checkpoint_id="")),
    "list/filter": (
        *_META,
        op("list", thread="t", filter={"source": "loop"}),
        op("list", thread="t", filter={"source": "loop", "step": 0}),
        op("list", thread="t", filter={"user": "ann"}),
        op("list", thread="t", filter={"absent": 1}),
        op("list", thread="t", filter={}),
    ),
    **{
        f"list/filter-by-{name}": (*_EACH_KIND, op("list", thread="t", filter={name: value}))
        for name, value in KINDS.items()
    },
    "list/filter-by-what-is-null-or-missing": (
        *_META,
        op("list", thread="t", filter={"user": None}),
    ),
    "list/filter-part-of-a-map": (*_EACH_KIND, op("list", thread="t", filter={"map": {"b": 1}})),
    "list/filter-map-in-another-order": (
        *_EACH_KIND,
        op("list", thread="t", filter={"map": {"a": {"c": [1, 2]}, "b": 1}}),
    ),
    "list/filter-part-of-a-list": (*_EACH_KIND, op("list", thread="t", filter={"list": ["a"]})),
    "list/filter-item-of-a-list": (*_EACH_KIND, op("list", thread="t", filter={"list": "a"})),
    "list/filter-number-for-bool": (*_EACH_KIND, op("list", thread="t", filter={"yes": 1})),
    "list/filter-bool-for-number": (*_EACH_KIND, op("list", thread="t", filter={"number": True})),
    "list/filter-float-for-integer": (*_EACH_KIND, op("list", thread="t", filter={"number": 1.0})),
    "list/filter-text-for-number": (*_EACH_KIND, op("list", thread="t", filter={"number": "1"})),
    "list/filter-deep-list": (
        put(1, metadata={"a": [[1, 2], [3]]}),
        op("list", thread="t", filter={"a": [[2]]}),
        op("list", thread="t", filter={"a": [[2, 3]]}),
        op("list", thread="t", filter={"a": [[3], [1, 2], [3]]}),
    ),
    "list/filter-key-with-dot": (
        put(1, metadata={"a.b": 1}),
        put(2, metadata={"a": {"b": 1}}),
        op("list", thread="t", filter={"a.b": 1}),
    ),
    "list/filter-key-with-hyphen": (
        put(1, metadata={"a-b": 1}),
        op("list", thread="t", filter={"a-b": 1}),
    ),
    "list/filter-value-with-quotes": (
        put(1, metadata={"a": 'it\'s "x" \\'}),
        op("list", thread="t", filter={"a": 'it\'s "x" \\'}),
    ),
    "list/filter-and-limit": (*_META, op("list", thread="t", filter={"source": "loop"}, limit=1)),
    "list/filter-before-and-limit": (
        *_META,
        op("list", thread="t", filter={"source": "loop"}, before=id_of(3), limit=1),
    ),
    "list/filter-in-all-threads": (
        put(1, metadata={"user": "ann"}),
        put(2, thread="u", metadata={"user": "ann"}),
        put(3, thread="v", metadata={"user": "bob"}),
        op("list", filter={"user": "ann"}),
    ),
    "list/all-threads": (put(1), put(2, thread="u"), op("list"), op("list", thread="u")),
    "list/all-threads-and-limit": (put(1), put(2, thread="u"), put(3), op("list", limit=2)),
    "list/all-namespaces": (
        put(1, ns="b"),
        put(2),
        put(3, ns="a|b:1"),
        put(4),
        LIST_ALL,
        op("list", thread="t", limit=3),
        op("list", thread="t", ns="a|b:1"),
    ),
    "list/nothing": (put(1), op("list", thread="no"), op("list", thread="t", ns="no")),
    "list/with-writes": (*THREE, writes(2, ["log", ["x"]]), LIST_ALL),
    "list/after-delete": (*THREE, op("delete_thread", thread="t"), LIST_ALL, op("list")),
}

PLACES: Traces = {
    "get-tuple/latest-is-the-greatest-id": (put(2), put(1), get()),
    "get-tuple/absent-id": (put(1), get(2), get("no")),
    "get-tuple/id-is-empty": (*THREE, get("")),
    "get-tuple/absent-namespace": (put(1), get(ns="no"), get(1, ns="no")),
    "namespace/apart": (
        put(1),
        put(2, ns="inner:1"),
        get(),
        get(ns="inner:1"),
        op("list", thread="t", ns="inner:1"),
        LIST_ALL,
    ),
    "namespace/blobs-apart": (
        put(1),
        put(1, ns="inner:1", values={"log": ["other"]}),
        get(),
        get(ns="inner:1"),
    ),
    "namespace/nested": (put(1, ns="a:1|b:2"), get(ns="a:1|b:2"), get(ns="a:1")),
    "thread/apart": (put(1), put(2, thread="u"), get(), get(thread="u"), get(1, thread="u")),
    "thread/name-with-slash": (put(1, thread="a/b%c"), get(thread="a/b%c")),
    "thread/name-empty": (put(1, thread=""), get(thread=""), op("list", thread="")),
    "thread/name-not-ascii": (put(1, thread="Ünï/😀"), get(thread="Ünï/😀"), get(thread="U")),
    "thread/names-differ-in-case": (put(1, thread="T"), put(2), get(thread="T"), get()),
    "thread/delete": (
        put(1),
        put(2, thread="u"),
        writes(1, ["log", ["x"]]),
        op("delete_thread", thread="t"),
        get(),
        get(thread="u"),
    ),
    "thread/delete-absent": (put(1), op("delete_thread", thread="no"), get()),
    "thread/delete-takes-namespaces": (
        put(1),
        put(2, ns="inner:1"),
        writes(2, ["n", 1], ns="inner:1"),
        op("delete_thread", thread="t"),
        get(ns="inner:1"),
        LIST_ALL,
    ),
    "thread/delete-and-put-again": (
        put(1),
        writes(1, ["log", ["x"]]),
        op("delete_thread", thread="t"),
        put(1, new=[]),
        get(),
    ),
    "thread/delete-twice": (
        put(1),
        op("delete_thread", thread="t"),
        op("delete_thread", thread="t"),
        get(),
    ),
}

VERSIONS: Traces = {
    "version/first-and-next": (
        op("next_version"),
        op("next_version", current=version(1)),
        put(1),
        op("next_version", current=version(1)),
        op("next_version", current=f"{99:032}.0123456789012345"),
    ),
    "version/of-other-forms": (
        op("next_version", current=7),
        op("next_version", current="7"),
        op("next_version", current="0007.x.y"),
        op("next_version", current=f"{10**31 - 1}.1"),
    ),
    "version/that-is-none": (
        op("next_version", current=""),
        op("next_version", current="abc"),
        op("next_version", current=1.5),
    ),
}
