"""LangGraph's stores on a real PostgreSQL server: what is done to the others, and what expires."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op, store

from ._store_expiry import EXPIRING, TTLS
from ._store_parts import ALL, Traces, batch, get, names, put, search
from .stores import COMMON, awaited

REQUIRES = ("postgresql",)
"""Without a server this corpus is not regenerated, and that is said."""

_WORDED_BY_THE_DRIVER = "put/lone-surrogate-free-nul"  # before a server sees it
_OTHERWISE: Traces = {
    "search/numbers-as-texts": (
        *(put(["a"], f"k{number}", {"n": number}) for number in (9, 10, 100, -1)),
        *(search(filter={"n": {name: 10}}) for name in ("$gt", "$gte", "$lt", "$lte", "$ne")),
    ),
    "search/filter-quoted-key": (put(["a"], "k", {"it's": 1}), search(filter={"it's": 1})),
}
_MINUTES: Traces = {
    "minutes/refreshed": (
        put(["a"], "k", {"n": 1}, ttl=1),
        get(["a"], "k"),
        get(["a"], "k", refresh_ttl=False),
        search(["a"]),
        op("sweep"),
    ),
    "minutes/half-is-rounded": (
        put(["a"], "k", {"n": 1}, ttl=0.5),
        put(["a"], "l", {"n": 1}, ttl=1.5),
        put(["a"], "m", {"n": 1}, ttl=2.5),
        op("sweep"),
        search(["a"], refresh_ttl=True),
        op("sweep"),
        ALL,
    ),
}
_EXPIRED = (put(["a"], "k", {"n": 1}, ttl=0.02), put(["b"], "l", {"n": 2}), get(["a"], "k"))
_OMITTED: Traces = {
    "omitted/get": (*_EXPIRED, get(["a"], "k"), get(["a"], "k", refresh_ttl=True)),
    "omitted/search": (*_EXPIRED, ALL, search(["a"]), search(filter={"n": 1})),
    "omitted/names": (*_EXPIRED, names(), names(prefix=["a"]), names(max_depth=1)),
    "omitted/batch": (
        *_EXPIRED,
        batch(("get", {"namespace": ["a"], "key": "k"}), ("search", {"namespace": []})),
    ),
    "omitted/put-again": (*_EXPIRED, put(["a"], "k", {"n": 3}), get(["a"], "k"), op("sweep")),
}


def cases() -> Iterator[Case]:
    """Yield the corpus: each trace on both stores."""
    spec: dict[str, Any] = {"store": "postgres"}
    traces = {**COMMON, **_OTHERWISE, **_MINUTES}
    del traces[_WORDED_BY_THE_DRIVER]
    kinds = {name: (spec, operations) for name, operations in traces.items()}
    for label, ttl in TTLS.items():
        for name, operations in EXPIRING.items():
            kinds[f"{name}/{label}"] = ({**spec, "ttl": ttl or None}, operations)
    for name, operations in _OMITTED.items():
        kinds[name] = (
            {**spec, "ttl": {"omit_expired": True, "refresh_on_read": False}},
            operations,
        )
    for name, (settings, operations) in kinds.items():
        yield store(f"stores_postgres/{name}", settings, *operations)
        own = {**settings, "store": "async-postgres"}
        yield store(f"stores_postgres/async/{name}", own, *awaited(operations))
