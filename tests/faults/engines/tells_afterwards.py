"""Tells an event of the bad case after its answer."""

from __future__ import annotations

from typing import Any

import miniature

miniature.DESCRIPTION["uses"] = ["events"]
EVENT: dict[str, Any] = {"operation": 0, "event": ["custom", [], 1]}


def bad(msgid: int) -> None:
    """Answer, then tell."""
    miniature.right(msgid)
    miniature.send([2, "event", {"msgid": msgid, **EVENT}])


miniature.serve(bad)
