"""The language of node bodies and branches: tiny, and total but for `raise` and `interrupt`.

`docs/programs.md` specifies it. What an expression needs from the engine it runs in (interrupts,
sends, overwrites, the bytes of a value) comes in as a `Host`, so this module knows no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

ERRORS: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "RuntimeError": RuntimeError,
    "KeyError": KeyError,
}
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
RANGE_MAX = 64


class Host(Protocol):
    """What the language asks of the engine it runs in."""

    def interrupt(self, value: Any) -> Any:
        """Interrupt the run, or return the answer if there is one."""
        ...

    def send(self, node: str, argument: Any) -> Any:
        """Return a packet for `node`."""
        ...

    def overwrite(self, value: Any) -> Any:
        """Return an update that replaces a reduced value."""
        ...

    def encode(self, value: Any) -> bytes:
        """Return the bytes the engine stores for a value."""
        ...


@dataclass(slots=True)
class Scope:
    """What an expression sees: the node's input and its variables."""

    host: Host
    input: Any
    variables: dict[str, Any] = field(default_factory=dict[str, Any])


def run_body(body: Sequence[Mapping[str, Any]], scope: Scope) -> dict[str, Any] | None:
    """Run a node's body and return its update, or None if it wrote nothing."""
    update: dict[str, Any] = {}
    _run(body, scope, update)
    return update or None


def _run(body: Sequence[Mapping[str, Any]], scope: Scope, update: dict[str, Any]) -> None:
    for instruction in body:
        ((name, argument),) = instruction.items()
        if name == "write":
            for key, expression in argument.items():
                update[key] = evaluate(expression, scope)
        elif name == "let":
            for key, expression in argument.items():
                scope.variables[key] = evaluate(expression, scope)
        elif name == "when":
            condition, then, *otherwise = argument
            if not _falsy(evaluate(condition, scope)):
                _run(then, scope, update)
            elif otherwise:
                _run(otherwise[0], scope, update)
        else:
            raise ERRORS[argument["type"]](argument["message"])


def evaluate(expression: Any, scope: Scope) -> Any:
    """Return the value of an expression."""
    if isinstance(expression, list):
        return [evaluate(each, scope) for each in cast("list[Any]", expression)]
    if not isinstance(expression, dict):
        return expression
    entries = cast("dict[str, Any]", expression)
    if len(entries) == 1:
        ((name, argument),) = entries.items()
        if name in _OPERATORS:
            return _OPERATORS[name](argument, scope)
    return {key: evaluate(each, scope) for key, each in entries.items()}


def _get(argument: Any, scope: Scope) -> Any:
    source = scope.input
    return cast("dict[str, Any]", source).get(argument) if isinstance(source, dict) else None


def _add(argument: Any, scope: Scope) -> Any:
    left, right = (evaluate(each, scope) for each in argument)
    if _is_int(left) and _is_int(right):
        return max(INT_MIN, min(INT_MAX, left + right))
    for kind in (float, str, list):
        if isinstance(left, kind) and isinstance(right, kind):
            return cast("Any", left) + right
    return None


def _join(argument: Any, scope: Scope) -> str:
    return "-".join(_text(evaluate(each, scope)) for each in argument)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if _is_int(value) else "?"


def _len(argument: Any, scope: Scope) -> int:
    value = evaluate(argument, scope)
    return len(cast("Sequence[Any]", value)) if isinstance(value, (str, list, dict)) else 0


def _eq(argument: Any, scope: Scope) -> bool:
    left, right = (scope.host.encode(evaluate(each, scope)) for each in argument)
    return left == right


def _lt(argument: Any, scope: Scope) -> bool:
    left, right = (evaluate(each, scope) for each in argument)
    return _is_int(left) and _is_int(right) and left < right


def _not(argument: Any, scope: Scope) -> bool:
    return _falsy(evaluate(argument, scope))


def _if(argument: Any, scope: Scope) -> Any:
    condition, then, otherwise = argument
    return evaluate(otherwise if _falsy(evaluate(condition, scope)) else then, scope)


def _range(argument: Any, scope: Scope) -> list[int]:
    value = evaluate(argument, scope)
    return list(range(max(0, min(RANGE_MAX, value)))) if _is_int(value) else []


def _send(argument: Any, scope: Scope) -> list[Any]:
    items = evaluate(argument["each"], scope)
    if not isinstance(items, list):
        return []
    name = argument["as"]
    return [scope.host.send(argument["to"], {name: item}) for item in cast("list[Any]", items)]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _falsy(value: Any) -> bool:
    if value is None or value is False:
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value == 0
    return isinstance(value, (str, list, dict)) and not value


_OPERATORS: dict[str, Callable[[Any, Scope], Any]] = {
    "get": _get,
    "var": lambda argument, scope: scope.variables.get(argument),
    "lit": lambda argument, _scope: argument,
    "add": _add,
    "join": _join,
    "len": _len,
    "eq": _eq,
    "lt": _lt,
    "not": _not,
    "if": _if,
    "range": _range,
    "send": _send,
    "overwrite": lambda argument, scope: scope.host.overwrite(evaluate(argument, scope)),
    "interrupt": lambda argument, scope: scope.host.interrupt(evaluate(argument, scope)),
}
OPERATORS = frozenset(_OPERATORS)
