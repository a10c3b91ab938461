"""What is done to every saver: memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

from uuid import UUID

from parity_kit.corpora.authoring import op

from ._saver_parts import LIST_ALL, THREE, Traces, get, put, stored
from ._saver_puts import METADATA, PUTS
from ._saver_reads import LISTS, PLACES, VERSIONS
from ._saver_writes import DELTAS, WRITES

_UUID = stored(UUID(int=7))

APART: Traces = {
    "put/floats-json-has-not": (put(1, values={"x": float("nan"), "y": float("-inf")}), get()),
    "put/nul-in-text": (put(1, values={"s": "a\0b"}), get()),
    "put/metadata-nul": (put(1, metadata={"a\0": "b\0", "deep": {"c": "d\0"}}), get()),
    "put/metadata-json-has-not": (put(1, metadata={"x": float("nan"), "y": float("inf")}), get()),
    "put/metadata-typed": (put(1, metadata={"id": _UUID}), get()),
    "put/metadata-bytes": (put(1, metadata={"raw": b"\0\1"}), get()),
    "put/versions-are-integers": (
        put(1, channel_versions={"log": 1}),
        put(2, parent=1, channel_versions={"log": 2}),
        get(),
        get(1),
    ),
    "put/versions-are-mixed": (
        put(
            1,
            values={"a": [1], "b": [2], "c": [3], "d": [4]},
            channel_versions={"a": 1, "b": "1", "c": 1.0, "d": 1.5},
        ),
        get(),
    ),
    "list/filter-key-that-is-refused": (
        put(1, metadata={"a b": 1}),
        op("list", thread="t", filter={"a b": 1}),
    ),
    "list/limit-negative": (*THREE, op("list", thread="t", limit=-1)),
    "prune/is-offered-by-one": (*THREE, op("prune", threads=["t"]), LIST_ALL),
}
"""Where the three savers part ways, some of them with an error."""

COMMON: Traces = {**PUTS, **METADATA, **WRITES, **LISTS, **PLACES, **VERSIONS, **DELTAS}
"""What all three can be asked without a word of a driver's."""
