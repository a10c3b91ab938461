"""Answers every case, and neither a shutdown nor the end of its input ends it."""

from __future__ import annotations

import signal
import time

from miniature import right, serve

signal.signal(signal.SIGTERM, signal.SIG_IGN)
serve(right)
time.sleep(600)
