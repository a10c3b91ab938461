"""Computes for ever."""

from __future__ import annotations

from itertools import count

from miniature import serve


def bad(_: int) -> None:
    """Add up all numbers."""
    sum(count())


serve(bad)
