"""Detects what a release of LangGraph lacks, while generators run on it.

An `Absent` stands in for a name that a generator imports but the release lacks. A value made with
it stores a text of its own, so that every case that needs the name can be recognized, wherever the
value is in the case.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

_MARK = "parity-kit:absent:"
_MARKED = re.compile(rb"parity-kit:absent:([\w.]+)")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_FAMILY = ("langgraph", "langchain")
_MOST = 100  # names that one generator may lack


@dataclass(frozen=True)
class AbsentValue:
    """Stands in for an instance of an absent class."""

    mark: str


class Absent:
    """Stands in for a missing name; calling it makes an `AbsentValue`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: object, **kwargs: object) -> AbsentValue:
        """Return a stand-in for an instance."""
        del args, kwargs
        return AbsentValue(_MARK + self._name)

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")


def absent_in(data: bytes) -> str:
    """Return the names in a case's bytes that the release lacks, or nothing."""
    return ", ".join(sorted({name.decode() for name in _MARKED.findall(data)}))


def import_with_absent(name: str) -> ModuleType:
    """Import a module, with stand-ins for names that LangGraph lacks.

    Only the module sees the stand-ins: for LangGraph itself, the names stay missing.

    Raises:
        ImportError: If the import fails for another reason.
    """
    undo: list[Callable[[], object]] = []
    try:
        for _ in range(_MOST):
            try:
                return importlib.import_module(name)
            except ImportError as error:
                if not _stood_in(error, undo):
                    raise
    finally:
        for restore in undo:
            restore()
    message = f"{name} needs more than {_MOST} names that are not there"
    raise ImportError(message)


def _stood_in(error: ImportError, undo: list[Callable[[], object]]) -> bool:
    """Put a stand-in where an import failed; return whether one was needed."""
    matched = _NO_NAME.match(str(error))
    if matched is not None and matched[2].startswith(_FAMILY):
        name, module = matched[1], sys.modules[matched[2]]
        setattr(module, name, Absent(f"{matched[2]}.{name}"))
        undo.append(partial(delattr, module, name))
        return True
    missing = error.name or ""
    if isinstance(error, ModuleNotFoundError) and missing.startswith(_FAMILY):
        sys.modules[missing] = _AbsentModule(missing)
        undo.append(partial(sys.modules.pop, missing, None))
        return True
    return False


class _AbsentModule(ModuleType):
    """A missing module: every name in it is absent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")
