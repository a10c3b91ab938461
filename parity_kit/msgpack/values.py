"""LangGraph's typed values: opening their envelopes, and the one order their bytes do not have.

A typed value is an `Ext` whose data is MessagePack again. Which parts it holds depends on its code
(`langgraph.checkpoint.serde.jsonplus`); `docs/contract.md` has the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext, Plain

SINGLE, POSITIONAL, KEYWORDS, METHOD, PYDANTIC_1, PYDANTIC_2, NUMPY, DELTA = range(8)
_WITH_METHOD = {METHOD, PYDANTIC_2}
SETS = {"set", "frozenset"}
_THEMSELVES = {str, int, float, bool, bytes, type(None)}


def open_value(value: Plain) -> Plain:
    """Return a value with each ext replaced by a map that says what is inside.

    Raises:
        ValueError: If an ext does not hold what its code says.
    """
    if type(value) in _THEMSELVES:
        return value  # most of what there is, told apart at once
    if isinstance(value, Ext):
        return _open_ext(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Plain, Plain]", value)
        if all(isinstance(key, str) and not key.startswith("$") for key in entries):
            return {key: open_value(entry) for key, entry in entries.items()}
        return {"$map": [[open_value(key), open_value(entry)] for key, entry in entries.items()]}
    if isinstance(value, (list, tuple)):
        return [open_value(item) for item in cast("Sequence[Plain]", value)]
    return value


def _open_ext(value: Ext) -> Plain:
    try:
        inner: Any = unpack(value.data)
        if value.code == DELTA:
            return {"$ext": DELTA, "payload": open_value(inner)}
        if value.code == NUMPY:
            dtype, shape, order, payload = inner
            return {
                "$ext": NUMPY,
                "dtype": dtype,
                "shape": list(shape),
                "order": order,
                "payload": payload,
            }
        module, name, payload, *rest = inner
        opened: dict[str, Plain] = {
            "$ext": value.code,
            "type": f"{module}.{name}",
            "payload": open_value(payload),
        }
        if value.code in _WITH_METHOD:
            (opened["method"],) = rest
    except (TypeError, ValueError) as error:
        message = f"ext {value.code} does not hold what its code says: {error}"
        raise ValueError(message) from error
    return opened


def close_value(value: Plain) -> Plain:
    """Return the value that `open_value` opened.

    Raises:
        KeyError, TypeError, ValueError: If a map with `$ext` has not the parts its code needs.
    """
    if type(value) in _THEMSELVES:
        return value  # most of what there is, told apart at once
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        if "$map" in entries:
            return {_key(close_value(key)): close_value(entry) for key, entry in entries["$map"]}
        if "$ext" in entries:
            return _close_ext(entries)
        return {key: close_value(entry) for key, entry in entries.items()}
    if isinstance(value, (list, tuple)):
        return [close_value(item) for item in cast("Sequence[Plain]", value)]
    return value


def _key(value: Plain) -> Plain:
    """Return an array as the tuple that a key has to be."""
    if isinstance(value, (list, tuple)):
        return tuple(_key(item) for item in cast("Sequence[Plain]", value))
    return value


def _close_ext(entries: Mapping[str, Any]) -> Ext:
    code = entries["$ext"]
    if code == DELTA:
        return Ext(DELTA, pack(close_value(entries["payload"])))
    if code == NUMPY:
        parts = [entries["dtype"], entries["shape"], entries["order"], entries["payload"]]
        return Ext(NUMPY, pack(parts))
    module, _, name = entries["type"].rpartition(".")
    parts = [module, name, close_value(entries["payload"])]
    if code in _WITH_METHOD:
        parts.append(entries["method"])
    return Ext(code, pack(parts))


def order_sets(data: bytes) -> bytes:
    """Return MessagePack bytes with the elements of every set in the order of their own bytes.

    LangGraph stores a set in iteration order, which follows the hash seed: the order is not the
    oracle's to determine. Bytes without a set come back as they are.

    Raises:
        ValueError: If `data` holds a set and is not MessagePack.
    """
    if not has_sets(data):
        return data
    return pack(order_sets_in(unpack(data)))


def has_sets(data: bytes) -> bool:
    """Whether MessagePack bytes may hold a set."""
    return b"\xa3set" in data or b"\xa9frozenset" in data


def order_sets_in(value: Plain) -> Plain:
    """Return a value with the elements of every set inside it in order."""
    if type(value) in _THEMSELVES:
        return value  # most of what there is, told apart at once
    if isinstance(value, Ext):
        return _ordered_ext(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Plain, Plain]", value)
        # No key is or holds a set: the serializer takes scalars and tuples of them for keys.
        return {key: order_sets_in(entry) for key, entry in entries.items()}
    if isinstance(value, (list, tuple)):
        return [order_sets_in(item) for item in cast("Sequence[Plain]", value)]
    return value


def _ordered_ext(value: Ext) -> Ext:
    if b"set" not in value.data:
        return value
    try:
        inner = order_sets_in(unpack(value.data))
    except ValueError:
        return value  # a candidate's, and nothing that decodes
    match inner:
        case ["builtins", str() as name, [*elements]] if value.code == SINGLE and name in SETS:
            inner = ["builtins", name, sorted(elements, key=pack)]
        case _:
            pass
    return Ext(value.code, pack(inner))
