"""Redaction: a stored value with other text and numbers in the same bytes' shape.

What stays, and why, is in docs/own-data.md. Bytes are rewritten where they lie: every header, and
so every length, width and type, is that of the original.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from parity_kit.corpora.user_checkpoints.json_redaction import redact_json
from parity_kit.corpora.user_checkpoints.scramble import RANGES, WORDS, Scramble
from parity_kit.corpora.user_checkpoints.typed_redaction import (
    SPECIAL,
    is_buffer,
    known_zone,
    numpy_buffer,
    text_of_type,
)
from parity_kit.msgpack.values import (
    DELTA,
    KEYWORDS,
    METHOD,
    NUMPY,
    PYDANTIC_1,
    PYDANTIC_2,
    SINGLE,
)

_NIL, _FALSE, _TRUE = 0xC0, 0xC2, 0xC3
_FLOAT_32, _FLOAT_64 = 0xCA, 0xCB
# The first byte of what has a length: how wide the length is, and what it is a length of.
_WIDTHS = {
    "bin": (0xC4, 0xC5, 0xC6),
    "ext": (0xC7, 0xC8, 0xC9),
    "str": (0xD9, 0xDA, 0xDB),
    "array": (None, 0xDC, 0xDD),
    "map": (None, 0xDE, 0xDF),
}
_SIZED = {
    first: (1 << power, kind)
    for kind, firsts in _WIDTHS.items()
    for power, first in enumerate(firsts)
    if first is not None
}
_FIX_EXT = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_INTEGERS = dict(zip(range(0xCC, 0xD4), (f">{form}" for form in "BHIQbhiq"), strict=True))
_VERSIONS = range(1, 5)
_CLOCK = dict[Any, tuple[int, int]](
    hour=(0, 23), minute=(0, 59), second=(0, 59), microsecond=(0, 999_999)
)
_PARTS = {
    "datetime.date": ((2000, 2037), (1, 12), (1, 28)),
    "datetime.timedelta": ((-999_999_999, 999_999_999), (0, 86_399), (0, 999_999)),
}
_FROM_NAMES = {KEYWORDS, PYDANTIC_1, PYDANTIC_2}
_METHODS = {METHOD: "fromisoformat", PYDANTIC_2: "model_validate_json"}
_TYPE_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_FIELDS = frozenset(
    """
    hour minute second microsecond tzinfo fold path state result values next config parent_config
    tasks refresh_ttl run_timeout idle_timeout refresh_on
    """.split()  # noqa: SIM905  # as the words of structure are written
)
"""The further keywords of LangGraph's safe types; a model's other keys may be anybody's."""


TYPE_TAGS = frozenset(
    {"null", "bytes", "bytearray", "json", "msgpack", "pickle", "empty", "msgpack+aes"}
)
"""The types that LangGraph writes; another tag may be anybody's word."""


class CannotRedactError(ValueError):
    """A value that cannot be taken apart, or not put together again in the same shape."""


class Redactor:
    """Redacts stored values under a key."""

    def __init__(self, key: bytes) -> None:
        self.scramble = Scramble(key)

    def value(self, kind: str, data: bytes) -> bytes:
        """Return a stored value's bytes, redacted.

        Raises:
            CannotRedactError: If that cannot be done.
        """
        if kind == "null":
            if data:
                raise CannotRedactError("bytes that stand for null could be anything")
            return data
        if kind in {"bytes", "bytearray"}:
            return self.scramble.data(data)
        try:
            if kind == "json":
                return redact_json(data, self.scramble)
            if kind == "msgpack":
                return _redacted_msgpack(data, self.scramble)
        except (IndexError, RecursionError, UnicodeError, ValueError, struct.error) as error:
            raise CannotRedactError(str(error)) from error
        raise CannotRedactError(f"what {kind!r} holds is not known")


def _redacted_msgpack(data: bytes, scramble: Scramble) -> bytes:
    walk = _Walk(data, scramble)
    walk.one(_PLAIN)
    if walk.at != len(data):
        raise ValueError("something lies behind the value's end")
    return bytes(walk.made)


@dataclass(frozen=True, slots=True)
class _Context:
    """Where a value stands: what its text is, how its map's keys and its numbers are treated."""

    text: Callable[[str], str] | None = None
    names: bool = False
    clock: bool = False
    keep: bool = False
    bounds: tuple[int, int] | None = None
    taken: set[Any] | None = None


