"""The functions of LangGraph and their parameters with defaults: all there are, by its source."""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

PACKAGE = "langgraph"

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_CALLED = {"__init__", "__call__"}
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

    @property
    def is_called_by_users(self) -> bool:
        """Whether it is public, or makes or calls an object of a public class, in such a module."""
        parts = [part for part in self.name.split(".") if part not in _CALLED]
        parts += self.module.split(".")
        return not any(part.startswith(("_", "<")) for part in parts)


@dataclass(frozen=True, slots=True, order=True)
class Parameter:
    """A parameter with a default."""

    function: Function
    name: str

    def __str__(self) -> str:
        return f"{self.function}({self.name})"


def source_roots() -> tuple[Path, ...]:
    """Return the folders of the installed package; each distribution may bring one."""
    return tuple(Path(folder) for folder in importlib.import_module(PACKAGE).__path__)


def functions() -> frozenset[Function]:
    """Return every function of installed LangGraph that has a body to run."""
    return frozenset(function for function, _ in _defined(source_roots()))


def parameters() -> frozenset[Parameter]:
    """Return every parameter with a default of the functions that users call."""
    return frozenset(
        Parameter(function, name)
        for function, names in _defined(source_roots())
        if function.is_called_by_users
        for name in names
    )


@functools.cache
def _defined(roots: tuple[Path, ...]) -> list[tuple[Function, list[str]]]:
    """Return every function below some folders, with its parameters that have a default."""
    return [
        (Function(module_of(root, path), name), with_defaults(node.args))
        for root in roots
        for path in root.rglob("*.py")
        for name, node in definitions(ast.parse(path.read_bytes()))
    ]


def with_defaults(arguments: ast.arguments) -> list[str]:
    """Return the names of the parameters that have a default."""
    positional = [*arguments.posonlyargs, *arguments.args]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [
        *(argument.arg for argument in positional[len(positional) - len(arguments.defaults) :]),
        *(argument.arg for argument, default in named if default is not None),
    ]


def module_of(root: Path, path: Path) -> str:
    """Return the dotted name of a source file under one of the `source_roots`."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join((PACKAGE, *parts)).removesuffix(".__init__")


def definitions(scope: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Yield the functions of a module that have a body to run, by qualified name."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, _FUNCTIONS) and not is_stub(node):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from definitions(node, f"{prefix}{node.name}.")
        elif isinstance(node, _FUNCTIONS):
            yield from definitions(node, f"{prefix}{node.name}.<locals>.")
        else:
            yield from definitions(node, prefix)


def is_stub(function: Definition) -> bool:
    """Return whether a function only declares: an overload, or a body that does nothing."""
    overloads = ("overload", "typing.overload")
    return any(ast.unparse(decorator) in overloads for decorator in function.decorator_list) or all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in function.body
    )
