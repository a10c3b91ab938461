"""Puts a mutant's code into the functions of this process, wherever they are held."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import TypeAlias

_Key: TypeAlias = tuple[str, int]
"""A function's qualified name, and which of those with this name it is."""


class NotPatchedError(Exception):
    """The running process has no function that could take the mutant's code."""


@dataclass(frozen=True, slots=True)
class LiveFunctions:
    """The functions of this process, by the file of their code."""

    by_file: Mapping[str, list[FunctionType]]

    @classmethod
    def now(cls, files: frozenset[str]) -> LiveFunctions:
        """Return the functions whose code is in one of these files."""
        by_file: dict[str, list[FunctionType]] = {file: [] for file in files}
        for function in gc.get_objects():
            if isinstance(function, FunctionType) and function.__code__.co_filename in files:
                by_file[function.__code__.co_filename].append(function)
        return cls(by_file)

    def patch(self, file: str, mutated: CodeType) -> None:
        """Give the functions of a file their mutated code.

        Raises:
            NotPatchedError: If no function takes the change, or one that has the code cannot.
        """
        source = Path(file).read_text(encoding="utf-8")
        before = _codes(compile(source, file, "exec", dont_inherit=True))
        places = {(name, code.co_firstlineno): (name, at) for (name, at), code in before.items()}
        after = _codes(mutated)
        patched = 0
        for function in self.by_file.get(file, ()):
            code = function.__code__
            key = places.get((code.co_qualname, code.co_firstlineno))
            if key is None or key not in after or after[key] == before[key]:
                continue
            if after[key].co_freevars != code.co_freevars:
                raise NotPatchedError(f"{code.co_qualname} is a closure over other variables")
            function.__code__ = after[key]
            patched += 1
        if not patched:
            raise NotPatchedError("no function of the process has this code")


def _codes(module: CodeType) -> dict[_Key, CodeType]:
    """Return the code of every function in a module's code, in the order of the source."""
    codes: dict[_Key, CodeType] = {}
    counts: dict[str, int] = {}
    for code in _inside(module):
        at = counts[code.co_qualname] = counts.get(code.co_qualname, -1) + 1
        codes[code.co_qualname, at] = code
    return codes


def _inside(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inside(constant)
