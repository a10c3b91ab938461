"""Cases for a store whose items expire."""

from __future__ import annotations

from typing import Any

from parity_kit.corpora.authoring import op

from ._store_parts import ALL, Traces, get, put, search

EXPIRING: Traces = {
    "ttl/given": (
        put(["a"], "k", {"n": 1}, ttl=0.05),
        put(["a"], "l", {"n": 2}),
        get(["a"], "k"),
        op("sweep"),
        get(["a"], "k"),
        get(["a"], "l"),
    ),
    "ttl/swept": (
        put(["a"], "k", {"n": 1}, ttl=0.02),
        get(["a"], "l"),
        get(["a"], "l"),
        op("sweep"),
        get(["a"], "k"),
        op("sweep"),
        ALL,
    ),
    "ttl/null": (put(["a"], "k", {"n": 1}, ttl=None), get(["a"], "k"), op("sweep"), ALL),
    "ttl/refreshed-by-a-get": (
        put(["a"], "k", {"n": 1}, ttl=0.05),
        get(["a"], "k"),
        get(["a"], "k", refresh_ttl=False),
        get(["a"], "k", refresh_ttl=True),
        op("sweep"),
    ),
    "ttl/refreshed-by-a-search": (
        put(["a"], "k", {"n": 1}, ttl=0.05),
        search(["a"]),
        search(["a"], refresh_ttl=False),
        search(["a"], filter={"n": 2}),
        op("sweep"),
    ),
    "ttl/put-again-without": (
        put(["a"], "k", {"n": 1}, ttl=0.05),
        put(["a"], "k", {"n": 2}),
        op("sweep"),
        get(["a"], "k"),
    ),
    "ttl/zero": (put(["a"], "k", {"n": 1}, ttl=0), op("sweep"), get(["a"], "k")),
    "ttl/negative": (put(["a"], "k", {"n": 1}, ttl=-1), op("sweep"), get(["a"], "k")),
}
TTLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "default": {"default_ttl": 0.05},
    "kept": {"refresh_on_read": False},
    "refreshed": {"refresh_on_read": True, "default_ttl": 0.02},
}
