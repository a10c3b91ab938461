"""Announces a frame of 4 GiB."""

from __future__ import annotations

from miniature import raw, serve

serve(lambda _: raw(b"\xff\xff\xff\xff"))
