"""What a release of LangGraph lacks, found while generators run on it.

A name that a generator imports and the release has not is stood in for by an `Absent`. A value made
with one stores a text of its own, so that every case which needs it can be told from the others,
wherever in the case it lies.
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
    """What an absent class would have made."""

    mark: str


class Absent:
    """Stands in for a name that is not there; calling it makes an `AbsentValue`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: object, **kwargs: object) -> AbsentValue:
        """Return what stands in for an instance."""
        del args, kwargs
        return AbsentValue(_MARK + self._name)

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")


def absent_in(data: bytes) -> str:
    """Return what a case's bytes say that it needs and the release lacks, or nothing."""
    return ", ".join(sorted({name.decode() for name in _MARKED.findall(data)}))


def import_with_absent(name: str) -> ModuleType:
    """Import a module, with stand-ins for what it takes from LangGraph and is not there.

    The stand-ins stay with the module alone: to LangGraph, what it lacks is as absent as before.

    Raises:
        ImportError: If it cannot be imported for another reason.
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
    """Put a stand-in where an import failed; return whether there was anything to do."""
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
    """A module that is not there: every name in it is absent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")
