"""Bytes that are not what they say, below the level of envelopes: cuts, lies, bombs, bad text."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext

_EVERY_FORM: list[Any] = [
    *(None, True, False, 7, -7, 200, 300, 70_000, 2**40, -100, -300, -70_000, -(2**40), 1.5),
    *("fix", "é" * 20, "c" * 260, b"bin", [1], {"k": [2]}, {1: {}, (1, "t"): 2}),
    Ext(7, b"\x01"),
    Ext(7, pack([1, {"a": 2}])),
]
_HEADS_WITH_SIZE = {
    "str8": (0xD9, 1),
    "str16": (0xDA, 2),
    "str32": (0xDB, 4),
    "bin8": (0xC4, 1),
    "bin16": (0xC5, 2),
    "bin32": (0xC6, 4),
    "array16": (0xDC, 2),
    "array32": (0xDD, 4),
    "map16": (0xDE, 2),
    "map32": (0xDF, 4),
    "ext8": (0xC7, 1),
    "ext16": (0xC8, 2),
    "ext32": (0xC9, 4),
}
_BAD_TEXTS = {
    "lone-continuation": b"\x80",
    "start-without-continuation": b"\xc3",
    "start-then-ascii": b"\xc3a",
    "three-bytes-cut": b"\xe2\x82",
    "four-bytes-cut": b"\xf0\x9f\xa6",
    "overlong-nul": b"\xc0\x80",
    "overlong-slash": b"\xe0\x80\xaf",
    "overlong-four": b"\xf0\x80\x80\xaf",
    "surrogate-high": b"\xed\xa0\x80",
    "surrogate-low": b"\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\xbe\xed\xb6\x9c",
    "above-the-last-plane": b"\xf4\x90\x80\x80",
    "five-bytes": b"\xf8\x88\x80\x80\x80",
    "byte-fe": b"\xfe",
    "byte-ff": b"\xff",
    "latin-1": b"caf\xe9",
    "bad-after-good": b"abc\xff",
}
_CUT_TEXT = b"\xc7\x05\x07\xa4a\xff"


def cuts() -> Iterator[tuple[str, bytes]]:
    """Yield a value with every form in it, cut at each byte."""
    data = pack(_EVERY_FORM)
    for size in range(len(data)):
        # Inside a long text one place is like the next.
        if b"c" * 4 not in data[size - 4 : size + 4]:
            yield f"{size:03}", data[:size]


def lone_bytes() -> Iterator[tuple[str, bytes]]:
    """Yield each first byte that needs more, alone and before zeros."""
    for head in range(0x80, 0xE0):
        yield f"alone-{head:02x}", bytes((head,))
        if head >= 0xC0:  # noqa: PLR2004  # from here on no byte holds its own size
            yield f"zeros-{head:02x}", bytes((head, *[0] * 17))
            yield f"ones-{head:02x}", bytes((head, *[0xFF] * 17))


def sizes() -> Iterator[tuple[str, bytes]]:
    """Yield values whose declared size is not theirs."""
    for name, (head, width) in _HEADS_WITH_SIZE.items():
        body = b"\x07" * (name.startswith("ext")) + b"\x01\x02\x03\x04"
        most = (1 << 8 * width) - 1
        for label, size in {"one-more": 5, "half": 1 << 8 * width - 1, "most": most}.items():
            yield f"{name}-{label}", bytes((head,)) + size.to_bytes(width, "big") + body
        yield f"{name}-none", bytes((head,)) + bytes(width) + body
        yield f"{name}-size-cut", bytes((head,)) + bytes(width - 1)
        inside = bytes((head,)) + most.to_bytes(width, "big")
        yield f"{name}-most-inside", b"\x92" + inside + body
        yield f"{name}-most-as-key", b"\x81" + inside + body
    yield "fixarray", b"\x9f\x01"
    yield "fixmap", b"\x8f\xa1a\x01"
    yield "fixmap-key-without-value", b"\x81\xa1a"
    yield "fixstr", b"\xbfabc"
    yield "fixext", b"\xd8\x07\x01"
    yield "ext-longer-than-its-value", b"\xc7\x05\x07\x01\x02\x03\x04\x05"
    yield "ext-shorter-than-its-value", b"\xc7\x02\x07\x92\x01\x02"
    yield "ext-that-ends-in-text", _CUT_TEXT


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield values that nest too deeply, or say that they are enormous many times over."""
    for depth in (1_025, 20_000):
        for name, head in {
            "array": b"\x91",
            "map": b"\x81\xa1k",
            "map-of-null": b"\x81\xc0",
        }.items():
            yield f"deep-{name}-{depth}", head * depth
            yield f"deep-{name}-{depth}-ended", head * depth + b"\xc0"
        yield f"deep-key-{depth}", b"\x81" + b"\x91" * depth
    yield "deep-array32", b"\xdd\x00\x00\x00\x01" * 1_025
    nested = b"\xc0"
    for _ in range(3_000):
        nested = _ext(7, nested)
    yield "deep-ext-3000", nested
    for count in (10, 1_000):
        yield f"huge-arrays-{count}", b"\xdd\xff\xff\xff\xff" * count
        yield f"huge-maps-{count}", b"\xdf\xff\xff\xff\xff\x01" * count
        yield f"huge-array-of-huge-{count}", b"\xdc\xff\xff" + b"\xdd\xff\xff\xff\xff" * count
        yield f"huge-keys-{count}", b"\x81\xdd\xff\xff\xff\xff" * count
    yield "huge-text-in-each", b"\x9f" + b"\xdb\xff\xff\xff\xff" * 15
    yield "huge-ext-in-each", b"\x9f" + b"\xc9\xff\xff\xff\xff\x07" * 15
    yield "many-empties", b"\xdc\x20\x00" + b"\x90" * 0x2000
    yield "many-empty-maps", b"\xdc\x20\x00" + b"\x80" * 0x2000
    yield "many-equal-keys", b"\xde\x10\x00" + b"\xa1a\x01" * 0x1000
    yield "many-nan-keys", b"\xde\x00\xff" + b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\x01" * 0xFF


