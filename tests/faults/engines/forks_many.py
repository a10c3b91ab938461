"""Starts processes until it is stopped."""

from __future__ import annotations

import os
import time

from miniature import serve


def bad(_: int) -> None:
    """Start one after another, each in a session of its own; no more than 60."""
    for _ in range(60):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
        time.sleep(0.01)
    time.sleep(600)


serve(bad)
