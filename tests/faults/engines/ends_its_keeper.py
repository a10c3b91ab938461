"""Ends the process that started it, and itself."""

from __future__ import annotations

import os
import signal
import time

from miniature import serve


def bad(_: int) -> None:
    """Get rid of whoever is above."""
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)


serve(bad)
