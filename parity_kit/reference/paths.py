"""The module that paths are kept in: Python 3.13 moved it, and with it the names in stored bytes.

`jsonplus._msgpack_default` writes the class's own module, and what reads it imports that module. So
that either Python can produce what the other stores, the classes get the other module for a moment.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import cast

LOCAL = "pathlib._local"
"""Where CPython 3.13 has its paths; before it and after it they are in `pathlib`."""

_CLASSES = (pathlib.Path, pathlib.PosixPath, pathlib.WindowsPath)


@contextmanager
def paths_in(module: str | None) -> Generator[None]:
    """Run LangGraph as if paths were in `module`; None leaves them where they are.

    Raises:
        ValueError: If no Python has its paths in that module.
    """
    if module is None:
        yield
        return
    if module not in {"pathlib", LOCAL}:
        message = f"paths are in pathlib or in {LOCAL}, not in {module}"
        raise ValueError(message)
    known = sys.modules.get(LOCAL)
    homes = [kind.__module__ for kind in _CLASSES]
    try:
        for kind in _CLASSES:
            kind.__module__ = module
        # None in its place makes Python believe that there is no such module.
        hidden = cast("ModuleType", None)
        sys.modules[LOCAL] = (known or pathlib) if module == LOCAL else hidden
        yield
    finally:
        for kind, home in zip(_CLASSES, homes, strict=True):
            kind.__module__ = home
        if known is None:
            sys.modules.pop(LOCAL, None)
        else:
            sys.modules[LOCAL] = known