_PLAIN = _Context()
_KEEP = _Context(keep=True)


class _Walk:
    """Rewrites one MessagePack value from its first byte to its last."""

    def __init__(self, data: bytes, scramble: Scramble) -> None:
        self.data = data
        self.at = 0
        self.made = bytearray()
        self._scramble = scramble

    def _take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise IndexError("cut short")
        self.at += count
        return part

    def _copy(self, count: int) -> bytes:
        part = self._take(count)
        self.made += part
        return part

    def one(self, where: _Context) -> Any:
        """Rewrite a value, and return the original if it is a scalar."""
        first = self.data[self.at]
        if first <= 0x7F or first >= 0xE0:  # noqa: PLR2004  # fixints
            return self._integer(where, None)
        if first in _INTEGERS:
            return self._integer(where, _INTEGERS[first])
        if first in {_FLOAT_32, _FLOAT_64}:
            return self._float(where)
        if first in {_NIL, _FALSE, _TRUE}:
            self._copy(1)
            return {_FALSE: False, _TRUE: True}.get(first)
        return self._sized(where, *self._header(first))

    def _header(self, first: int) -> tuple[int, str]:
        self._copy(1)
        if first in _SIZED:
            width, kind = _SIZED[first]
            return int.from_bytes(self._copy(width), "big"), kind
        if first in _FIX_EXT:
            return _FIX_EXT[first], "ext"
        if first < 0x90:  # noqa: PLR2004  # fixmap
            return first & 0x0F, "map"
        if first < 0xA0:  # noqa: PLR2004  # fixarray
            return first & 0x0F, "array"
        if first < 0xC0:  # noqa: PLR2004  # fixstr
            return first & 0x1F, "str"
        raise ValueError("no such first byte")

    def _sized(self, where: _Context, size: int, kind: str) -> Any:
        if kind == "str":
            return self._text(where, self._take(size).decode())
        if kind == "bin":
            self.made += self._scramble.data(self._take(size))
        elif kind == "array":
            for _ in range(size):
                self.one(where)
        elif kind == "map":
            self._map(where, size)
        else:
            self._ext(where, size)
        return None

    def _integer(self, where: _Context, form: str | None) -> int:
        if form is None:
            (value,) = struct.unpack(">b", self._take(1))
        else:
            self._copy(1)
            (value,) = struct.unpack(form, self._take(struct.calcsize(form)))
        made = value if where.keep else self._number(value, where)
        self.made += struct.pack(form or ">b", made)
        return value

    def _number(self, value: int, where: _Context) -> int:
        low, high = next(((a, b) for a, b in RANGES if a <= value <= b), (value, value))
        if where.bounds is not None:
            low, high = max(low, where.bounds[0]), min(high, where.bounds[1])
        if low > high:
            return value
        return self._fresh(where, lambda attempt: self._scramble.integer(value, low, high, attempt))

    def _fresh(self, where: _Context, make: Callable[[int], Any]) -> Any:
        """Return what `make` makes; in a set and among keys, of what is not there yet."""
        if where.taken is None:
            return make(0)
        for attempt in range(2000):
            made = make(attempt)
            if (type(made), made) not in where.taken:
                where.taken.add((type(made), made))
                return made
        raise ValueError("there are no other values of that shape")

    def _float(self, where: _Context) -> float:
        form = ">f" if self._copy(1)[0] == _FLOAT_32 else ">d"
        (value,) = struct.unpack(form, self._take(struct.calcsize(form)))
        self.made += struct.pack(form, value if where.keep else self._scramble.fraction(value))
        return value

    def _text(self, where: _Context, text: str) -> str:
        if where.text is not None:
            made = where.text(text)
        elif where.keep:
            made = text
        else:
            made = self._fresh(where, lambda attempt: self._scramble.text(text, attempt))
        self.made += made.encode()
        return text

    def _map(self, where: _Context, size: int) -> None:
        # Words are taken from the start: another key must not become one that comes later.
        keys = _Context(taken={(str, word) for word in WORDS})
        for _ in range(size):
            named = self._is_word(_FIELDS | WORDS if where.names else WORDS)
            key = self.one(where if where.keep else _KEEP if named else keys)
            self.one(self._of_key(key, where))

    def _of_key(self, key: Any, where: _Context) -> _Context:
        """Return how the value of a map's key is treated."""
        # A checkpoint's own version says how it is read.
        if where.keep:
            return where
        if key == "v" and self.data[self.at] in _VERSIONS:
            return _KEEP
        return _Context(bounds=_CLOCK.get(key)) if where.clock else _PLAIN

    def _is_word(self, words: frozenset[str]) -> bool:
        """Return whether the string that is next is a word that structure is made of."""
        aside = _Walk(self.data, self._scramble)
        aside.at = self.at
        first = self.data[self.at]
        if not (0xA0 <= first <= 0xBF or first == 0xD9):  # noqa: PLR2004  # short strings
            return False
        size, _ = aside._header(first)
        return aside._take(size).decode() in words

    def _ext(self, where: _Context, size: int) -> None:
        code = self._copy(1)[0]
        inner = _Walk(self._take(size), self._scramble)
        if code == DELTA:
            inner.one(_KEEP if where.keep else _PLAIN)
        elif code == NUMPY:
            inner.array()
        elif SINGLE <= code <= PYDANTIC_2:
            inner.envelope(code, where)
        else:
            raise ValueError(f"ext {code} is not known")
        if inner.at != len(inner.data):
            raise ValueError("something lies behind an envelope's end")
        self.made += inner.made

    def array(self) -> None:
        """Rewrite `[dtype, shape, order, buffer]`: the buffer, by its dtype."""
        if self._header(self.data[self.at]) != (4, "array"):
            raise ValueError("an array has four parts")
        dtype, shape, order = self.one(_KEEP), self._numbers(), self.one(_KEEP)
        size, kind = self._header(self.data[self.at])
        buffer = self._take(size)
        if order not in {"C", "F"} or kind != "bin" or not is_buffer(dtype, shape, size):
            raise ValueError("an array has a dtype, a shape and an order that fit its buffer")
        self.made += numpy_buffer(str(dtype), buffer, self._scramble)

    def _numbers(self) -> list[int]:
        """Keep an array of integers, and return them."""
        count, kind = self._header(self.data[self.at])
        numbers = [self.one(_KEEP) for _ in range(count)]
        if kind != "array" or not all(type(number) is int for number in numbers):
            raise ValueError("a shape is an array of integers")
        return numbers

    def envelope(self, code: int, where: _Context) -> None:
        """Rewrite `[module, name, payload, method?]`: the payload, by its type."""
        if self._header(self.data[self.at]) != (3 + (code in _METHODS), "array"):
            raise ValueError("an envelope is an array of its parts")
        names = [self.one(_KEEP), self.one(_KEEP)]
        if not all(isinstance(part, str) and _TYPE_NAME.fullmatch(part) for part in names):
            raise ValueError("a type is a module and a name")
        self._payload(code, ".".join(names), where)
        if code in _METHODS and self.one(_KEEP) != _METHODS[code]:
            raise ValueError("no such method")

    def _payload(self, code: int, kind: str, where: _Context) -> None:
        if where.keep:
            self.one(where)
        elif SPECIAL.get(kind) == "keep":
            # An offset is not anybody's, but what stands for a zone's name may be.
            self.one(_Context(keep=True, text=known_zone))
        elif kind in _PARTS:
            count, form = self._header(self.data[self.at])
            if form != "array":
                raise ValueError(f"{kind} is built from an array")
            for bounds in _PARTS[kind][:count]:
                self.one(_Context(bounds=bounds))
        elif kind in {"builtins.set", "builtins.frozenset"}:
            self.one(_Context(taken=set()))
        elif kind == "re.compile":
            self._pattern()
        elif SPECIAL.get(kind) == "text":
            self.one(_Context(text=lambda text: text_of_type(kind, text, self._scramble)))
        else:
            self.one(_Context(names=code in _FROM_NAMES, clock=kind == "datetime.time"))

    def _pattern(self) -> None:
        if self._header(self.data[self.at]) != (2, "array"):
            raise ValueError("a pattern is built from its text and its flags")
        self.one(_Context(text=lambda text: text_of_type("re.compile", text, self._scramble)))
        if type(self.one(_KEEP)) is not int:
            raise ValueError("flags are an integer")
