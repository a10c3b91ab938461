"""Text and buffers of types that take only some: what replaces them must still build the type."""

from __future__ import annotations

import functools
import importlib
import math
import re
import struct
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from parity_kit.corpora.user_checkpoints.scramble import Scramble

_ADDRESSES = tuple(
    f"ipaddress.IPv{version}{kind}"
    for version in (4, 6)
    for kind in ("Address", "Interface", "Network")
)
SPECIAL: Mapping[str, str] = {
    # An offset or a zone says nothing of anybody, and few texts are one.
    **dict.fromkeys(("datetime.timezone", "zoneinfo.ZoneInfo"), "keep"),
    **dict.fromkeys((*_ADDRESSES, "decimal.Decimal"), "text"),
}
"""Types whose payload stays, or is text of a kind of its own."""

_TRIES = 500
_DECIMAL = re.compile(r"-?(\d+(\.\d+)?(E[+-]?\d{1,3})?|Infinity|s?NaN)")
_DTYPE = re.compile(r"[<>|=]?([biufcmMSUV])(\d{1,9})(?:\[\d*[A-Za-z]{1,2}\])?")
_UCS4 = 4


def text_of_type(kind: str, text: str, scramble: Scramble) -> str:
    """Return text of the same length that builds the type, and that the type prints so.

    Raises:
        ValueError: If none is found.
    """
    if kind == "re.compile":
        made = scramble.text(text)
        return made if _compiles(made) else "x" * len(text)
    if kind == "decimal.Decimal":
        if not _DECIMAL.fullmatch(text):
            raise ValueError("no decimal as Python prints it")
        mantissa, mark, exponent = text.partition("E")
        return scramble.digits(mantissa) + mark + exponent
    if "%" in text:
        raise ValueError("the scope of an address may be anybody's word")
    module, _, name = kind.rpartition(".")
    build: Any = getattr(importlib.import_module(module), name)
    address, slash, prefix = text.partition("/")
    for attempt in range(_TRIES):
        made = _address(address, attempt, scramble) + slash + prefix
        try:
            if str(build(made)) == made:
                return made
        except ValueError:
            continue
    raise ValueError(f"no other {name} of that length")


def known_zone(text: str) -> str:
    """Return the name of a time zone that everybody knows.

    Raises:
        ValueError: If it is another text.
    """
    if not is_zone(text):
        raise ValueError("no known time zone")
    return text


def is_zone(text: str) -> bool:
    """Return whether this is the name of a time zone that everybody knows."""
    return text in _zones()


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset({"UTC", *zoneinfo.available_timezones()})


def is_buffer(dtype: Any, shape: Sequence[int], size: int) -> bool:
    """Return whether a buffer of so many bytes is an array of this dtype and shape."""
    match = _DTYPE.fullmatch(dtype) if isinstance(dtype, str) else None
    if match is None or any(side < 0 for side in shape):
        return False
    width = int(match[2]) * (_UCS4 if match[1] == "U" else 1)
    return math.prod(shape) * width == size


def _address(text: str, attempt: int, scramble: Scramble) -> str:
    if ":" not in text:
        return ".".join(
            scramble.digits(part, attempt * 7 + place) if part != "0" else part
            for place, part in enumerate(text.split("."))
        )
    stream = scramble.data(f"{attempt} {text}".encode().ljust(64))
    drawn = iter(stream)
    return "".join(
        "123456789abcdef"[next(drawn) % 15] if char in "123456789abcdef" else char for char in text
    )


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def numpy_buffer(dtype: str, data: bytes, scramble: Scramble) -> bytes:
    """Return another buffer of a dtype, such as `<f8` or `|b1`.

    Raises:
        ValueError: If the dtype is none whose buffer can be filled.
    """
    kind = dtype.lstrip("<>|=")[:1]
    if kind in "biufc":
        made = scramble.data(data)
        return (
            bytes(byte & 1 for byte in made)
            if dtype.lstrip("|").startswith(("b1", "bool"))
            else made
        )
    if kind in "mMV":
        return scramble.data(data)
    if kind == "S":
        return scramble.text(data.decode("latin-1").replace("\x80", "?")).encode("latin-1")[
            : len(data)
        ]
    if kind == "U":
        order = ">" if dtype.startswith(">") else "<"
        form = f"{order}{len(data) // _UCS4}I"
        letters = scramble.data(data)
        codes = struct.unpack(form, data)
        made = [97 + letters[at] % 26 if code else 0 for at, code in enumerate(codes)]
        return struct.pack(form, *made)
    raise ValueError(f"an array of {dtype} is not known")
