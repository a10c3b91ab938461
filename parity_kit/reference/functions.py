"""The functions of LangGraph: all there are, by its source, and those that run while cases do."""

from __future__ import annotations

import ast
import cProfile
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import ParamSpec, TypeVar

PACKAGE = "langgraph"

P = ParamSpec("P")
T = TypeVar("T")

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True, order=True)
class Function:
    """A function by its module and its qualified name, as its code object has it."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def is_public(self) -> bool:
        """Whether no part of its name begins with an underscore, or is local to a function."""
        return not any(part.startswith(("_", "<")) for part in self.name.split("."))


class Watcher:
    """Collects the functions of LangGraph that run in this thread.

    The standard library's profiler notices them: it is written in C and keeps one entry a function,
    so that watching costs little.
    """

    def __init__(self) -> None:
        self._profiler = cProfile.Profile(subcalls=False, builtins=False)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns, and watch while it runs."""
        self._profiler.enable(subcalls=False, builtins=False)
        try:
            return function(*args, **kwargs)
        finally:
            self._profiler.disable()

    def functions(self) -> frozenset[Function]:
        """Return what ran so far, local functions and comprehensions included."""
        codes = [entry.code for entry in self._profiler.getstats()]
        return frozenset(
            Function(module_of(root, Path(code.co_filename)), code.co_qualname)
            for root in source_roots()
            for code in codes
            if isinstance(code, CodeType) and code.co_filename.startswith(f"{root}/")
        )


def source_roots() -> tuple[Path, ...]:
    """Return the folders of the installed package; each distribution may bring one."""
    return tuple(Path(folder) for folder in importlib.import_module(PACKAGE).__path__)


def functions() -> frozenset[Function]:
    """Return every function of installed LangGraph that has a body to run."""
    return frozenset(
        Function(module_of(root, path), name)
        for root in source_roots()
        for path in root.rglob("*.py")
        for name in _names(ast.parse(path.read_bytes()))
    )


def module_of(root: Path, path: Path) -> str:
    """Return the dotted name of a source file under one of the `source_roots`."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join((PACKAGE, *parts)).removesuffix(".__init__")


def _names(scope: ast.AST, prefix: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, _FUNCTIONS) and not _is_stub(node):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _names(node, f"{prefix}{node.name}.")
        elif isinstance(node, _FUNCTIONS):
            yield from _names(node, f"{prefix}{node.name}.<locals>.")
        else:
            yield from _names(node, prefix)


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function only declares: an overload, or a body of a docstring, `...` and `pass`."""
    overloads = ("overload", "typing.overload")
    return any(ast.unparse(decorator) in overloads for decorator in function.decorator_list) or all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in function.body
    )
