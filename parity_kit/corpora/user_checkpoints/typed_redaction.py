"""Text and buffers of types that take only some: what replaces them must still build the type."""

from __future__ import annotations

import importlib
import re
import struct
from collections.abc import Mapping
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
        mantissa, mark, exponent = text.partition("E")
        return scramble.digits(mantissa) + mark + exponent
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
