"""Speaks a protocol the kit does not know."""

from __future__ import annotations

import miniature

miniature.DESCRIPTION["protocol"] = 99
miniature.serve(lambda _: None)
