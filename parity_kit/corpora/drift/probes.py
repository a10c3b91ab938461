"""Probes in functions: which statements of them run, and which way their conditions go.

Modules are compiled with the probes when they are imported, so that nothing but these functions
gets slower, on every version of Python. What a probe sees is counted for the case that runs.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Self, TypeAlias, TypeVar

from parity_kit.corpora.drift.source import (
    Definition,
    Place,
    Statement,
    blocks,
    definitions,
    place_of,
)

Probe: TypeAlias = str
"""A function, and what of it: `module:name`, and `@line,…` for a statement, `?line,…=True` for a
condition that was true."""

T = TypeVar("T")
_HOOK = "__parity_probe__"


def function_probe(module: str, name: str) -> Probe:
    """Return the probe of a function as a whole."""
    return f"{module}:{name}"


def statement_probe(function: Probe, place: Place) -> Probe:
    """Return the probe of a statement."""
    return f"{function}@{_shown(place)}"


def condition_probe(function: Probe, place: Place, *, way: bool) -> Probe:
    """Return the probe of a condition that was true, or false."""
    return f"{function}?{_shown(place)}={way}"


def _shown(place: Place) -> str:
    return ",".join(map(str, place))


@dataclass(frozen=True, slots=True)
class Watched:
    """What of a function is watched beside its beginning, by place in its file."""

    statements: frozenset[Place]
    conditions: frozenset[Place]

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Sequence[int]]]) -> Self:
        """Return what a plan lists."""
        places = (frozenset(map(_place, data[name])) for name in ("statements", "conditions"))
        return cls(*places)


class Probes(MetaPathFinder):
    """Compiles modules with probes in their functions, and collects what these see."""

    def __init__(self, modules: Mapping[str, Mapping[str, Watched]]) -> None:
        self._modules = modules
        self.seen: set[Probe] = set()

    def install(self) -> None:
        """Let the modules be compiled with probes; none of them may be imported yet."""
        setattr(builtins, _HOOK, self._hook)
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is that is to have probes."""
        if fullname not in self._modules:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._modules[fullname])
        return spec

    def _hook(self, probe: Probe, value: T = None) -> T:
        self.seen.add(f"{probe}={bool(value)}" if "?" in probe else probe)
        return value


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, functions: Mapping[str, Watched]) -> None:
        super().__init__(fullname, path)
        self._functions = functions

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module, whatever bytecode lies beside it."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        for name, nodes in definitions(tree).items():
            if name in self._functions:
                for node in nodes:
                    _instrument(node, function_probe(fullname, name), self._functions[name])
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _instrument(node: Definition, function: Probe, watched: Watched) -> None:
    _Instrumenter(function, watched).visit(node)
    beginning = [_call(node.body[0], function)]
    if place_of(node) in watched.statements:  # its signature: it counts when the function runs
        beginning.append(_call(node.body[0], statement_probe(function, place_of(node))))
    at = 1 if ast.get_docstring(node, clean=False) is not None else 0
    node.body[at:at] = [ast.Expr(call) for call in beginning]


class _Instrumenter(ast.NodeTransformer):
    def __init__(self, function: Probe, watched: Watched) -> None:
        self._function = function
        self._watched = watched

    def visit(self, node: ast.AST) -> ast.AST:
        """Return a node with probes in it."""
        place = place_of(node) if isinstance(node, ast.expr) else None
        node = self.generic_visit(node)
        for name, block in blocks(node).items():
            setattr(node, name, [marked for item in block for marked in self._marked(item)])
        if place is None or place not in self._watched.conditions:
            return node
        assert isinstance(node, ast.expr)  # noqa: S101  # only these have a place
        return _call(node, f"{self._function}?{_shown(place)}", node)

    def _marked(self, item: Statement) -> list[Statement]:
        place = place_of(item)
        if place not in self._watched.statements:
            return [item]
        marker = ast.Expr(_call(item, statement_probe(self._function, place)))
        if isinstance(item, ast.stmt):
            return [marker, item]
        item.body.insert(0, marker)
        return [item]


def _call(at: ast.AST, probe: Probe, *values: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name(_HOOK, ast.Load()), [ast.Constant(probe), *values], [])
    return call if isinstance(at, ast.match_case) else ast.copy_location(call, at)


def _place(numbers: Sequence[int]) -> Place:
    line, column, end_line, end_column = numbers
    return line, column, end_line, end_column
