"""Answers with a MessagePack timestamp, which is no plain data of the contract."""

from __future__ import annotations

import struct

import ormsgpack
from miniature import OUTCOME, raw, serve


def bad(msgid: int) -> None:
    """Put a timestamp where the value is."""
    marker = "to be replaced"
    body = ormsgpack.packb([1, msgid, None, [{**OUTCOME, "value": marker}]])
    body = body.replace(ormsgpack.packb(marker), b"\xd6\xff\x00\x00\x00\x01")
    raw(struct.pack(">I", len(body)) + body)


serve(bad)
