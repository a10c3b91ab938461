"""Ends on the fifth case it is asked in a process, whichever that is."""

from __future__ import annotations

import os
import sys
from itertools import count

import miniature

ASKED = count(1)
RIGHT = miniature.right


def right(msgid: int, case: str = "bad") -> None:
    """Answer four times."""
    if next(ASKED) == 5:
        sys.stderr.write("free(): invalid pointer\n")
        sys.stderr.flush()
        os._exit(6)
    RIGHT(msgid, case)


miniature.right = right
miniature.serve(miniature.right)
