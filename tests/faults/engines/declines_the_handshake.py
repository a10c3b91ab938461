"""Says that it does not offer the handshake."""

from __future__ import annotations

import time

from miniature import send

send([1, 1, {"code": "unsupported", "message": "no handshake yet"}, None])
time.sleep(600)
