"""Ends on whatever case it is asked."""

from __future__ import annotations

import os

import miniature


def right(msgid: int, case: str = "bad") -> None:
    """Give up."""
    del msgid, case
    os._exit(8)


miniature.right = right
miniature.serve(miniature.right)
