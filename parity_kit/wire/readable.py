"""Messages as JSON, for people and for the published schema.

What MessagePack says and JSON cannot is a map with one key:

    {"$bytes": "2a00"}              a byte string, in hexadecimal
    {"$ext": [2, "93a1"]}           an ext value: its code and its bytes
    {"$float": "nan"}               a float that JSON lacks or would take for an integer
    {"$map": [[key, value], ...]}   a map with a key that is no string
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from parity_kit.plain import Ext, Plain


def to_json(value: Plain) -> Any:
    """Return plain data as what `json` can write."""
    if isinstance(value, float):
        return value if math.isfinite(value) and not value.is_integer() else {"$float": repr(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, Ext):
        return {"$ext": [value.code, value.data.hex()]}
    if isinstance(value, Mapping):
        entries = cast("Mapping[Plain, Plain]", value)
        if all(isinstance(key, str) for key in entries):
            return {str(key): to_json(each) for key, each in entries.items()}
        return {"$map": [[to_json(key), to_json(each)] for key, each in entries.items()]}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_json(each) for each in value]
    return value
