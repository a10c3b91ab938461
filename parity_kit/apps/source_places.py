"""Places in the user's code: where a node, a router or a reducer is written."""

from __future__ import annotations

import contextlib
import functools
import sys
import traceback
from pathlib import Path
from typing import Any


def place_of(action: Any) -> str:
    """Return `file:line` of a function, or of the function in a Runnable; nothing if unknown."""
    for name in ("func", "afunc", "__wrapped__", "bound"):
        inner = getattr(action, name, None)
        if inner is not None and inner is not action:
            found = place_of(inner)
            if found:
                return found
    if isinstance(action, functools.partial):
        return place_of(action.func)
    code = getattr(action, "__code__", None) or getattr(
        type(action).__dict__.get("__call__"), "__code__", None
    )
    return _shown(code.co_filename, code.co_firstlineno) if code is not None else ""


def caller() -> str:
    """Return `file:line` of the innermost code that is neither the kit's nor a library's."""
    frame = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the frame is what is wanted
    while frame is not None:
        if _is_users(frame.f_code.co_filename):
            return _shown(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return ""


def raised_at(error: BaseException) -> str:
    """Return `file:line` of the innermost of the user's code that an error came through."""
    frames = traceback.walk_tb(error.__traceback__)
    places = [
        _shown(frame.f_code.co_filename, line)
        for frame, line in frames
        if _is_users(frame.f_code.co_filename)
    ]
    return places[-1] if places else ""


def _is_users(file: str) -> bool:
    if file.startswith("<"):  # as in <frozen runpy>
        return False
    path = Path(file).resolve()  # the kit may be reached by a link
    return _KIT not in path.parents and not _LIBRARIES & {*path.parts}


_KIT = Path(__file__).resolve().parents[1]
_LIBRARIES = {"site-packages", Path(contextlib.__file__).parent.name}


def _shown(file: str, line: int) -> str:
    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}"
