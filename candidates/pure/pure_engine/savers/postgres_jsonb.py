"""PostgreSQL's JSONB: its canonical text, `->>` and containment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from pure_engine.errors import ServerError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|Infinity')
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"} | {
    "\t": "\\t"
}
_FIRST_PRINTABLE = " "


def checked(text: str) -> str:
    """Return JSON text as the server prints it, or raise the `ServerError` that it reports."""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if not token.startswith('"'):
            raise ServerError("22P02", "invalid input syntax for type json")
        if _NUL.search(token):
            raise ServerError("22P05", "unsupported Unicode escape sequence")
    return _print(exact(text))


def exact(text: str) -> Any:
    """Return the value of JSON text, with numbers as exact as the server keeps them."""
    return json.loads(text, parse_float=Decimal)


def order(key: str) -> tuple[int, bytes]:
    """Return the sort key of a key."""
    data = key.encode()
    return len(data), data


def as_text(value: Any) -> str | None:
    """Return a value as `->>` does: strings unchanged, null as None, anything else as JSON."""
    return value if value is None or isinstance(value, str) else _print(value)


def _print(value: Any) -> str:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        keys = sorted(entries, key=order)
        return "{" + ", ".join(f"{_quote(key)}: {_print(entries[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_print, cast("list[Any]", value))) + "]"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, Decimal):
        # The server prints neither a negative zero nor an exponent.
        return format(value or abs(value), "f")
    return json.dumps(value)


def _quote(text: str) -> str:
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char >= _FIRST_PRINTABLE else f"\\u{ord(char):04x}"


def contains(container: Any, part: Any) -> bool:
    """Return whether one value contains another (`@>`)."""
    if isinstance(part, Mapping):
        entries = cast("Mapping[str, Any]", part)
        return isinstance(container, Mapping) and all(
            key in container and contains(container[key], value) for key, value in entries.items()
        )
    if isinstance(part, list):
        items = cast("Sequence[Any]", part)
        return isinstance(container, list) and all(
            any(contains(held, item) for held in cast("Sequence[Any]", container)) for item in items
        )
    if isinstance(container, bool) or isinstance(part, bool):
        return container is part
    return not isinstance(container, (Mapping, list)) and container == part
