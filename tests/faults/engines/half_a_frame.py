"""Ends inside a frame."""

from __future__ import annotations

import os

from miniature import raw, serve


def bad(_: int) -> None:
    """Announce ten bytes and write three."""
    raw(b"\x00\x00\x00\x0aabc")
    os._exit(0)


serve(bad)
