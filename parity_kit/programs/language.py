"""The expressions of node bodies and branches: a tiny language, total except for `interrupt`.

`docs/programs.md` specifies it. What an expression needs from the engine it runs in (interrupts,
sends, commands, the store, the bytes of a value) comes in as a `Host`, so this module knows no
engine. `parity_kit.programs.instructions` runs bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from parity_kit.programs.operators import CALLS, OPERATORS, complete

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
RANGE_MAX = 64
SIZE_MAX = 1 << 24
"""Characters of the longest text, or items of the longest list, that `add` and `join` make."""


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

    def command(self, parts: Mapping[str, Any]) -> Any:
        """Return a command with the given `update`, `goto` and `graph` (`parent`)."""
        ...

    def message(self, parts: Mapping[str, str]) -> Any:
        """Return a chat message with a `type` and text fields."""
        ...

    def final(self, value: Any, save: Any) -> Any:
        """Return a functional program's result together with the different value that it saves."""
        ...

    def visits(self) -> int:
        """Return how often this body has started in this session."""
        ...

    def info(self, name: str) -> Any:
        """Return a fact about the current execution: `attempt`, `task_id` and so on."""
        ...

    def context(self, name: str) -> Any:
        """Return a key of the run's context, or None."""
        ...

    def error(self, name: str) -> Any:
        """Return the `node`, `type` or `message` of the failure that is being handled."""
        ...

    def previous(self) -> Any:
        """Return what the thread's last run of a functional program saved."""
        ...

    def emit(self, value: Any) -> None:
        """Send a value to the stream writer."""
        ...

    def drain(self, reason: str) -> None:
        """Ask the run to stop after this superstep."""
        ...

    def store_put(self, namespace: Sequence[str], key: str, value: Mapping[str, Any]) -> None:
        """Put a map into the store, if there is one."""
        ...

    def store_delete(self, namespace: Sequence[str], key: str) -> None:
        """Delete an item from the store, if there is one."""
        ...

    def store_get(self, namespace: Sequence[str], key: str) -> Any:
        """Return the value in the store, or None."""
        ...

    def store_search(self, namespace: Sequence[str]) -> list[Any]:
        """Return `[namespace, key, value]` of each item under a prefix, sorted."""
        ...


@dataclass(slots=True)
class Scope:
    """What an expression sees: the node's input and its variables."""

    host: Host
    input: Any
    variables: dict[str, Any] = field(default_factory=dict[str, Any])


def evaluate(expression: Any, scope: Scope) -> Any:
    """Return the value of an expression."""
    if isinstance(expression, list):
        return [evaluate(item, scope) for item in cast("list[Any]", expression)]
    if not isinstance(expression, dict):
        return expression
    entries = cast("dict[str, Any]", expression)
    if len(entries) == 1:
        ((name, argument),) = entries.items()
        if name in _OPERATORS:
            return _OPERATORS[name](argument, scope)
    return {key: evaluate(value, scope) for key, value in entries.items()}


def _get(argument: Any, scope: Scope) -> Any:
    source = scope.input
    return cast("dict[str, Any]", source).get(argument) if isinstance(source, dict) else None


def _add(argument: Any, scope: Scope) -> Any:
    left, right = (evaluate(item, scope) for item in argument)
    if _is_int(left) and _is_int(right):
        return max(INT_MIN, min(INT_MAX, left + right))
    if isinstance(left, float) and isinstance(right, float):
        return left + right
    for kind in (str, list):
        if isinstance(left, kind) and isinstance(right, kind):
            _check_size(len(cast("Any", left)) + len(cast("Any", right)))
            return cast("Any", left) + right
    return None


def _join(argument: Any, scope: Scope) -> str:
    parts = [text(evaluate(item, scope)) for item in argument]
    _check_size(sum(map(len, parts)) + len(parts))
    return "-".join(parts)


def _check_size(size: int) -> None:
    """Check that a program's text or list stays within `SIZE_MAX`: it may come from anywhere."""
    if size > SIZE_MAX:
        message = f"a text or list of {size} is over the limit of {SIZE_MAX}"
        raise ValueError(message)


def text(value: Any) -> str:
    """Return a value as `join` writes it."""
    if isinstance(value, str):
        return value
    return str(value) if _is_int(value) else "?"


def _len(argument: Any, scope: Scope) -> int:
    value = evaluate(argument, scope)
    return len(cast("Sequence[Any]", value)) if isinstance(value, (str, list, dict)) else 0


def _eq(argument: Any, scope: Scope) -> bool:
    left, right = (scope.host.encode(evaluate(item, scope)) for item in argument)
    return left == right


def _lt(argument: Any, scope: Scope) -> bool:
    left, right = (evaluate(item, scope) for item in argument)
    return _is_int(left) and _is_int(right) and left < right


def _not(argument: Any, scope: Scope) -> bool:
    return falsy(evaluate(argument, scope))


def _if(argument: Any, scope: Scope) -> Any:
    condition, then, otherwise = argument
    return evaluate(otherwise if falsy(evaluate(condition, scope)) else then, scope)


def _range(argument: Any, scope: Scope) -> list[int]:
    value = evaluate(argument, scope)
    return list(range(max(0, min(RANGE_MAX, value)))) if _is_int(value) else []


def _send(argument: Any, scope: Scope) -> list[Any]:
    items = evaluate(argument["each"], scope)
    if not isinstance(items, list):
        return []
    return [
        scope.host.send(argument["to"], {argument["as"]: item} if "as" in argument else item)
        for item in cast("list[Any]", items)
    ]


def texts(value: Any) -> list[str]:
    """Return a namespace of the store: the texts of a list, or the empty one for anything else."""
    return [text(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []


def _command(argument: Any, scope: Scope) -> Any:
    return scope.host.command({name: evaluate(part, scope) for name, part in argument.items()})


def _message(argument: Any, scope: Scope) -> Any:
    parts = {name: text(evaluate(part, scope)) for name, part in argument.items()}
    return scope.host.message(parts)


def _final(argument: Any, scope: Scope) -> Any:
    value = evaluate(argument["value"], scope)
    return scope.host.final(value, evaluate(argument["save"], scope))


def _store_get(argument: Any, scope: Scope) -> Any:
    namespace, key = (evaluate(item, scope) for item in argument)
    return scope.host.store_get(texts(namespace), text(key))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def falsy(value: Any) -> bool:
    """Return whether `not` of a value is true."""
    if value is None or value is False:
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value == 0
    return isinstance(value, (str, list, dict)) and not value


_IMPLEMENTATIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "get": _get,
    "input": lambda _argument, scope: scope.input,
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
    "command": _command,
    "visits": lambda _argument, scope: scope.host.visits(),
    "info": lambda argument, scope: scope.host.info(argument),
    "context": lambda argument, scope: scope.host.context(argument),
    "error": lambda argument, scope: scope.host.error(argument),
    "store_get": _store_get,
    "store_search": lambda argument, scope: scope.host.store_search(
        texts(evaluate(argument, scope))
    ),
    "message": _message,
    "previous": lambda _argument, scope: scope.host.previous(),
    "final": _final,
}
_OPERATORS = complete(_IMPLEMENTATIONS, OPERATORS.keys() - CALLS)
