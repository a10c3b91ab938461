"""The in-memory and SQLite savers: what they keep, in which bytes, and how they find it again."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op, saver

from ._saver_parts import Traces, get, put, stored, writes
from ._saver_traces import APART, COMMON

SAVERS = ("memory", "sqlite")
# What PostgreSQL refuses before a server sees it, in its driver's words.
_TRACES: Traces = {
    **COMMON,
    **APART,
    "put/nul-in-names": (
        put(1, thread="a\0b", ns="c\0d", values={"e\0f": [1]}),
        get(thread="a\0b", ns="c\0d"),
        get(thread="a"),
        op("list", thread="a\0b"),
    ),
    "put-writes/nul-in-names": (
        put(1),
        writes(1, ["n\0", "v\0"], task="a\0b", task_path="c\0d"),
        get(),
    ),
    "list/filter-by-typed-value": (
        put(1, metadata={"id": str(UUID(int=7))}),
        op("list", thread="t", filter={"id": stored(UUID(int=7))}),
    ),
}


def cases() -> Iterator[Case]:
    """Yield the corpus: each trace on each saver."""
    for kind in SAVERS:
        for name, operations in _TRACES.items():
            yield saver(f"savers/{kind}/{name}", kind, *operations)
