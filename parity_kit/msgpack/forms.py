"""MessagePack's formats: what each of the 256 format bytes announces, and the smallest form.

Form names are those of the MessagePack specification.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str | bytes | None


class Layout(Enum):
    """How the bytes after a format byte are laid out."""

    CONSTANT = auto()
    """None: the format byte says the value whole."""
    NUMBER = auto()
    """A number, as `number` of the form says in `struct`'s words."""
    FIXED = auto()
    """What the form holds, `size` of it."""
    SIZED = auto()
    """First a length, in `size` bytes."""
    UNUSED = auto()
    """The one format byte that the specification leaves out."""


@dataclass(frozen=True, slots=True)
class Form:
    """What one format byte announces."""

    name: str
    layout: Layout
    value: Scalar = None
    size: int = 0
    number: str = ""


_FIXEXT = (1, 2, 4, 8, 16)


def _formats() -> list[Form]:
    constant, fixed, sized = Layout.CONSTANT, Layout.FIXED, Layout.SIZED
    table = [Form("positive fixint", constant, value) for value in range(0x80)]
    table += [Form("fixmap", fixed, size=length) for length in range(16)]
    table += [Form("fixarray", fixed, size=length) for length in range(16)]
    table += [Form("fixstr", fixed, size=length) for length in range(32)]
    table += [Form("nil", constant), Form("unused", Layout.UNUSED)]
    table += [Form("false", constant, value=False), Form("true", constant, value=True)]
    table += [Form(f"bin {8 * width}", sized, size=width) for width in (1, 2, 4)]
    table += [Form(f"ext {8 * width}", sized, size=width) for width in (1, 2, 4)]
    table += [Form("float 32", Layout.NUMBER, number=">f")]
    table += [Form("float 64", Layout.NUMBER, number=">d")]
    for sign, numbers in (("uint", "BHIQ"), ("int", "bhiq")):
        table += [
            Form(f"{sign} {8 * struct.calcsize(number)}", Layout.NUMBER, number=f">{number}")
            for number in numbers
        ]
    table += [Form(f"fixext {length}", fixed, size=length) for length in _FIXEXT]
    table += [Form(f"str {8 * width}", sized, size=width) for width in (1, 2, 4)]
    table += [Form(f"array {8 * width}", sized, size=width) for width in (2, 4)]
    table += [Form(f"map {8 * width}", sized, size=width) for width in (2, 4)]
    table += [Form("negative fixint", constant, value) for value in range(-0x20, 0)]
    return table


FORMS = _formats()
"""The form of each format byte."""

_POSITIVE = ((7, "positive fixint"), (8, "uint 8"), (16, "uint 16"), (32, "uint 32"))
_NEGATIVE = ((5, "negative fixint"), (7, "int 8"), (15, "int 16"), (31, "int 32"))
_FIX_LIMIT = {"map": 15, "array": 15, "str": 31}


def smallest_integer(number: int) -> str:
    """Return the name of the smallest form that holds an integer."""
    steps, widest = (_POSITIVE, "uint 64") if number >= 0 else (_NEGATIVE, "int 64")
    # A negative number's bits, as two's complement counts them.
    bits = (number if number >= 0 else ~number).bit_length()
    return next((form for width, form in steps if bits <= width), widest)


def smallest(kind: str, length: int) -> str:
    """Return the name of the smallest form of a `str`, `bin`, `ext`, `array` or `map`."""
    if kind == "ext" and length in _FIXEXT:
        return f"fixext {length}"
    if length <= _FIX_LIMIT.get(kind, -1):
        return f"fix{kind}"
    widths = (8, 16, 32) if kind in {"str", "bin", "ext"} else (16, 32)
    return f"{kind} {next(width for width in widths if length < 1 << width)}"
