"""Paths as they are stored: their module is part of the bytes, and Python 3.13 moved it.

An engine stands for a LangGraph on some Python: it has paths in `pathlib`, or in `pathlib._local`
where it is asked to. A path of the other module is then read as that Python would read it.
"""

from __future__ import annotations

import importlib
from pathlib import PurePosixPath
from typing import Any

from pure_engine.types import Envelope

PLAIN, LOCAL = HOMES = ("pathlib", "pathlib._local")
_NAMES = {"Path", "PosixPath"}  # what makes a path on a system that has no drives
_SINGLE, _POSITIONAL = 0, 1


def path(code: int, module: str, name: str, payload: Any, home: str) -> Envelope:
    """Return the path that an ext's parts say.

    Raises:
        Exception: Whatever keeps it from being built.
    """
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
