"""Answers the handshake and ends at what comes next; it imports hardly anything, to start fast."""

from __future__ import annotations

import os

DESCRIPTION = (
    b"\x86\xa4name\xa5light\xa7version\xa11\xa8language\xa6Python"
    b"\xa6levels\x81\xa5codec\xa5bytes\xa7engaged\x80\xa8protocol\x01"
)

# [0, msgid, "handshake", ...]: the msgid is what stands between the first two bytes and the name.
request = os.read(0, 1 << 16)
msgid = request[6 : request.index(b"\xa9handshake")]
body = b"\x94\x01" + msgid + b"\xc0" + DESCRIPTION
os.write(1, len(body).to_bytes(4, "big") + body)
os.read(0, 4)
os._exit(7)
