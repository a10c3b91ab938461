"""Stored paths: their module is part of the bytes, and Python 3.13 moved it.

The engine acts as LangGraph on a Python whose paths are in `pathlib`, or in `pathlib._local` if it
is asked to, and reads paths of the other module as that Python would.
"""

from __future__ import annotations

import importlib
from pathlib import PurePosixPath
from typing import Any

from pure_engine.types import Envelope

PLAIN, LOCAL = HOMES = ("pathlib", "pathlib._local")
_NAMES = {"Path", "PosixPath"}  # the classes that a POSIX system can build
_SINGLE, _POSITIONAL = 0, 1


def path(code: int, module: str, name: str, payload: Any, home: str) -> Envelope:
    """Return the path that an ext's parts describe, or raise whatever prevents that."""
    if module == LOCAL != home:
        raise ModuleNotFoundError(module)
    if name not in _NAMES:
        message = f"cannot make {getattr(importlib.import_module(PLAIN), name)} on your system"
        raise NotImplementedError(message)
    if code == _SINGLE:
        made = PurePosixPath(payload)
    elif code == _POSITIONAL:
        made = PurePosixPath(*payload)
    else:
        made = PurePosixPath(**payload)
    return Envelope(_POSITIONAL, [home, "PosixPath", list(made.parts)])
