"""Tells events of the bad case for ever."""

from __future__ import annotations

from typing import Any

import miniature

miniature.DESCRIPTION["uses"] = ["events"]
EVENT: dict[str, Any] = {"operation": 0, "event": ["custom", [], "x" * 10_000]}


def bad(msgid: int) -> None:
    """Tell the same event again and again."""
    while True:
        miniature.send([2, "event", {"msgid": msgid, **EVENT}])


miniature.serve(bad)
