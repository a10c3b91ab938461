"""Answers with a good response and something after it in the same frame."""

from __future__ import annotations

import struct

import ormsgpack
from miniature import OUTCOME, raw, serve


def bad(msgid: int) -> None:
    """Put two values into one body."""
    body = ormsgpack.packb([1, msgid, None, [OUTCOME]]) + b"\xc0"
    raw(struct.pack(">I", len(body)) + body)


serve(bad)
