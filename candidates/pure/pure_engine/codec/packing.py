"""Writing MessagePack as ormsgpack writes it for LangGraph.

Integers, strings and containers take their smallest form; floats always take 64 bits. Objects that
MessagePack has no type for go to a `default` function. Containers nest at most 255 deep.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from enum import Enum
from typing import Any, TypeAlias, cast
from uuid import UUID

from parity_kit.contract import Ext

Default: TypeAlias = Callable[[Any], "Ext | str"]
"""Returns a substitute for an object that MessagePack has no type for, or raises TypeError."""

_DEPTH = 255
_LONG = 64  # keys below this length repeat, from map to map: their bytes are kept
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
    scalar = _SCALARS.get(kind)
    if scalar is not None:
        out += scalar(value)
    elif kind is list or kind is tuple:
        _write_array(out, value, default, depth)
    elif kind is dict:
        _write_map(out, value, default, depth)
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


def _write_array(out: bytearray, value: Sequence[Any], default: Default, depth: int) -> None:
    out += _head(len(value), depth, 0x90, 0xDC)
    for item in value:
        scalar = _SCALARS.get(type(item))
        if scalar is not None:
            out += scalar(item)
        else:
            _write(out, item, default, depth + 1)


def _write_map(out: bytearray, value: dict[Any, Any], default: Default, depth: int) -> None:
    out += _head(len(value), depth, 0x80, 0xDE)
    for key, item in value.items():
        out += _key_text(key) if type(key) is str and len(key) < _LONG else _key(key, depth + 1)
        scalar = _SCALARS.get(type(item))
        if scalar is not None:
            out += scalar(item)
        else:
            _write(out, item, default, depth + 1)


def _head(size: int, depth: int, fixed: int, head: int) -> bytes:
    """Return the head of an array or a map."""
    if depth >= _DEPTH:
        raise TypeError(_TOO_DEEP)
    return _BYTES[fixed | size] if size < 16 else _sized(size, None, head, head + 1)  # noqa: PLR2004  # fixarray and fixmap


def _key(key: Any, depth: int) -> bytes:
    """Return the bytes of a key; a date, a time or a UUID becomes text."""
    if isinstance(key, Enum):
        key = key.value
    kind = cast("type[Any]", type(key))
    if kind is str:
        return _key_text.__wrapped__(key)
    if kind is tuple:
        items = cast("tuple[Any, ...]", key)
        head = _head(len(items), depth, 0x90, 0xDC)
        return head + b"".join(_key(item, depth + 1) for item in items)
    if kind in _SCALARS and kind is not bytearray and kind is not Ext:
        return _SCALARS[kind](key)
    if isinstance(key, time) and key.tzinfo is not None:
        raise TypeError("datetime.time must not have tzinfo set")
    if isinstance(key, (datetime, date, time)):
        return _text(key.isoformat())
    if isinstance(key, UUID):
        return _text(str(key))
    raise TypeError("Dict key must a type serializable with OPT_NON_STR_KEYS")


@functools.lru_cache(maxsize=1024)
def _key_text(key: str) -> bytes:
    try:
        return _encoded(key.encode())
    except UnicodeEncodeError:
        raise TypeError("string contains surrogates") from None


def _text(value: str) -> bytes:
    try:
        return _encoded(value.encode())
    except UnicodeEncodeError:
        return _encoded(value.encode(errors="replace"))


def _encoded(data: bytes) -> bytes:
    size = len(data)
    if size < 32:  # noqa: PLR2004  # fixstr
        return _BYTES[0xA0 | size] + data
    return _sized(size, 0xD9, 0xDA, 0xDB) + data


def _bytes(value: bytes | bytearray | memoryview) -> bytes:
    data = bytes(value)
    return _sized(len(data), 0xC4, 0xC5, 0xC6) + data


def _sized(size: int, head_8: int | None, head_16: int, head_32: int) -> bytes:
    if head_8 is not None and size < 1 << 8:
        return _HEAD_8(head_8, size)
    return _HEAD_16(head_16, size) if size < 1 << 16 else _HEAD_32(head_32, size)


def _int(value: int) -> bytes:
    if -32 <= value < 128:  # noqa: PLR2004  # a fixint: the byte itself
        return _BYTES[value & 0xFF]
    if value > 0:
        return (
            _HEAD_8(0xCC, value)
            if value < 1 << 8
            else _HEAD_16(0xCD, value)
            if value < 1 << 16
            else _HEAD_32(0xCE, value)
            if value < 1 << 32
            else _wide(_HEAD_64, 0xCF, value)
        )
    return (
        _SIGNED_8(0xD0, value)
        if value >= -(1 << 7)
        else _SIGNED_16(0xD1, value)
        if value >= -(1 << 15)
        else _SIGNED_32(0xD2, value)
        if value >= -(1 << 31)
        else _wide(_SIGNED_64, 0xD3, value)
    )


def _float(value: float) -> bytes:
    return _FLOAT(0xCB, value)


def _wide(pack_64: Callable[[int, int], bytes], head: int, value: int) -> bytes:
    try:
        return pack_64(head, value)
    except struct.error:
        raise TypeError("Integer exceeds 64-bit range") from None


def _ext(value: Ext) -> bytes:
    size = len(value.data)
    head = _FIXED_EXTS.get(size) or _sized(size, 0xC7, 0xC8, 0xC9)
    return head + _BYTES[value.code & 0xFF] + value.data


_BYTES = tuple(bytes((byte,)) for byte in range(256))
_FIXED_EXTS = {1: b"\xd4", 2: b"\xd5", 4: b"\xd6", 8: b"\xd7", 16: b"\xd8"}
_SCALARS: dict[Any, Callable[[Any], bytes]] = {
    type(None): lambda _: b"\xc0",
    bool: lambda value: b"\xc3" if value else b"\xc2",
    int: _int,
    float: _float,
    str: _text,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    Ext: _ext,
}
