"""Ends with an exit code and last words."""

from __future__ import annotations

import os
import sys

from miniature import serve


def bad(_: int) -> None:
    """Give up."""
    sys.stderr.write("\x1b[31mthe widget is broken\n")
    sys.stderr.flush()
    os._exit(3)


serve(bad)
