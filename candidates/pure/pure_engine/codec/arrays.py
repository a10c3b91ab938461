"""Stored numpy arrays, checked and normalized as numpy would, without numpy.

An array is its parts: dtype, shape, order and buffer.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Any

from pure_engine.types import Envelope, Unstorable

_DTYPE = re.compile(r"([<>|=]?)([biufcSUV])(\d+)")
_NAMED = re.compile(r"(bool|u?int|float|complex)(\d*)")
_KINDS = {"int": "i", "uint": "u", "float": "f", "complex": "c"}
_CHARACTER = re.compile(r"([<>|=]?)([?bBhHiIlLqQefdFD])")
_CHARACTERS = {
    pair[0]: pair[1:]
    for pair in (
        *("?b1", "bi1", "hi2", "ii4", "li8", "qi8", "Bu1", "Hu2", "Iu4", "Lu8", "Qu8"),
        *("ef2", "ff4", "df8", "Fc8", "Dc16"),
    )
}
"""numpy's one-letter codes, and the dtypes they stand for."""
_DATES = re.compile(r"[<>|=]?[mM]8(\[\d*(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as|generic)\])?")
_WIDTHS = {"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8, 16}, "c": {8, 16, 32}}
"""The sizes in bytes that an element can have; text and void can have any."""
_ANY = range(1, 1 << 31)
_NATIVE = "<" if sys.byteorder == "little" else ">"
_BYTES_PER_CHARACTER = 4
_CODE = 6
_ORDERS = (None, *"CFAcfa")


def array(parts: Any) -> Envelope | Unstorable:
    """Return the array that an ext's parts describe; raise `TypeError` or `ValueError` if none."""
    dtype, shape, order, buffer = parts
    if not isinstance(buffer, bytes) or order not in _ORDERS:
        raise TypeError("not an array's parts")
    if isinstance(dtype, str) and _DATES.fullmatch(dtype):
        return _of_dates(shape, buffer)
    dtype, width = _dtype(dtype)
    count, rest = divmod(len(buffer), width)
    if rest:
        raise ValueError("buffer size must be a multiple of element size")
    sizes = _shape(shape, count)
    # With at most one side longer than 1, both orders are the same; numpy reports C.
    long_sides = sum(size > 1 for size in sizes)
    by_columns = order in {"F", "f"} and long_sides > 1 and count > 0
    return Envelope(_CODE, [dtype, sizes, "F" if by_columns else "C", buffer])


def _of_dates(shape: Any, buffer: bytes) -> Unstorable:
    count, rest = divmod(len(buffer), 8)
    if rest:
        raise ValueError("buffer size must be a multiple of element size")
    _shape(shape, count)
    return Unstorable()


def _dtype(given: str | None) -> tuple[str, int]:
    """Return a dtype's canonical text and its element size; the default is a float."""
    text = "f8" if given is None else given
    if named := _NAMED.fullmatch(text):
        kind, bits = named.groups()
        text = "b1" if kind == "bool" else f"{_KINDS[kind]}{int(bits or 64) // 8}"
    elif letter := _CHARACTER.fullmatch(text):
        text = letter[1] + _CHARACTERS[letter[2]]
    match = _DTYPE.fullmatch(text)
    if match is None or int(match[3]) not in _WIDTHS.get(match[2], _ANY):
        raise TypeError("no such dtype")
    order, kind, size = match[1], match[2], int(match[3])
    if kind in "SV" or (size == 1 and kind != "U"):
        order = "|"
    elif order in {"", "=", "|"}:
        order = _NATIVE
    return f"{order}{kind}{size}", size * (_BYTES_PER_CHARACTER if kind == "U" else 1)


def _shape(shape: Any, count: int) -> list[int]:
    if shape is None:
        return [count]
    sizes = [shape] if isinstance(shape, int) else list(shape)
    if not all(isinstance(size, int) for size in sizes):
        raise TypeError("a side is an integer")
    unknown = [at for at, size in enumerate(sizes) if size < 0]
    if len(unknown) == 1:
        known = math.prod(size for size in sizes if size >= 0)
        sizes[unknown[0]] = count // known if known else -1
    if any(size < 0 for size in sizes) or math.prod(sizes) != count:
        raise ValueError("cannot reshape array")
    return sizes
