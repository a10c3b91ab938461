"""Says that the kit's request is wrong."""

from __future__ import annotations

from miniature import send, serve

FAILURE = {"code": "bad-request", "message": "no such field: pins"}

serve(lambda msgid: send([1, msgid, FAILURE, None]))
