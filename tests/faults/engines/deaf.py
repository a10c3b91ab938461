"""Stops reading its input after the handshake, so that a large request cannot be written."""

from __future__ import annotations

import os
import time

from miniature import DESCRIPTION, answer

os.read(0, 1 << 16)
answer(1, DESCRIPTION)
time.sleep(600)
