"""The instructions of a body, run one after another.

Instructions that take time (`wait`, `call`, `call_all`) leave a body as a `Request`, which the
driver answers at once or awaits, so the same body runs synchronously and asynchronously.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never, cast

from parity_kit.programs.language import Scope, evaluate, falsy, text, texts
from parity_kit.programs.model import Body
from parity_kit.programs.operators import OPERATORS, Action

ERRORS: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "RuntimeError": RuntimeError,
    "KeyError": KeyError,
    "ConnectionError": ConnectionError,
    "TimeoutError": TimeoutError,
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Run a subgraph or a task with an argument; the answer is its result."""

    name: str
    argument: Any


@dataclass(frozen=True, slots=True)
class CallAll:
    """Start several tasks; the answer is the list of their results."""

    calls: tuple[Call, ...]


Request: TypeAlias = Wait | Call | CallAll
Steps: TypeAlias = Generator[Request, Any, Any]
_NOT_RETURNED = object()  # the result of instructions that did not reach a `return`


def run_body(body: Body, scope: Scope, answer: Callable[[Request], Any]) -> Any:
    """Run a body and return its result; `answer` is called with its requests."""
    steps, given = _body(body, scope), None
    while True:
        try:
            request = steps.send(given)
        except StopIteration as done:
            return done.value
        given = answer(request)


async def arun_body(body: Body, scope: Scope, answer: Callable[[Request], Awaitable[Any]]) -> Any:
    """Run a body like `run_body`, but await the answers to its requests."""
    steps, given = _body(body, scope), None
    while True:
        try:
            request = steps.send(given)
        except StopIteration as done:
            return done.value
        given = await answer(request)


def _body(body: Body, scope: Scope) -> Steps:
    update: dict[str, Any] = {}
    returned = yield from _run(body, scope, update)
    return (update or None) if returned is _NOT_RETURNED else returned


def _run(body: Body, scope: Scope, update: dict[str, Any]) -> Steps:
    for instruction in body:
        ((name, argument),) = instruction.items()
        match name:
            case "write":
                for key, expression in argument.items():
                    update[key] = yield from _value(expression, scope)
            case "let":
                for key, expression in argument.items():
                    scope.variables[key] = yield from _value(expression, scope)
            case "return":
                return (yield from _value(argument, scope))
            case "when":
                returned = yield from _run(_chosen(argument, scope), scope, update)
                if returned is not _NOT_RETURNED:
                    return returned
            case "wait":
                yield Wait(argument)
            case _:
                _act(name, argument, scope)
    return _NOT_RETURNED


def _chosen(argument: Any, scope: Scope) -> Body:
    condition, then, *otherwise = argument
    if not falsy(evaluate(condition, scope)):
        return then
    return otherwise[0] if otherwise else ()


def _value(expression: Any, scope: Scope) -> Steps:
    """Evaluate an expression that may contain calls, though not inside another operator."""
    if isinstance(expression, list):
        items: list[Any] = []
        for item in cast("list[Any]", expression):
            items.append((yield from _value(item, scope)) if isinstance(item, _NESTS) else item)  # noqa: PERF401  # no comprehension may yield
        return items
    if not isinstance(expression, dict):
        return expression
    entries = cast("dict[str, Any]", expression)
    name = next(iter(entries), "")
    if len(entries) != 1 or name not in OPERATORS:
        evaluated: dict[str, Any] = {}
        for key, value in entries.items():
            evaluated[key] = yield from _value(value, scope)
        return evaluated
    if name == "call":
        return (yield _call(entries[name], scope))
    if name == "call_all":
        return (yield CallAll(tuple(_call(entry, scope) for entry in entries[name])))
    return evaluate(entries, scope)


_NESTS = (list, dict)


def _call(argument: Any, scope: Scope) -> Call:
    name, value = argument
    return Call(name, evaluate(value, scope))


def _act(name: Action, argument: Any, scope: Scope) -> None:
    """Run an instruction that gives no value and takes no time."""
    match name:
        case "emit":
            scope.host.emit(evaluate(argument, scope))
        case "drain":
            scope.host.drain(argument)
        case "store_put":
            namespace, key, value = (evaluate(item, scope) for item in argument)
            if isinstance(value, dict):
                scope.host.store_put(texts(namespace), text(key), cast("dict[str, Any]", value))
        case "store_delete":
            namespace, key = (evaluate(item, scope) for item in argument)
            scope.host.store_delete(texts(namespace), text(key))
        case "raise":
            raise ERRORS[argument["type"]](argument["message"])
        case _:
            assert_never(name)
