"""Takes memory until it is stopped."""

from __future__ import annotations

import time

from miniature import serve


def bad(_: int) -> None:
    """Take 16 MiB at a time, and touch all of it; no more than 2 GiB, for the machine's sake."""
    taken: list[bytes] = []
    for _ in range(128):
        taken.append(b"\x01" * (16 << 20))
        time.sleep(0.01)
    time.sleep(600)


serve(bad)
