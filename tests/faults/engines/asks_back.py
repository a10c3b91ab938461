"""Answers with a request."""

from __future__ import annotations

from miniature import send, serve

serve(lambda _: send([0, 7, "host.node", {}]))
