"""Answers with a frame that holds no MessagePack."""

from __future__ import annotations

from miniature import raw, serve

serve(lambda _: raw(b"\x00\x00\x00\x02\xc1\xc1"))
