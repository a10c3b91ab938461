"""A value as the JSON text that LangGraph's SQLite store writes, with `orjson`."""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

_EXPONENT = re.compile(r"e([+-])0*(\d+)$")
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def json_text(value: Any) -> str:
    """Return compact JSON in the order of the keys.

    Raises:
        TypeError: If JSON has no such value, with orjson's message.
    """
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            if not _SMALLEST <= value <= _LARGEST:
                raise TypeError("Integer exceeds 64-bit range")
            return str(value)
        case float():
            return _float(value)
        case list() | tuple():
            return f"[{','.join(map(json_text, cast('list[Any]', value)))}]"
        case dict():
            entries = cast("dict[Any, Any]", value).items()
            return "{" + ",".join(f"{_key(key)}:{json_text(part)}" for key, part in entries) + "}"
        case _:
            message = f"Type is not JSON serializable: {type(value).__name__}"
            raise TypeError(message)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("Dict key must be str")
    return json.dumps(key, ensure_ascii=False)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return "null"
    return _EXPONENT.sub(lambda found: f"e{found[1].strip('+')}{found[2]}", repr(value))
