"""Says that it does not offer the subject of the bad case."""

from __future__ import annotations

from miniature import send, serve

FAILURE = {"code": "unsupported", "message": "no codec here"}

serve(lambda msgid: send([1, msgid, FAILURE, None]))
