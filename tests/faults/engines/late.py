"""Answers the bad case rightly, but long after its time."""

from __future__ import annotations

import time

from miniature import right, serve


def bad(msgid: int) -> None:
    """Take longer than there is."""
    time.sleep(30)
    right(msgid)


serve(bad)
