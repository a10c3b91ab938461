"""The shape of a value: its types, sizes and structure, without what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from parity_kit.corpora.user_checkpoints.scramble import RANGES

_SETS = {"builtins.set", "builtins.frozenset"}
_ENVELOPE_KEYS = ("$ext", "type", "dtype", "method")  # of an opened envelope


def is_same_shape(one: Any, other: Any) -> bool:
    """Return whether two opened values have the same types, sizes and structure."""
    return _shape(one) == _shape(other)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return _map_shape(cast("dict[Any, Any]", value))
    if isinstance(value, (list, tuple)):
        return [_shape(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, (str, bytes)):
        return type(value).__name__, len(value if isinstance(value, bytes) else value.encode())
    if isinstance(value, int) and not isinstance(value, bool):
        return next((pair for pair in RANGES if pair[0] <= value <= pair[1]), "small")
    return type(value).__name__


def _map_shape(parts: dict[Any, Any]) -> Any:
    if parts.get("type") in _SETS:
        return parts["type"], sorted(repr(_shape(item)) for item in parts["payload"])
    return [
        (_shape(key), entry if key in _ENVELOPE_KEYS else _shape(entry))
        for key, entry in parts.items()
    ]
