"""Answers the bad case rightly, then ends: what it left to be done fails."""

from __future__ import annotations

import os

from miniature import right, serve


def bad(msgid: int) -> None:
    """Answer, then give up."""
    right(msgid)
    os._exit(9)


serve(bad)
