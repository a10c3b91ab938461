"""A well-behaved engine in a page, for the misbehaving ones beside it to spoil in one way each.

A case with the id `bad` is given to the spoiler; every other case is answered as it should be, from
the file that PARITY_KIT_TEST_ANSWERS names if there is one. What is written here is MessagePack-RPC
by hand, so that the kit's own encoder cannot hide a mistake.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ormsgpack

DESCRIPTION: dict[str, Any] = {
    "name": "miniature",
    "version": "1",
    "language": "Python",
    "levels": {"codec": "bytes"},
    "engaged": {},
    "protocol": 1,
}
OUTCOME: dict[str, Any] = {"value": 1, "events": [], "stored": {}, "dropped": []}
_FILE = os.environ.get("PARITY_KIT_TEST_ANSWERS")
ANSWERS: dict[str, bytes] = ormsgpack.unpackb(Path(_FILE).read_bytes()) if _FILE else {}
"""Case ids, and the bytes of the outcomes that are right."""


def raw(data: bytes) -> None:
    """Write bytes to standard output."""
    while data:
        data = data[os.write(1, data) :]


def send(message: Any) -> None:
    """Write a message as a frame."""
    body = ormsgpack.packb(message)
    raw(struct.pack(">I", len(body)) + body)


def answer(msgid: int, result: Any) -> None:
    """Write a response."""
    send([1, msgid, None, result])


def right(msgid: int, case: str = "bad") -> None:
    """Write the response that is right for a case of one operation, or for one of the file."""
    if case not in ANSWERS:
        answer(msgid, [OUTCOME])
        return
    body = b"\x94\x01" + ormsgpack.packb(msgid) + b"\xc0" + ANSWERS[case]
    raw(struct.pack(">I", len(body)) + body)


def read(length: int) -> bytes:
    """Read that many bytes of standard input, or fewer at its end."""
    data = b""
    while len(data) < length and (piece := os.read(0, length - len(data))):
        data += piece
    return data


def serve(bad: Callable[[int], None]) -> None:
    """Answer requests until the end; the spoiler takes the msgid of a bad case."""
    while head := read(4):
        (length,) = struct.unpack(">I", head)
        _, msgid, method, params = ormsgpack.unpackb(read(length))
        if method == "run" and params["case"]["id"] == "bad":
            bad(msgid)
        elif method == "run":
            right(msgid, params["case"]["id"])
        elif method in {"handshake", "describe"}:
            answer(msgid, DESCRIPTION)
        else:
            answer(msgid, None)
        if method == "shutdown":
            return
