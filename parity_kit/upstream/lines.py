"""What a test process tells the kit: a line of JSON for each test, on its first standard output.

Whatever tests print goes to standard error.
"""

from __future__ import annotations

import json
import os
import traceback
from typing import Any

LONGEST = 400

_results = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def emit(message: dict[str, Any]) -> None:
    """Write a line."""
    _results.write(json.dumps(message) + "\n")
    _results.flush()


def cause(error: BaseException) -> tuple[str, str]:
    """Return an error's class and first line, and where it was raised.

    That is the deepest line of a library, or of the test if no library raised it.
    """
    text = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {text}"[:LONGEST], _place(error)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if not _is_of_tests(frame.filename)]
    deep = [
        frame
        for frame in ours
        if "/tests/" not in frame.filename and "lib/python" in frame.filename
    ]
    if not (frame := next(reversed(deep or ours), None)):
        return ""
    path = frame.filename.rpartition("site-packages/")[2].rpartition("/tests/")[2]
    return f"{path}:{frame.lineno} in {frame.name}"


def _is_of_tests(path: str) -> bool:
    return any(f"/{name}/" in path for name in ("_pytest", "pluggy", "parity_kit", "anyio"))
