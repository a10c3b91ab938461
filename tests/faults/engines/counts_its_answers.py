"""Answers the bad case wrongly the first time a process is asked it, and rightly after that."""

from __future__ import annotations

from itertools import count

from miniature import OUTCOME, answer, right, serve

ASKED = count()


def bad(msgid: int) -> None:
    """Make it depend on what came before."""
    if next(ASKED):
        right(msgid)
    else:
        answer(msgid, [{**OUTCOME, "value": "a guess"}])


serve(bad)
