"""The shape of a value: its types, sizes and structure, without what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from parity_kit.contract.canonical import unpack
from parity_kit.corpora.user_checkpoints.scramble import RANGES, WORDS, is_structure
from parity_kit.corpora.user_checkpoints.source import StoredValue
from parity_kit.corpora.user_checkpoints.typed_redaction import is_zone
from parity_kit.msgpack.values import open_value

_SETS = {"builtins.set", "builtins.frozenset"}
_ENVELOPE_KEYS = ("$ext", "type", "dtype", "method")  # of an opened envelope


_SHOWN = 8  # letters and digits in a text that is long enough to be known again


def shows(value: StoredValue, made: bytes) -> bool:
    """Return whether the redacted bytes of a value still hold one of its longer texts."""
    shown = b"\n".join(texts_in(_read(value.type, made)))
    return any(
        text in shown for text in texts_in(_read(value.type, value.data)) if is_telling(text)
    )


def _read(kind: str, data: bytes) -> Any:
    try:
        return json.loads(data) if kind == "json" else open_value(unpack(data))
    except (ValueError, RecursionError):
        return data


def texts_in(value: Any) -> Iterator[bytes]:
    """Yield the texts and byte strings in an opened value, but for the names of types."""
    if isinstance(value, dict):
        parts = cast("dict[Any, Any]", value)
        for key, entry in parts.items():
            yield from texts_in(key)
            if "$ext" not in parts or key not in _ENVELOPE_KEYS:
                yield from texts_in(entry)
    elif isinstance(value, (list, tuple)):
        for item in cast("Sequence[Any]", value):
            yield from texts_in(item)
    elif isinstance(value, str):
        yield value.encode(errors="surrogatepass")
    elif isinstance(value, bytes):
        yield value


def is_telling(text: bytes) -> bool:
    """Return whether a text is long enough to be known again, and no word of structure."""
    words = text.decode(errors="replace")
    known = words in WORDS or is_structure(words) or is_zone(words)
    return not known and sum(map(str.isalnum, words)) >= _SHOWN


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
