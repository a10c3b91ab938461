"""Starts a program that outlives it and holds its standard output open."""

from __future__ import annotations

import os
import subprocess
import sys

from miniature import serve


def bad(_: int) -> None:
    """Start a sleeper, then end."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    os._exit(5)


serve(bad)
