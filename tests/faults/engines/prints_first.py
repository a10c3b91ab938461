"""Prints a greeting before its first frame."""

from __future__ import annotations

from miniature import raw, serve

raw(b"Loading model, please wait\n")
serve(lambda _: None)
