"""Answers the bad case rightly, then prints to standard output."""

from __future__ import annotations

from miniature import raw, right, serve


def bad(msgid: int) -> None:
    """Answer, then print."""
    right(msgid)
    raw(b"done in 0.3 s\n")


serve(bad)
