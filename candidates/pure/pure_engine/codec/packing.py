"""Writing MessagePack as ormsgpack writes it for LangGraph.

Integers, strings and containers take their smallest form; floats always take 64 bits. Objects that
MessagePack has no type for go to a `default` function. Containers nest at most 255 deep.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time
from enum import Enum
from typing import Any, TypeAlias, cast
from uuid import UUID

from parity_kit.contract import Ext

Default: TypeAlias = Callable[[Any], "Ext | str"]
"""Returns a substitute for an object that MessagePack has no type for, or raises TypeError."""

_DEPTH = 255
_TOO_DEEP = "Recursion limit reached"

_HEAD_8, _HEAD_16 = struct.Struct(">BB").pack, struct.Struct(">BH").pack
_HEAD_32, _HEAD_64 = struct.Struct(">BI").pack, struct.Struct(">BQ").pack
_SIGNED_8, _SIGNED_16 = struct.Struct(">Bb").pack, struct.Struct(">Bh").pack
_SIGNED_32, _SIGNED_64 = struct.Struct(">Bi").pack, struct.Struct(">Bq").pack
_FLOAT = struct.Struct(">Bd").pack


def pack(value: Any, default: Default) -> bytes:
    """Return the bytes of a value, or raise `TypeError` with ormsgpack's message."""
    out = bytearray()
    _write(out, value, default, 0)
    return bytes(out)


def _write(out: bytearray, value: Any, default: Default, depth: int) -> None:
    kind = cast("type[Any]", type(value))
    writer = _WRITERS.get(kind)
    if writer is not None:
        writer(out, value)
    elif kind in _ARRAYS:
        _write_array(out, value, default, depth)
    elif kind is dict:
        _write_map(out, value, default, depth)
    elif kind is Ext:
        _write_ext(out, value)
    else:
        _write_other(out, value, default, depth)


def _write_other(out: bytearray, value: Any, default: Default, depth: int) -> None:
    # ormsgpack writes a subclass of these like the class itself.
    for kind in cast("tuple[type[Any], ...]", (str, int, dict, list)):
        if isinstance(value, kind) and not isinstance(value, Enum):
            _write(out, kind(value), default, depth)
            return
    try:
        instead = default(value)
    except Exception:  # noqa: BLE001  # ormsgpack reports every error of a default the same way
        message = f"Type is not msgpack serializable: {type(value).__name__}"
        raise TypeError(message) from None
    _write(out, instead, default, depth)


def _write_array(out: bytearray, value: Any, default: Default, depth: int) -> None:
    if depth >= _DEPTH:
        raise TypeError(_TOO_DEEP)
    size = len(value)
    out += bytes((0x90 | size,)) if size < 16 else _sized(size, None, 0xDC, 0xDD)  # noqa: PLR2004  # fixarray
    for item in value:
        _write(out, item, default, depth + 1)


def _write_map(out: bytearray, value: dict[Any, Any], default: Default, depth: int) -> None:
    if depth >= _DEPTH:
        raise TypeError(_TOO_DEEP)
    size = len(value)
    out += bytes((0x80 | size,)) if size < 16 else _sized(size, None, 0xDE, 0xDF)  # noqa: PLR2004  # fixmap
    for key, item in value.items():
        if type(key) is str:
            _write_text(out, key, strict=True)
        else:
            _write_key(out, key, depth + 1)
        _write(out, item, default, depth + 1)


def _write_key(out: bytearray, key: Any, depth: int) -> None:
    """Write a key that is not a string; a date, a time or a UUID becomes text."""
    if isinstance(key, Enum):
        key = key.value
    kind = cast("type[Any]", type(key))
    if kind is str:
        _write_text(out, key, strict=True)
    elif kind is tuple:
        if depth >= _DEPTH:
            raise TypeError(_TOO_DEEP)
        items = cast("tuple[Any, ...]", key)
        size = len(items)
        out += bytes((0x90 | size,)) if size < 16 else _sized(size, None, 0xDC, 0xDD)  # noqa: PLR2004  # fixarray
        for item in items:
            _write_key(out, item, depth + 1)
    elif kind in _WRITERS and kind is not bytearray:
        _WRITERS[kind](out, key)
    elif isinstance(key, time) and key.tzinfo is not None:
        raise TypeError("datetime.time must not have tzinfo set")
    elif isinstance(key, (datetime, date, time)):
        _write_text(out, key.isoformat())
    elif isinstance(key, UUID):
        _write_text(out, str(key))
    else:
        raise TypeError("Dict key must a type serializable with OPT_NON_STR_KEYS")


def _write_int(out: bytearray, value: int) -> None:
    if -32 <= value < 128:  # noqa: PLR2004  # a fixint: the byte itself
        out.append(value & 0xFF)
    elif value > 0:
        out += (
            _HEAD_8(0xCC, value)
            if value < 1 << 8
            else _HEAD_16(0xCD, value)
            if value < 1 << 16
            else _HEAD_32(0xCE, value)
            if value < 1 << 32
            else _wide(_HEAD_64, 0xCF, value)
        )
    else:
        out += (
            _SIGNED_8(0xD0, value)
            if value >= -(1 << 7)
            else _SIGNED_16(0xD1, value)
            if value >= -(1 << 15)
            else _SIGNED_32(0xD2, value)
            if value >= -(1 << 31)
            else _wide(_SIGNED_64, 0xD3, value)
        )


def _wide(pack_64: Callable[[int, int], bytes], head: int, value: int) -> bytes:
    try:
        return pack_64(head, value)
    except struct.error:
        raise TypeError("Integer exceeds 64-bit range") from None


def _write_text(out: bytearray, value: str, *, strict: bool = False) -> None:
    try:
        data = value.encode()
    except UnicodeEncodeError:
        if strict:
            raise TypeError("string contains surrogates") from None
        data = value.encode(errors="replace")
    size = len(data)
    out += bytes((0xA0 | size,)) if size < 32 else _sized(size, 0xD9, 0xDA, 0xDB)  # noqa: PLR2004  # fixstr
    out += data


def _write_bytes(out: bytearray, value: bytes | bytearray | memoryview) -> None:
    data = bytes(value)
    out += _sized(len(data), 0xC4, 0xC5, 0xC6)
    out += data


def _sized(size: int, head_8: int | None, head_16: int, head_32: int) -> bytes:
    if head_8 is not None and size < 1 << 8:
        return _HEAD_8(head_8, size)
    return _HEAD_16(head_16, size) if size < 1 << 16 else _HEAD_32(head_32, size)


_FIXED_EXTS = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}


def _write_ext(out: bytearray, value: Ext) -> None:
    size = len(value.data)
    if size in _FIXED_EXTS:
        out.append(_FIXED_EXTS[size])
    else:
        out += _sized(size, 0xC7, 0xC8, 0xC9)
    out.append(value.code & 0xFF)
    out += value.data


_WRITERS: dict[Any, Callable[[bytearray, Any], None]] = {
    type(None): lambda out, _: out.append(0xC0),
    bool: lambda out, value: out.append(0xC3 if value else 0xC2),
    int: _write_int,
    float: lambda out, value: out.extend(_FLOAT(0xCB, value)),
    str: _write_text,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    memoryview: _write_bytes,
}
_ARRAYS = frozenset((list, tuple))
