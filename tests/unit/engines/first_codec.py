"""What an author writes for a first passing codec: `decode` and `encode` of the Python template."""

# An author's lines, no longer than they would be: their types are MessagePack's.
# pyright: basic
from __future__ import annotations

from typing import Any

import ormsgpack
from engine import (  # pyright: ignore[reportMissingImports]  # the template, written by the test
    NotYetError,
)

from parity_kit.contract import Ext


def decode(data: bytes) -> Any:
    """Return the opened value of stored bytes; docs/contract.md says what opened means."""
    try:
        return opened(ormsgpack.unpackb(data, ext_hook=Ext, option=ormsgpack.OPT_NON_STR_KEYS))
    except ValueError as error:
        raise NotYetError(f"bytes that are refused: {error}") from error


def opened(value: Any) -> Any:
    match value:
        case Ext():
            raise NotYetError("ext types")
        case list():
            return [opened(item) for item in value]
        case dict():
            entries = [(opened(key), opened(entry)) for key, entry in value.items()]
            if all(isinstance(key, str) and not key.startswith("$") for key, _ in entries):
                return dict(entries)
            return {"$map": [list(entry) for entry in entries]}
    return value


def encode(value: Any) -> bytes:
    """Return the bytes that store an opened value."""
    if value is None or isinstance(value, bytes):
        raise NotYetError("null and bytes, which are stored under types of their own")
    return ormsgpack.packb(closed(value), option=ormsgpack.OPT_NON_STR_KEYS)


def closed(value: Any) -> Any:
    match value:
        case {"$map": list() as entries}:
            return {hashable(closed(key)): closed(entry) for key, entry in entries}
        case list():
            return [closed(item) for item in value]
        case dict():
            return {key: closed(entry) for key, entry in value.items()}
    return value


def hashable(key: Any) -> Any:
    return tuple(hashable(item) for item in key) if isinstance(key, list) else key
