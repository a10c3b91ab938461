"""Stops, as a debugger would stop it."""

from __future__ import annotations

import os
import signal

from miniature import serve

serve(lambda _: os.kill(os.getpid(), signal.SIGSTOP))
