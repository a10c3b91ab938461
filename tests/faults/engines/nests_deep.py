"""Answers with a value of 300 arrays in one another, which could not be packed again."""

from __future__ import annotations

import struct

import ormsgpack
from miniature import OUTCOME, raw, serve

DEPTH = 300


def bad(msgid: int) -> None:
    """Put the arrays where the value is."""
    marker = "to be replaced"
    body = ormsgpack.packb([1, msgid, None, [{**OUTCOME, "value": marker}]])
    body = body.replace(ormsgpack.packb(marker), b"\x91" * DEPTH + b"\xc0")
    raw(struct.pack(">I", len(body)) + body)


serve(bad)
