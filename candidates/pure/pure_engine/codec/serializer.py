"""The serializer: Python objects to a type tag and bytes, and back.

`langgraph.checkpoint.serde.jsonplus.JsonPlusSerializer`, without its pickle fallback. A strict
codec builds only types on the safe list.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from parity_kit.contract import Ext, Plain
from pure_engine.codec.arrays import array
from pure_engine.codec.json_objects import read_json
from pure_engine.codec.packing import pack
from pure_engine.codec.paths import HOMES, PLAIN, path
from pure_engine.codec.safe_types import SAFE_METHODS, SAFE_TYPES
from pure_engine.codec.typed_values import (
    ARRAY,
    DELTA,
    METHOD,
    MODEL_1,
    MODEL_2,
    SINGLE,
    build,
    take_apart,
)
from pure_engine.codec.unpacking import Hook, unpack
from pure_engine.types import DeltaSnapshot

_THEMSELVES = {type(None), bool, int, float, str, bytes}


def dumps(value: Any) -> tuple[str, bytes]:
    """Return the type tag and the bytes that are stored for an object.

    Raises:
        TypeError: If it cannot be stored, with ormsgpack's message.
    """
    if value is None:
        return "null", b""
    if isinstance(value, bytes):
        return "bytes", value
    if isinstance(value, bytearray):
        return "bytearray", bytes(value)
    return "msgpack", encode(value)


def loads(
    kind: str,
    data: bytes,
    *,
    strict: bool = False,
    paths: str = PLAIN,
    types: frozenset[tuple[str, str]] | None = None,
) -> Any:
    """Return the object for a type tag and bytes.

    `paths` is the module of paths; `types` are those of an application that LangGraph could build,
    None for all.

    Raises:
        ValueError: If the bytes are malformed, with ormsgpack's message.
        NotImplementedError: If there is no such type tag.
    """
    if kind == "null":
        return None
    if kind == "bytes":
        return data
    if kind == "bytearray":
        return bytearray(data)
    if kind == "json":
        return read_json(data)
    if kind == "msgpack":
        return unpack(data, _hook(strict, paths, types))
    message = f"Unknown serialization type: {kind}"
    raise NotImplementedError(message)


def encode(value: Any) -> bytes:
    """Return an object's MessagePack bytes; a set's elements are sorted by their own bytes."""
    return pack(value, _default)


def decode(data: bytes) -> Any:
    """Return the object in MessagePack bytes, with every type built that can be."""
    return unpack(data, _hook(False, PLAIN, None))  # noqa: FBT003  # nothing is refused


def plain(value: Any) -> Plain:
    """Return an object as plain data, as it is stored: ext values stay unopened."""
    if value is None or value is True or value is False:
        return value
    kind, data = dumps(value)
    if kind == "null":
        return None
    return unpack(data, Ext) if kind == "msgpack" else data


def native(value: Plain) -> Any:
    """Return the objects in plain data."""
    kind = type(value)
    if kind in _THEMSELVES:
        return value
    if kind is list or kind is tuple:
        return [native(item) for item in cast("Sequence[Plain]", value)]
    if kind is dict and all(type(key) is str for key in cast("dict[Plain, Plain]", value)):
        return {key: native(item) for key, item in cast("dict[Plain, Plain]", value).items()}
    return decode(encode(value))


def _default(value: Any) -> Ext | str:
    if isinstance(value, DeltaSnapshot):
        return Ext(DELTA, encode(value.value))
    taken = take_apart(value, encode)
    return taken if isinstance(taken, str) else Ext(taken[0], encode(taken[1]))


def is_allowed(module: str, name: str, method: str | None = None, *, strict: bool) -> bool:
    """Return whether a codec builds a type, or calls one of its methods for that."""
    if method is not None:
        return (module, name, method) in SAFE_METHODS
    return not strict or (module, name) in SAFE_TYPES


@functools.cache
def _hook(strict: bool, paths: str, types: frozenset[tuple[str, str]] | None) -> Hook:  # noqa: FBT001  # a key of the cache
    def hook(code: int, data: bytes) -> Any:
        if code == DELTA:
            return DeltaSnapshot(unpack(data, hook))
        if code == ARRAY:
            return _array(data, hook)
        if SINGLE <= code <= METHOD:
            return _typed(code, data, hook, built)
        if code in (MODEL_1, MODEL_2):
            return _model(code, data, hook, built)
        return None

    def built(code: int, parts: Any) -> Any:
        return _built(code, parts, strict=strict, paths=paths, types=types)

    return hook


def _array(data: bytes, hook: Hook) -> Any:
    try:
        return array(unpack(data, hook))
    except Exception:  # noqa: BLE001  # LangGraph quirk: a malformed array is read as null
        return None


def _typed(code: int, data: bytes, hook: Hook, built: Callable[[int, Any], Any]) -> Any:
    parts = None
    try:
        parts = unpack(data, hook)
        return built(code, parts)
    except Exception:  # noqa: BLE001  # LangGraph quirk: its payload comes back instead
        try:
            return _payload(parts)
        except Exception:  # noqa: BLE001  # and null if it has none
            return None


def _model(code: int, data: bytes, hook: Hook, built: Callable[[int, Any], Any]) -> Any:
    try:
        parts = unpack(data, hook)
    except Exception:  # noqa: BLE001  # LangGraph quirk: a malformed model is read as null
        return None
    try:
        return built(code, parts)
    except Exception:  # noqa: BLE001  # LangGraph quirk: its payload, or an error if it has none
        return parts[2]


def _built(
    code: int, parts: Any, *, strict: bool, paths: str, types: frozenset[tuple[str, str]] | None
) -> Any:
    module, name = parts[0], parts[1]
    method = parts[3] if code == METHOD else None
    if not is_allowed(module, name, method, strict=strict):
        return parts[2]
    if method is not None:
        return datetime.fromisoformat(parts[2])  # the only method on the safe list
    if module in HOMES:
        return path(code, module, name, parts[2], paths)
    return build(code, module, name, parts[2], buildable=types is None or (module, name) in types)


def _payload(parts: Any) -> Any:
    _, _, payload = parts[0], parts[1], parts[2]
    return payload
