"""Watches LangGraph while cases run: which functions run, which parameters get another value.

It is told of every call in this thread (`sys.settrace`), and looks at arguments only where a
parameter has had no other value than its default so far, so that watching costs little.
"""

from __future__ import annotations

import dis
import gc
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, ParamSpec, TypeVar

from parity_kit.reference.functions import Function, Parameter, module_of, source_roots

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ran:
    """The functions that ran, and the parameters that got another value than their default.

    `calls` holds the functions that ran in each watched call, in order.
    """

    functions: frozenset[Function]
    given: frozenset[Parameter]
    calls: tuple[frozenset[Function], ...] = ()


@dataclass(slots=True)
class _Defaults:
    """The defaults of a function that no call has overridden yet."""

    function: Function
    left: dict[str, Any]
    start: int
    """Where its code begins: a generator or coroutine is told of again when it goes on."""


class Watcher:
    """Collects what runs of LangGraph in this thread."""

    def __init__(self) -> None:
        self._codes: dict[int, CodeType] = {}
        self._calls: list[frozenset[int]] = []
        self._open: dict[int, _Defaults] = {}
        self._given: set[Parameter] = set()
        self._roots = [(root, f"{root}/") for root in source_roots()]

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns, and watch while it runs."""
        before, keys = sys.gettrace(), set[int]()
        sys.settrace(self._tracer(keys))
        try:
            return function(*args, **kwargs)
        finally:
            sys.settrace(before)
            self._calls.append(frozenset(keys))

    def ran(self) -> Ran:
        """Return what ran so far, local functions and comprehensions included."""
        named = {key: self._named(code) for key, code in self._codes.items()}
        calls = [
            frozenset(function for key in keys if (function := named[key]) is not None)
            for keys in self._calls
        ]
        return Ran(frozenset[Function]().union(*calls), frozenset(self._given), tuple(calls))

    def _tracer(self, keys: set[int]) -> Callable[[FrameType, str, Any], None]:
        """Return what is told of every call; it is called millions of times."""
        codes, watched = self._codes, self._open

        def called(frame: FrameType, _: str, __: Any) -> None:
            key = id(frame.f_code)  # a code object's own hash looks at all that it holds
            if key not in keys:
                keys.add(key)
                if key not in codes:
                    codes[key] = frame.f_code
                    self._watch(key, frame.f_code)
            if key in watched:
                self._look(watched[key], key, frame)

        return called

    def _watch(self, key: int, code: CodeType) -> None:
        """Watch the parameters of a function that users call."""
        named = self._named(code)
        if named is None or not named.is_called_by_users:
            return
        if defaults := _defaults(named, code):
            self._open[key] = _Defaults(named, defaults, _start(code))

    def _look(self, watched: _Defaults, key: int, frame: FrameType) -> None:
        if frame.f_lasti != watched.start:
            return
        values = frame.f_locals
        for name, default in [*watched.left.items()]:
            if _is_other(values.get(name, default), default):
                self._given.add(Parameter(watched.function, name))
                del watched.left[name]
        if not watched.left:
            del self._open[key]

    def _named(self, code: CodeType) -> Function | None:
        for root, prefix in self._roots:
            if code.co_filename.startswith(prefix):
                return Function(module_of(root, Path(code.co_filename)), code.co_qualname)
        return None


def _is_other(value: object, default: object) -> bool:
    return value is not default and not (type(value) is type(default) and value == default)


def _start(code: CodeType) -> int:
    """Return the offset at which a function is told of when it is called."""
    return next(step.offset for step in dis.get_instructions(code) if step.opname == "RESUME")


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
