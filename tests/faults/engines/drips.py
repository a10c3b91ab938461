"""Writes its answer a byte at a time, too slowly to be done in time."""

from __future__ import annotations

import time

from miniature import raw, serve


def bad(_: int) -> None:
    """Announce 600 bytes and write twenty a second."""
    raw(b"\x00\x00\x02\x58")
    for _ in range(600):
        raw(b"\xc0")
        time.sleep(0.05)


serve(bad)
