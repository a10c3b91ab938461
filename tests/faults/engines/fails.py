"""Answers the bad case with an error of its own."""

from __future__ import annotations

from miniature import send, serve

FAILURE = {"code": "engine", "message": "IndexError: out of range", "detail": "in engine.c:42"}

serve(lambda msgid: send([1, msgid, FAILURE, None]))
