"""Answers with a bare outcome, not a response."""

from __future__ import annotations

from miniature import OUTCOME, send, serve

serve(lambda _: send([OUTCOME]))
