"""Tells an event of an operation that the bad case does not have, then answers."""

from __future__ import annotations

from typing import Any

import miniature

miniature.DESCRIPTION["uses"] = ["events"]
EVENT: dict[str, Any] = {"operation": 7, "event": ["custom", [], 1]}


def bad(msgid: int) -> None:
    """Tell, then answer."""
    miniature.send([2, "event", {"msgid": msgid, **EVENT}])
    miniature.right(msgid)


miniature.serve(bad)
