"""Ends in the middle, as if all were well."""

from __future__ import annotations

import sys

from miniature import serve

serve(lambda _: sys.exit(0))
