"""Claims the codec at the highest level, and supports nothing of it."""

from __future__ import annotations

import miniature

FAILURE = {"code": "unsupported", "message": "no codec yet"}


def right(msgid: int, case: str = "bad") -> None:
    """Decline whatever is asked."""
    del case
    miniature.send([1, msgid, FAILURE, None])


miniature.right = right
miniature.serve(miniature.right)
