"""Cases for a store with an index: what is embedded and what a query finds."""

from __future__ import annotations

from typing import Any

from parity_kit.corpora.authoring import op

from ._store_parts import Traces, batch, get, put, search

_DEEP: dict[str, Any] = {
    "a": {"b": "abc", "c": [1, True, None, {"b": "cab"}]},
    "n": 7,
    "list": ["x", ["abc", "aab"]],
}
_PATHS = {
    "dotted": "a.b",
    "last": "list[-1]",
    "beyond": "list[7]",
    "no-number": "list[x]",
    "of-a-map": "a[0]",
    "any-key": "a.*",
    "any-element": "a.c.*",
    "any-of-all": "*",
    "inside-any-element": "a.c.*.b",
    "inside-any-key": "*.b",
    "nested-list": "list[1][*]",
    "two-fields": "{a.b,n}",
    "two-fields-inside": "a.{b,c}",
    "braces-in-braces": "{n,a.{b,c}}",
    "braces-left-open": "{a.b",
    "two-fields-and-further": "{a,n}.b",
    "fields-with-an-index": "{list[0],a.c}",
    "fields-then-a-name": "{a,n}b",
    "brackets-left-open": "list[0",
    "a-stray-bracket": "a.b]c",
    "whole": "$",
    "empty": "",
    "a-number": "n",
    "a-map": "a",
    "a-list": "a.c",
    "null": "a.c[2]",
    "inside-each": "a.c[*].b",
}
_TEXTS = (
    put(["d"], "one", {"text": "abc", "title": "x"}),
    put(["d"], "two", {"text": "bcd", "title": "yy"}),
    put(["d"], "three", {"text": "aaa", "title": "abc"}),
)
INDEXED: Traces = {
    "index/query": (*_TEXTS, search(["d"], query="abc"), search(["d"], query="aaa", limit=1)),
    "index/without-a-query": (*_TEXTS, search(["d"])),
    "index/query-and-filter": (*_TEXTS, search(["d"], query="abc", filter={"title": "x"})),
    "index/limit-and-offset": (*_TEXTS, search(["d"], query="abc", limit=1, offset=1)),
    "index/not-indexed": (
        *_TEXTS,
        put(["d"], "four", {"text": "abc"}, index=False),
        search(["d"], query="abc"),
        search(["d"], query="abc", limit=2),
    ),
    "index/other-field": (
        put(["d"], "one", {"text": "abc", "title": "bbb"}, index=["title"]),
        put(["d"], "two", {"text": "bbb", "title": "abc"}),
        search(["d"], query="bbb"),
    ),
    "index/several-fields": (
        put(["d"], "one", {"text": "abc", "title": "bbb"}, index=["title", "text"]),
        search(["d"], query="bbb"),
    ),
    "index/list-of-texts": (
        put(["d"], "one", {"text": ["abc", "bbb"]}),
        put(["d"], "two", {"text": "bba"}),
        search(["d"], query="bbb"),
    ),
    "index/inside-a-list": (
        put(["d"], "one", {"parts": [{"text": "abc"}, {"text": "bbb"}]}, index=["parts[*].text"]),
        put(["d"], "two", {"parts": [{"text": "cca"}]}, index=["parts[0].text"]),
        search(["d"], query="bbb"),
    ),
    **{
        f"index/path-{name}": (
            put(["d"], "one", _DEEP, index=[path]),
            put(["d"], "two", {"a": {"b": "bbc"}}, index=[path]),
            search(["d"], query="abc"),
        )
        for name, path in _PATHS.items()
    },
    "index/missing-field": (put(["d"], "one", {"title": "abc"}), search(["d"], query="abc")),
    "index/same-text-twice": (
        put(["d"], "one", {"text": ["abc", "abc"]}),
        get(["d"], "one"),
        search(["d"], query="abc"),
    ),
    "index/same-text-in-two-fields": (
        put(["d"], "one", {"text": "abc", "title": "abc"}, index=["text", "title"]),
        get(["d"], "one"),
    ),
    "index/same-text-in-two-items": (
        batch(
            *(("put", {"namespace": ["d"], "key": key, "value": {"text": "abc"}}) for key in "kl")
        ),
        search(["d"], query="abc"),
    ),
    "index/overwritten-with-fewer-fields": (
        put(["d"], "one", {"text": "abc", "title": "bbb"}, index=["text", "title"]),
        put(["d"], "one", {"text": "ccc"}),
        search(["d"], query="bbb"),
    ),
    "index/overwritten": (
        *_TEXTS,
        put(["d"], "one", {"text": "ccc"}),
        search(["d"], query="ccc"),
    ),
    "index/deleted": (
        *_TEXTS,
        op("delete", namespace=["d"], key="one"),
        search(["d"], query="abc"),
    ),
    "index/deleted-and-put-again-unindexed": (
        *_TEXTS,
        op("delete", namespace=["d"], key="one"),
        put(["d"], "one", {"text": "abc"}, index=False),
        search(["d"], query="abc"),
    ),
}
