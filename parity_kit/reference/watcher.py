"""Watches LangGraph while cases run: which functions run, which parameters get another value.

LangGraph's functions are compiled again, with a call of the watcher at their beginning, and get
their own code back afterwards: nothing else becomes slower, on every version of Python.
"""

from __future__ import annotations

import ast
import builtins
import functools
import gc
import inspect
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, ParamSpec, Self, TypeAlias, TypeVar

from parity_kit.reference.functions import (
    Function,
    Parameter,
    definitions,
    module_of,
    source_roots,
    with_defaults,
)

P = ParamSpec("P")
T = TypeVar("T")
_RAN, _LOOK = "__parity_ran__", "__parity_look__"
_Codes: TypeAlias = Mapping[tuple[str, int], CodeType]
"""The code of a module's functions, by qualified name and first line."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The functions that ran, and the parameters that got another value than their default.

    `calls` holds the functions that ran in each watched call, in order.
    """

    functions: frozenset[Function]
    given: frozenset[Parameter]
    calls: tuple[frozenset[Function], ...] = ()


class Watcher(MetaPathFinder):
    """Collects what runs of LangGraph in watched calls; only inside `with` can it watch."""

    def __init__(self) -> None:
        self._running: set[tuple[str, str]] = set()
        self._calls: list[frozenset[Function]] = []
        self._left: dict[tuple[str, str], dict[str, Any]] = {}
        """The defaults of each function that no call has overridden yet."""
        self._given: set[Parameter] = set()
        self._watches = False
        self._module = functools.cache(_module_below(source_roots()))

    def __enter__(self) -> Self:
        setattr(builtins, _RAN, self._running.add)
        setattr(builtins, _LOOK, self._look)
        sys.meta_path.insert(0, self)
        self._exchange(_watched)
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange(_own)
        sys.meta_path.remove(self)
        delattr(builtins, _RAN)
        delattr(builtins, _LOOK)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns, and watch while it runs."""
        self._running.clear()
        self._watches = True
        try:
            return function(*args, **kwargs)
        finally:
            self._watches = False
            running = frozenset(self._running)  # threads that a case left behind add to the set
            self._calls.append(frozenset(Function(*names) for names in running))

    def ran(self) -> Ran:
        """Return what ran in the calls since this was last asked, local functions included."""
        functions = frozenset[Function]().union(*self._calls)
        ran = Ran(functions, frozenset(self._given), tuple(self._calls))
        self._calls, self._given, self._left = [], set(), {}
        return ran

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of LangGraph is that is first imported while it is watched."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or self._module(spec.origin) is None:
            return None
        spec.loader = _Loader(fullname, spec.origin, self._unwatched)
        return spec

    @contextmanager
    def _unwatched(self) -> Generator[None]:
        """Do not watch: what an import runs belongs to no case, as only the first one imports."""
        watches, self._watches = self._watches, False
        running = frozenset(self._running)
        try:
            yield
        finally:
            self._watches = watches
            self._running.intersection_update(running)

    def _look(self, names: tuple[str, str], parameters: Sequence[str], *values: object) -> None:
        """Note that a function runs, and which parameters have not the value of their default."""
        if not self._watches:
            return
        self._running.add(names)
        function = Function(*names)
        left = self._left.get(names)
        if left is None:
            left = self._left[names] = _defaults(function, _caller())
        for parameter, value in zip(parameters, values, strict=True) if left else ():
            if parameter in left and _is_other(value, left[parameter]):
                self._given.add(Parameter(function, parameter))
                del left[parameter]

    def _exchange(self, codes: Callable[[str, str], _Codes]) -> None:
        """Give every function of LangGraph, local ones included, the code that `codes` has."""
        codes = functools.cache(codes)
        for function in gc.get_objects():
            if type(function) is FunctionType:
                code = function.__code__
                if (module := self._module(code.co_filename)) is not None:
                    key = (code.co_qualname, code.co_firstlineno)
                    function.__code__ = codes(module, code.co_filename).get(key, code)


def _module_below(roots: Sequence[Path]) -> Callable[[str], str | None]:
    """Return what gives the module that a file holds; None if it is below none of the roots."""

    def module(path: str) -> str | None:
        below = (root for root in roots if path.startswith(f"{root}/") and path.endswith(".py"))
        return next((module_of(root, Path(path)) for root in below), None)

    return module


class _Loader(SourceFileLoader):
    def __init__(
        self, fullname: str, path: str, unwatched: Callable[[], AbstractContextManager[None]]
    ) -> None:
        super().__init__(fullname, path)
        self._unwatched = unwatched

    def exec_module(self, module: ModuleType) -> None:
        """Import the module without watching it."""
        with self._unwatched():
            super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module with calls of the watcher, whatever bytecode lies beside it."""
        return _compiled(fullname, self.get_filename(fullname))


@functools.cache
def _watched(module: str, path: str) -> _Codes:
    return dict(_functions(_compiled(module, path)))


@functools.cache
def _own(module: str, path: str) -> _Codes:
    code = SourceFileLoader(module, path).get_code(module)
    return dict(_functions(code)) if code else {}


def _functions(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """Yield the code of all functions in a module's."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield (inner.co_qualname, inner.co_firstlineno), inner
            yield from _functions(inner)


@functools.cache
def _compiled(module: str, path: str) -> CodeType:
    """Compile a module whose functions call the watcher first."""
    tree = ast.parse(Path(path).read_bytes())
    for name, node in [*definitions(tree)]:
        asked: list[str] = []
        if Function(module, name).is_called_by_users:
            asked = with_defaults(node.args)
        arguments: list[ast.expr] = [_constants(module, name)]
        if asked:
            arguments += [_constants(*asked), *(ast.Name(text, ast.Load()) for text in asked)]
        call = ast.Call(ast.Name(_LOOK if asked else _RAN, ast.Load()), arguments, [])
        at = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body.insert(at, ast.copy_location(ast.Expr(call), node.body[0]))
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _constants(*texts: str) -> ast.Tuple:
    return ast.Tuple([ast.Constant(text) for text in texts], ast.Load())


def _caller() -> CodeType:
    """Return the code of the function that calls the watcher."""
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame and frame.f_back
    assert frame is not None  # noqa: S101  # this function, the hook, and who called it
    return frame.f_code


def _is_other(value: object, default: object) -> bool:
    return value is not default and not (type(value) is type(default) and value == default)


def _defaults(named: Function, code: CodeType) -> dict[str, Any]:
    """Return the defaults of a function by parameter; a comprehension has none."""
    function = _function(named, code)
    if function is None:
        return {}
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    return {
        **dict(zip(positional[len(positional) - len(values) :], values, strict=True)),
        **(function.__kwdefaults__ or {}),
    }


def _function(named: Function, code: CodeType) -> FunctionType | None:
    """Return the function that has some code, by its name or, if that is decorated, by its use."""
    held: Any = sys.modules.get(named.module)
    for part in named.name.split("."):
        held = inspect.getattr_static(held, part, None)
    held = inspect.unwrap(getattr(held, "__func__", None) or getattr(held, "fget", None) or held)
    if isinstance(held, FunctionType) and held.__code__ is code:
        return held
    users = (user for user in gc.get_referrers(code) if isinstance(user, FunctionType))
    return next(users, None)
