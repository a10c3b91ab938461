"""Messages as JSON, for people and for the published schema.

Values that JSON lacks become a map with one key:

    {"$bytes": "2a00"}              a byte string, in hexadecimal
    {"$ext": [2, "93a1"]}           an ext value: its code and its bytes
    {"$float": "nan"}               a float that JSON lacks or would take for an integer
    {"$map": [[key, value], ...]}   a map with a key that is not a string
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from parity_kit.contract.plain import Ext, Plain


def to_json(value: Plain) -> Any:
    """Return plain data as values that `json` can write."""
    match value:
        case float():
            usual = math.isfinite(value) and not value.is_integer()
            return value if usual else {"$float": repr(value)}
        case bytes():
            return {"$bytes": value.hex()}
        case Ext(code, data):
            return {"$ext": [code, data.hex()]}
        case list() | tuple():
            return [to_json(item) for item in cast("Sequence[Plain]", value)]
        case Mapping():
            return _map(cast("Mapping[Plain, Plain]", value))
        case _:
            return value


def _map(entries: Mapping[Plain, Plain]) -> dict[str, Any]:
    if all(isinstance(key, str) for key in entries):
        return {str(key): to_json(value) for key, value in entries.items()}
    return {"$map": [[to_json(key), to_json(value)] for key, value in entries.items()]}
