"""The language of node bodies and branches (docs/programs.md), compiled to Python functions.

A body becomes one function of a `Scope`, an expression another; what it asks of the engine, an
answer to an interrupt, is the scope's `ask`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from parity_kit.contract import UnsupportedSubjectError
from pure_engine.codec import dumps
from pure_engine.types import Overwrite, Send

_ERRORS: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "RuntimeError": RuntimeError,
    "KeyError": KeyError,
}
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_RANGE_MAX = 64


@dataclass(slots=True)
class Scope:
    """What a body sees: the node's input, its variables, what it wrote, and who answers it."""

    input: Any
    ask: Callable[[Any], Any]
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    update: dict[str, Any] = field(default_factory=dict[str, Any])


Expression: TypeAlias = Callable[[Scope], Any]
Step: TypeAlias = Callable[[Scope], None]


def compile_body(body: Sequence[Mapping[str, Any]]) -> Step:
    """Return a node's body as a function that leaves the update in its scope.

    Raises:
        UnsupportedSubjectError: If it has an instruction that is not known.
    """
    steps = tuple(_instruction(instruction) for instruction in body)

    def run(scope: Scope) -> None:
        for step in steps:
            step(scope)

    return run


def _instruction(instruction: Mapping[str, Any]) -> Step:
    ((name, argument),) = instruction.items()
    if name == "write":
        return _assign(argument, lambda scope: scope.update)
    if name == "let":
        return _assign(argument, lambda scope: scope.variables)
    if name == "when":
        return _when(*argument)
    if name == "raise":
        error, message = _ERRORS[argument["type"]], argument["message"]
        return lambda _: _raise(error(message))
    unknown = f"no instruction {name}"
    raise UnsupportedSubjectError(unknown)


def _assign(argument: Mapping[str, Any], target: Callable[[Scope], dict[str, Any]]) -> Step:
    assignments = [(name, compile_expression(each)) for name, each in argument.items()]

    def run(scope: Scope) -> None:
        names = target(scope)
        for name, expression in assignments:
            names[name] = expression(scope)

    return run


def _when(condition: Any, then: Any, otherwise: Any = ()) -> Step:
    test, yes, no = compile_expression(condition), compile_body(then), compile_body(otherwise)
    return lambda scope: no(scope) if _is_falsy(test(scope)) else yes(scope)


def _raise(error: Exception) -> None:
    raise error


def compile_expression(expression: Any) -> Expression:
    """Return an expression as a function of its scope."""
    if isinstance(expression, list):
        return _list(cast("list[Any]", expression))
    if not isinstance(expression, dict):
        return lambda _: expression
    entries = cast("dict[str, Any]", expression)
    if len(entries) == 1:
        ((name, argument),) = entries.items()
        if name in _OPERATORS:
            return _OPERATORS[name](argument)
    parts = [(key, compile_expression(each)) for key, each in entries.items()]
    return lambda scope: {key: part(scope) for key, part in parts}


def _list(expressions: Sequence[Any]) -> Callable[[Scope], list[Any]]:
    parts = [compile_expression(each) for each in expressions]
    return lambda scope: [part(scope) for part in parts]


def _get(name: str) -> Expression:
    def run(scope: Scope) -> Any:
        source = scope.input
        return cast("dict[str, Any]", source).get(name) if isinstance(source, dict) else None

    return run


def _binary(operate: Callable[[Any, Any], Any]) -> Callable[[Any], Expression]:
    def make(arguments: Any) -> Expression:
        left, right = map(compile_expression, arguments)
        return lambda scope: operate(left(scope), right(scope))

    return make


def _unary(operate: Callable[[Any], Any]) -> Callable[[Any], Expression]:
    def make(argument: Any) -> Expression:
        inner = compile_expression(argument)
        return lambda scope: operate(inner(scope))

    return make


def _add(left: Any, right: Any) -> Any:
    if _is_int(left) and _is_int(right):
        return max(_INT_MIN, min(_INT_MAX, left + right))
    for kind in (float, str, list):
        if isinstance(left, kind) and isinstance(right, kind):
            return cast("Any", left) + right
    return None


def _join(arguments: Any) -> Expression:
    parts = _list(arguments)
    return lambda scope: "-".join(map(_text, parts(scope)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if _is_int(value) else "?"


def _length(value: Any) -> int:
    return len(cast("Sequence[Any]", value)) if isinstance(value, (str, list, dict)) else 0


def _is_less(left: Any, right: Any) -> bool:
    return _is_int(left) and _is_int(right) and left < right


def _if(arguments: Any) -> Expression:
    condition, then, otherwise = map(compile_expression, arguments)
    return lambda scope: (otherwise if _is_falsy(condition(scope)) else then)(scope)


def _range(value: Any) -> list[int]:
    return list(range(max(0, min(_RANGE_MAX, value)))) if _is_int(value) else []


def _send(argument: Mapping[str, Any]) -> Expression:
    to, name, each = argument["to"], argument["as"], compile_expression(argument["each"])

    def run(scope: Scope) -> Any:
        items = each(scope)
        if not isinstance(items, list):
            return []
        return [Send(to, {name: item}) for item in cast("list[Any]", items)]

    return run


def _interrupt(argument: Any) -> Expression:
    inner = compile_expression(argument)
    return lambda scope: scope.ask(inner(scope))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_falsy(value: Any) -> bool:
    if value is None or value is False:
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value == 0
    return isinstance(value, (str, list, dict)) and not value


_OPERATORS: dict[str, Callable[[Any], Expression]] = {
    "get": _get,
    "var": lambda name: lambda scope: scope.variables.get(name),
    "lit": lambda value: lambda _: value,
    "add": _binary(_add),
    "join": _join,
    "len": _unary(_length),
    "eq": _binary(lambda left, right: dumps(left) == dumps(right)),
    "lt": _binary(_is_less),
    "not": _unary(_is_falsy),
    "if": _if,
    "range": _unary(_range),
    "send": _send,
    "overwrite": _unary(Overwrite),
    "interrupt": _interrupt,
}
