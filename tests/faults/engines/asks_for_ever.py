"""Asks the host to run a node again and again, reads no answer, and gives none."""

from __future__ import annotations

from itertools import count
from typing import Any

import miniature

miniature.DESCRIPTION["uses"] = ["callbacks"]
PARAMS: dict[str, Any] = {"body": [], "input": {}}


def bad(_: int) -> None:
    """Ask what is easily answered."""
    for number in count():
        miniature.send([0, number % (1 << 32), "host.node", PARAMS])


miniature.serve(bad)
