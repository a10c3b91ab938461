"""Recognizes common first mistakes in the bytes of a candidate, and says how to mend them."""

from __future__ import annotations

import json

HEAD = 4
"""Bytes of a frame's length."""

_LENGTH = "a length counts the body alone, as 4 bytes, the most significant first"


def in_frame(data: bytes, limit: int) -> str:
    """Return the hint for bytes whose length is over the limit, or an empty string."""
    if data.lstrip(b"\r\n") != data and _length(data.lstrip(b"\r\n")) <= limit:
        return "write no newline after a frame: the next one begins right behind the body"
    if data.startswith(b"Content-Length"):
        return f"write a length of 4 bytes instead of headers: {_LENGTH}"
    if data.startswith((b"[", b"{")):
        return f"write MessagePack in frames, not lines of JSON: {_LENGTH}"
    if data[:HEAD].isascii() and data[:HEAD].decode("ascii").isprintable():
        return "standard output is for frames alone: print to standard error"
    if _length(data, "little") <= limit:
        return f"write the length big-endian: {_LENGTH}"
    return ""


def in_body(body: bytes) -> str:
    """Return the hint for a body that is not a message, or an empty string."""
    if not body:
        return f"write the length with 4 bytes, not 8, and a body after it: {_LENGTH}"
    if body[:1] in (b"[", b"{", b'"'):
        try:
            json.loads(body)
        except ValueError:
            return ""
        return "encode the body as MessagePack: it is JSON"
    if 0x80 <= body[0] <= 0x8F:  # noqa: PLR2004  # a small map's first byte
        return "write a response as the array [1, msgid, error, result], not as a map"
    return ""


def in_silence(start: bytes, size: int) -> str:
    """Return the hint for a response of which only `size` bytes came, or an empty string."""
    if not size:
        return "flush standard output after every frame"
    if size >= HEAD and _length(start) == size:
        return f"leave the 4 bytes of the length out of its count: {_LENGTH}"
    if size >= HEAD and _length(start, "little") == size - HEAD:
        return f"write the length big-endian: {_LENGTH}"
    return ""


def _length(data: bytes, order: str = "big") -> int:
    return int.from_bytes(data[:HEAD], "little" if order == "little" else "big")
