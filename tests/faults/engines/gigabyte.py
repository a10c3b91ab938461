"""Begins an answer of a gigabyte, which it would write to the end."""

from __future__ import annotations

import struct

from miniature import raw, serve


def bad(_: int) -> None:
    """Announce all of it and write on."""
    raw(struct.pack(">I", 1 << 30))
    for _ in range(1 << 14):
        raw(b"\x00" * (1 << 16))


serve(bad)
