"""Ends before the handshake, with last words."""

from __future__ import annotations

import sys

sys.exit("libengine.so: cannot open shared object file")
