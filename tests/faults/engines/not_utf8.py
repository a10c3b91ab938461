"""Answers with text that is not UTF-8."""

from __future__ import annotations

import struct

import ormsgpack
from miniature import OUTCOME, raw, serve


def bad(msgid: int) -> None:
    """Spoil the text of an error."""
    marker = "to be replaced"
    body = ormsgpack.packb([1, msgid, None, [{**OUTCOME, "value": marker}]])
    body = body.replace(marker.encode(), b"\xff" * len(marker))
    raw(struct.pack(">I", len(body)) + body)


serve(bad)
