"""Stops reading its input at the bad case, and writes to nobody in particular."""

from __future__ import annotations

import os
import time

from miniature import serve


def bad(_: int) -> None:
    """Block on a pipe of one's own that nobody empties."""
    _, sink = os.pipe()
    while True:
        os.write(sink, b"x" * (1 << 16))
        time.sleep(0.001)


serve(bad)
