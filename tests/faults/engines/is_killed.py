"""Ends by a signal."""

from __future__ import annotations

import os
import signal

from miniature import serve

serve(lambda _: os.kill(os.getpid(), signal.SIGSEGV))
