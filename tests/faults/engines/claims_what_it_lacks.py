"""Claims graphs, and supports none."""

from __future__ import annotations

import miniature

miniature.DESCRIPTION["levels"] = {"codec": "bytes", "graph": "bytes"}
FAILURE = {"code": "unsupported", "message": "no graphs yet"}

miniature.serve(lambda msgid: miniature.send([1, msgid, FAILURE, None]))
