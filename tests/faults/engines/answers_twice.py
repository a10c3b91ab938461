"""Answers the bad case twice."""

from __future__ import annotations

from miniature import right, serve


def bad(msgid: int) -> None:
    """Say it, and say it again."""
    right(msgid)
    right(msgid)


serve(bad)
