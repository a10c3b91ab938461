"""Closes its standard output and lives on."""

from __future__ import annotations

import os
import time

from miniature import serve


def bad(_: int) -> None:
    """Close it."""
    os.close(1)
    time.sleep(600)


serve(bad)