def _ext(code: int, data: bytes) -> bytes:
    return pack(Ext(code, data))


def keys() -> Iterator[tuple[str, bytes]]:
    """Yield maps with keys that no map can have, or that it has twice."""
    heads = {
        "map": b"\x80",
        "map-with-entry": b"\x81\x01\x02",
        "map16": b"\xde\x00\x00",
        "map32": b"\xdf\x00\x00\x00\x00",
        "ext-delta": _ext(7, b"\x01"),
        "ext-uuid": _ext(0, pack(["uuid", "UUID", "0" * 32])),
        "ext-unknown": _ext(100, b""),
        "ext-timestamp": b"\xd6\xff\x00\x00\x00\x01",
        "ext16": b"\xc8\x00\x01\x07\x01",
        "ext32": b"\xc9\x00\x00\x00\x01\x07\x01",
        "unused": b"\xc1",
    }
    for name, key in heads.items():
        yield f"{name}-as-key", b"\x81" + key + b"\x01"
        yield f"{name}-in-key-array", b"\x81\x92\x01" + key + b"\x01"
        yield f"{name}-as-second-key", b"\x82\x01\x02" + key + b"\x01"
    twice = {
        "text": b"\xa1a",
        "int": b"\x01",
        "null": b"\xc0",
        "bytes": b"\xc4\x01a",
        "array": b"\x91\x01",
        "float": b"\xcb" + struct.pack(">d", 0.5),
        "empty-text": b"\xa0",
    }
    for name, key in twice.items():
        yield f"twice-{name}", b"\x82" + key + b"\x01" + key + b"\x02"
        yield f"twice-{name}-around-another", b"\x83" + key + b"\x01\xa1z\x09" + key + b"\x02"
    yield "int-and-its-text", b"\x82\x01\x01\xa11\x02"
    yield "text-and-its-bytes", b"\x82\xa1a\x01\xc4\x01a\x02"


def texts() -> Iterator[tuple[str, bytes]]:
    """Yield text that is no UTF-8, wherever text can be."""
    for name, raw in _BAD_TEXTS.items():
        text = bytes((0xA0 | len(raw),)) + raw
        yield f"{name}-as-value", text
        yield f"{name}-as-str8", b"\xd9" + bytes((len(raw),)) + raw
        yield f"{name}-as-key", b"\x81" + text + b"\x01"
        yield f"{name}-inside", b"\x92\x01\x81\xa1k" + text
        yield f"{name}-in-ext", _ext(7, text)
        yield f"{name}-in-envelope", _ext(0, b"\x93\xa4uuid\xa4UUID" + text)
