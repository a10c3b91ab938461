"""The opened form of plain data (docs/contract.md): a readable map in place of each ext."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from parity_kit.contract import Ext, Plain
from pure_engine.codec.serializer import encode
from pure_engine.codec.typed_values import ARRAY, DELTA, METHOD, MODEL_2
from pure_engine.codec.unpacking import unpack

_WITH_METHOD = {METHOD, MODEL_2}
_ARRAY_PARTS = ("dtype", "shape", "order", "payload")


def open_value(value: Plain) -> Plain:
    """Return plain data with each ext replaced by a map of its contents."""
    if isinstance(value, Ext):
        return _open_ext(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Plain, Plain]", value)
        if all(isinstance(key, str) and not key.startswith("$") for key in entries):
            return {key: open_value(item) for key, item in entries.items()}
        return {"$map": [[open_value(key), open_value(item)] for key, item in entries.items()]}
    if isinstance(value, (list, tuple)):
        return [open_value(item) for item in cast("Sequence[Plain]", value)]
    return value


def _open_ext(value: Ext) -> Plain:
    inner = unpack(value.data, Ext)
    if value.code == DELTA:
        return {"$ext": DELTA, "payload": open_value(inner)}
    if value.code == ARRAY:
        return {"$ext": ARRAY, **dict(zip(_ARRAY_PARTS, inner, strict=True))}
    module, name, payload, *rest = inner
    opened: dict[str, Plain] = {
        "$ext": value.code,
        "type": f"{module}.{name}",
        "payload": open_value(payload),
    }
    if value.code in _WITH_METHOD:
        (opened["method"],) = rest
    return opened


def close_value(value: Plain) -> Plain:
    """Return the plain data that `open_value` opened.

    Raises:
        KeyError, TypeError, ValueError: If a map with `$ext` lacks a part that its code needs.
    """
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        if "$map" in entries:
            return {_key(close_value(key)): close_value(item) for key, item in entries["$map"]}
        if "$ext" in entries:
            return _close_ext(entries)
        return {key: close_value(item) for key, item in entries.items()}
    if isinstance(value, (list, tuple)):
        return [close_value(item) for item in cast("Sequence[Plain]", value)]
    return value


def _key(value: Plain) -> Plain:
    """Return a key, with arrays as tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(_key(item) for item in cast("Sequence[Plain]", value))
    return value


def _close_ext(entries: Mapping[str, Any]) -> Ext:
    code = entries["$ext"]
    if code == DELTA:
        return Ext(DELTA, encode(close_value(entries["payload"])))
    if code == ARRAY:
        return Ext(ARRAY, encode([entries[part] for part in _ARRAY_PARTS]))
    module, _, name = entries["type"].rpartition(".")
    parts = [module, name, close_value(entries["payload"])]
    if code in _WITH_METHOD:
        parts.append(entries["method"])
    return Ext(code, encode(parts))
