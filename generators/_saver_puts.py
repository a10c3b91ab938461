"""What puts leave behind, and what is read of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what a delta channel stores
from langgraph.types import Interrupt, Send

from ._saver_parts import (
    LIST_ALL,
    THREE,
    Traces,
    checkpoint,
    get,
    id_of,
    put,
    put_raw,
    stored,
    version,
)

_INTERRUPT = stored(Interrupt({"q": 1}, id="0" * 32))
_SNAPSHOT = stored(_DeltaSnapshot(["a", "b"]))
_UUID = stored(UUID(int=7))
_LARGE = "0123456789abcdef" * 4200
KINDS: dict[str, Any] = {
    "text": "Zoë",
    "number": 1,
    "fraction": 0.5,
    "whole": 2.0,
    "yes": True,
    "no": False,
    "nothing": None,
    "map": {"b": 1, "a": {"c": [1, 2]}},
    "list": [1, "a", {"k": None}],
    "empty": {},
    "none": [],
}

PUTS: Traces = {
    "get-tuple/nothing": (get(), get(1), LIST_ALL),
    "put/one": (put(1), get()),
    "put/chain": (*THREE, get(), get(2), get(1)),
    "put/no-channels": (put(1, values={}), get()),
    "put/same-id-again": (put(1), put(1, values={"log": ["b"]}), get(), LIST_ALL),
    "put/same-id-other-parent": (
        *THREE,
        put(3, parent=1, metadata={"source": "fork", "step": 9, "parents": {}}),
        get(),
    ),
    "put/same-id-fewer-channels": (
        put(1, values={"log": ["a"], "n": 1}),
        put(1, values={"n": 2}),
        get(),
    ),
    "put/same-version-other-value": (
        put(1, values={"log": ["a"]}),
        put(2, parent=1, values={"log": ["b"]}, channel_versions={"log": version(1)}),
        get(),
        get(1),
    ),
    "put/unchanged-channel-keeps-blob": (
        put(1, values={"log": ["a"], "n": 1}),
        put(2, parent=1, values={"log": ["a"], "n": 2}, new=["n"]),
        get(2),
    ),
    "put/unchanged-channel-is-found-by-version": (
        put(1, values={"log": ["a"], "n": [1]}),
        put(
            2,
            parent=1,
            values={"log": ["a"], "n": [2]},
            new=["n"],
            channel_versions={"log": version(1), "n": version(2)},
        ),
        get(2),
    ),
    "put/channel-without-version": (
        put(1, values={"log": ["a"], "n": 1}, channel_versions={}),
        get(),
    ),
    "put/version-without-channel": (
        put(1, values={}, channel_versions={"log": version(1)}),
        get(),
    ),
    "put/channel-disappears": (
        put(1),
        put(2, parent=1, values={}, channel_versions={"log": version(2)}),
        put(3, parent=2),
        get(2),
        get(3),
    ),
    "put/new-version-that-the-checkpoint-has-not": (put(1, new={"other": version(7)}), get()),
    "put/empty-channel": (
        put_raw(
            checkpoint(
                1,
                {},
                channel_versions={"log": version(1)},
                versions_seen={},
                updated_channels=None,
            ),
            {"log": version(1)},
        ),
        get(),
    ),
    "put/value-of-each-kind": (
        put(
            1,
            values={
                "null": None,
                "bytes": b"\x00\xff",
                "float": 0.1,
                "set": stored({2, 1}),
                "sends": [stored(Send("a", {"k": 1}))],
                "map": {"b": 1, "a": [None, True]},
            },
        ),
        get(),
    ),
    "put/scalar-of-each-kind": (
        put(1, values={"t": True, "f": False, "n": None, "i": -7, "s": "text", "e": "", "z": 0}),
        get(),
    ),
    "put/integers-at-the-limits": (
        put(1, values={"a": 2**63 - 1, "b": -(2**63), "c": 2**64 - 1, "d": 2**53 + 1}),
        get(),
    ),
    "put/floats": (
        put(
            1,
            values={
                "one": 1.0,
                "tenth": 0.1,
                "minus-zero": -0.0,
                "large": 1e16,
                "small": 1e-7,
                "tiny": 5e-324,
                "third": 1 / 3,
                "whole": 123456789.0,
            },
        ),
        get(),
    ),
    "put/float-huge": (put(1, values={"huge": 1.5e300, "pi": 3.141592653589793e200}),),
    "put/floats-inside-a-value": (put(1, values={"x": [1.0, -0.0, 1e16, float("inf")]}), get()),
    "put/text-that-needs-escapes": (
        put(1, values={"s": 'quote " back \\ slash / \b\f\n\r\t \x01\x1f\x7f', "u": "\u2028é😀"}),
        get(),
    ),
    "put/text-like-json": (put(1, values={"s": '{"a": 1}', "t": "null", "u": "\\u0041"}), get()),
    "put/nul-inside-a-value": (put(1, values={"log": ["a\0b"]}), get()),
    "put/typed-values": (
        put(1, values={"id": _UUID, "wait": _INTERRUPT, "in": {"deep": [_UUID]}}),
        get(),
    ),
    "put/delta-snapshot": (put(1, values={"log": _SNAPSHOT}), get()),
    "put/bytes-value": (put(1, values={"b": b""}), get()),
    "put/large-value": (put(1, values={"log": [_LARGE]}),),
    "put/many-channels": (put(1, values={f"channel-{n}": [n] for n in range(20)}), get()),
    "put/channels-in-an-order": (put(1, values={"zz": [1], "a": [2], "m": [3], "bb": 4}), get()),
    "put/map-with-other-keys": (put(1, values={"m": {1: "a", None: "b", 1.5: "c"}}), get()),
    "put/extra-part": (put(1, values={"n": 1}, pending_sends=[], other={"b": 1, "a": 2}), get()),
    "put/without-values": (put_raw({"id": id_of(1), "v": 4, "channel_versions": {}}), get()),
    "put/without-id": (
        put_raw({"channel_values": {"n": [1]}, "v": 4, "channel_versions": {"n": "1"}}, {"n": "1"}),
        LIST_ALL,
    ),
    "put/parent-is-empty": (put(1, parent=""), get()),
    "put/parent-is-not-there": (put(2, parent=1), get()),
    "put/out-of-order": (put(3), put(1), put(2, parent=1), get(), LIST_ALL),
    "put/ids-that-are-no-uuids": (
        *(put(1, id=name) for name in ("b", "a", "C", "é", "10", "9")),
        get(),
        LIST_ALL,
    ),
    "put/old-versions": (
        put(1, v=1, pending_sends=[]),
        put(2, v=2, parent=1, pending_sends=[]),
        put(3, v=3, parent=2),
        LIST_ALL,
    ),
}

METADATA: Traces = {
    "put/metadata-not-ascii": (
        put(1, metadata={"source": "loop", "step": 1, "parents": {}, "name": "Zoë\0", "f": 0.5}),
        get(),
    ),
    "put/metadata-order": (put(1, metadata={"step": 1, "b": {"z": 1, "a": 2}, "a": []}), get()),
    "put/metadata-of-each-kind": (put(1, metadata=KINDS), get()),
    "put/metadata-empty": (put(1, metadata={}), get()),
    "put/metadata-writes": (put(1, metadata={"source": "loop", "writes": {"n": 1}}), get()),
    "put/metadata-named-like-config": (
        put(1, metadata={"thread_id": "other", "checkpoint_id": "x", "checkpoint_ns": "y"}),
        get(),
    ),
    "put/metadata-keys-not-text": (put(1, metadata={1: "a", "m": {2: "b", None: "c"}}), get()),
    "put/metadata-escapes": (
        put(1, metadata={"a": 'say "é" \\ \n', "\u2028": "😀", "ctl": "\x01\x7f"}),
        get(),
    ),
    "put/metadata-numbers": (
        put(1, metadata={"a": 1.0, "b": -0.0, "c": 1e16, "d": 1e-7, "e": 2**63, "f": 2.5e17}),
        get(),
    ),
    "put/metadata-deep": (
        put(1, metadata={"a": [[[[{"b": [[]]}]]]], "c": {"d": {"e": {}}}}),
        get(),
    ),
}
