"""Writes 8 MiB to standard error before it answers, which is no fault."""

from __future__ import annotations

import os

from miniature import right, serve


def bad(msgid: int) -> None:
    """Talk much, then answer."""
    for _ in range(128):
        os.write(2, b"x" * 65535 + b"\n")
    right(msgid)


serve(bad)
