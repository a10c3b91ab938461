"""Writes the half of a frame, and no more."""

from __future__ import annotations

import time

from miniature import raw, serve


def bad(_: int) -> None:
    """Announce ten bytes and write three."""
    raw(b"\x00\x00\x00\x0aabc")
    time.sleep(600)


serve(bad)
