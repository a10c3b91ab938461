"""Answers with a million arrays in one another."""

from __future__ import annotations

import struct

from miniature import raw, serve


def bad(_: int) -> None:
    """Leave what reads it no stack."""
    body = b"\x91" * 1_000_000 + b"\xc0"
    raw(struct.pack(">I", len(body)) + body)


serve(bad)
