"""Prints to standard output while it works."""

from __future__ import annotations

from miniature import OUTCOME, answer, raw, serve


def bad(msgid: int) -> None:
    """Print, then answer."""
    raw(b"step 1 of 2\n")
    answer(msgid, [OUTCOME])


serve(bad)
