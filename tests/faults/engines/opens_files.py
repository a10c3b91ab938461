"""Opens files until it may not open more, and says so."""

from __future__ import annotations

import os

from miniature import send, serve


def bad(msgid: int) -> None:
    """Open the same file again and again."""
    opened = 0
    try:
        while True:
            os.open(os.devnull, os.O_RDONLY)
            opened += 1
    except OSError as error:
        failure = {"code": "engine", "message": f"{error.strerror} after {opened}"}
        os.closerange(3, 4096)
        send([1, msgid, failure, None])


serve(bad)
