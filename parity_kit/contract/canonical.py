"""The canonical bytes of plain data, and their digest.

Packing is deterministic: maps keep the order they were built in, integers and strings take their
smallest form. The digest of the bytes is how a case, a trace and a corpus are named.
"""

from __future__ import annotations

import hashlib
from typing import NewType

import ormsgpack

from parity_kit.contract.plain import Ext, Plain

Digest = NewType("Digest", str)
"""SHA-256 of canonical bytes, 64 hexadecimal digits."""

_PACK = (
    ormsgpack.OPT_NON_STR_KEYS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_UUID
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
)


def _default(value: object) -> ormsgpack.Ext:
    if isinstance(value, Ext):
        return ormsgpack.Ext(value.code, value.data)
    message = f"{type(value).__module__}.{type(value).__qualname__} is not plain data"
    raise TypeError(message)


def pack(value: object) -> bytes:
    """Return the canonical MessagePack bytes of plain data.

    Raises:
        TypeError: If something in `value` is not plain data, or an integer needs over 64 bits.
    """
    return ormsgpack.packb(value, default=_default, option=_PACK)


def unpack(data: bytes | bytearray | memoryview) -> Plain:
    """Return the plain data that MessagePack bytes say, ext values as `Ext`.

    Like LangGraph's own decoder it does not look behind the value's end;
    `parity_kit.msgpack.parser.parse` does.

    Raises:
        ValueError: If `data` does not begin with a whole MessagePack value.
    """
    return ormsgpack.unpackb(data, ext_hook=Ext, option=ormsgpack.OPT_NON_STR_KEYS)


def digest(data: bytes) -> Digest:
    """Return the SHA-256 of `data` in hexadecimal."""
    return Digest(hashlib.sha256(data).hexdigest())
