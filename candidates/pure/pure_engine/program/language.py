"""The language of node bodies and branches (docs/programs.md), compiled to Python functions.

Bodies and expressions become functions of a `Scope`. What they ask of the engine, such as the
answer to an interrupt, they ask the scope's `host`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, cast

from parity_kit.contract import UnsupportedSubjectError
from pure_engine.codec.serializer import dumps
from pure_engine.names import PARENT
from pure_engine.types import Command, Overwrite, Send
from pure_engine.unsupported import check_known, look_up

ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (ValueError, RuntimeError, KeyError, ConnectionError, TimeoutError)
}
"""The errors that a body can raise and a retry policy can name."""
_INFO = ("attempt", "task_id", "checkpoint_ns", "thread_id")
_FAILURE = ("node", "type", "message")
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_RANGE_MAX = 64


class Host(Protocol):
    """What a body asks of the engine that runs it."""

    def ask(self, value: Any) -> Any:
        """Return the answer to an interrupt."""
        ...

    def emit(self, value: Any) -> None:
        """Emit a value to the stream."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass, in an asynchronous run."""
        ...

    def drain(self, reason: str) -> None:
        """Ask the run to stop after this superstep."""
        ...

    def visits(self) -> int:
        """Return how often the body has run in this session."""
        ...

    def info(self, name: str) -> Any:
        """Return a fact about the task's execution."""
        ...

    def context(self, name: str) -> Any:
        """Return the value of a key of the run's context."""
        ...

    def error(self, name: str) -> Any:
        """Return a fact about the failure that is being handled."""
        ...

    def call(self, name: str, given: Any) -> Any:
        """Run a subgraph of the program by name; return its result."""
        ...

    def nest(self, subgraph: Any, given: Any) -> Any:
        """Run a subgraph; return its result."""
        ...


@dataclass(slots=True)
class Scope:
    """What a body works on: the node's input, its host, its variables, and its result."""

    input: Any
    host: Host
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    update: dict[str, Any] = field(default_factory=dict[str, Any])
    returned: list[Any] = field(default_factory=list[Any])

    @property
    def result(self) -> Any:
        """What the node returns: the value of `return`, or else what it wrote."""
        return self.returned[0] if self.returned else self.update or None


Expression: TypeAlias = Callable[[Scope], Any]
Step: TypeAlias = Callable[[Scope], object]
"""Executes an instruction; a true result ends the body."""


def compile_body(body: Sequence[Mapping[str, Any]]) -> Step:
    """Return a node's body as a function that leaves its result in its scope."""
    steps = tuple(_instruction(instruction) for instruction in body)
    if len(steps) == 1:
        return steps[0]
    return lambda scope: any(step(scope) for step in steps)


def _instruction(instruction: Mapping[str, Any]) -> Step:
    ((name, argument),) = instruction.items()
    return look_up(_INSTRUCTIONS, name, "instruction")(argument)


def _assign(argument: Mapping[str, Any], target: Callable[[Scope], dict[str, Any]]) -> Step:
    assignments = [(name, compile_expression(value)) for name, value in argument.items()]

    def run(scope: Scope) -> None:
        names = target(scope)
        for name, expression in assignments:
            names[name] = expression(scope)

    return run


def _when(condition: Any, then: Any, otherwise: Any = ()) -> Step:
    test, yes, no = compile_expression(condition), compile_body(then), compile_body(otherwise)
    return lambda scope: no(scope) if _is_falsy(test(scope)) else yes(scope)


def _raising(argument: Mapping[str, Any]) -> Step:
    error, message = look_up(ERRORS, argument["type"], "error type"), argument["message"]
    return lambda _: _raise(error(message))


def _raise(error: Exception) -> None:
    raise error


def _return(argument: Any) -> Step:
    value = compile_expression(argument)

    def run(scope: Scope) -> bool:
        scope.returned.append(value(scope))
        return True

    return run


def _emit(argument: Any) -> Step:
    value = compile_expression(argument)
    return lambda scope: scope.host.emit(value(scope))


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
        if name in _ELSEWHERE:
            message = f"no operator {name}"
            raise UnsupportedSubjectError(message)
    parts = [(key, compile_expression(value)) for key, value in entries.items()]
    return lambda scope: {key: part(scope) for key, part in parts}


def _list(expressions: Sequence[Any]) -> Callable[[Scope], list[Any]]:
    parts = [compile_expression(item) for item in expressions]
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
    to, name, items_of = argument["to"], argument.get("as"), compile_expression(argument["each"])

    def run(scope: Scope) -> Any:
        items = items_of(scope)
        if not isinstance(items, list):
            return []
        return [
            Send(to, item if name is None else {name: item}) for item in cast("list[Any]", items)
        ]

    return run


def _interrupt(argument: Any) -> Expression:
    inner = compile_expression(argument)
    return lambda scope: scope.host.ask(inner(scope))


def _command(argument: Mapping[str, Any]) -> Expression:
    check_known(argument, {"update", "goto", "graph"}, "no part of a command")
    parts = [(name, compile_expression(value)) for name, value in argument.items()]

    def run(scope: Scope) -> Command:
        values = {name: part(scope) for name, part in parts}
        values["goto"] = _destinations(values.get("goto"))
        if "graph" in values:
            values["graph"] = PARENT if values["graph"] == "parent" else None
        return Command(**values)

    return run


def _destinations(goto: Any) -> Any:
    """Return the nodes and sends in a `goto`; nested lists are spliced."""
    if isinstance(goto, (str, Send)):
        return goto
    if not isinstance(goto, list):
        return ()
    targets: list[Any] = []
    for target in cast("list[Any]", goto):
        targets += cast("list[Any]", target) if isinstance(target, list) else [target]
    return [target for target in targets if isinstance(target, (str, Send))]


def _call(argument: Sequence[Any]) -> Expression:
    name, given = argument[0], compile_expression(argument[1])
    return lambda scope: scope.host.call(name, given(scope))


def _named(known: Sequence[str], look: Callable[[Host, str], Any]) -> Callable[[Any], Expression]:
    def make(name: Any) -> Expression:
        check_known((name,), known, f"among {', '.join(known)}, no name")
        return lambda scope: look(scope.host, name)

    return make


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_falsy(value: Any) -> bool:
    if value is None or value is False:
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value == 0
    return isinstance(value, (str, list, dict)) and not value


_INSTRUCTIONS: dict[str, Callable[[Any], Step]] = {
    "write": lambda argument: _assign(argument, lambda scope: scope.update),
    "let": lambda argument: _assign(argument, lambda scope: scope.variables),
    "when": lambda argument: _when(*argument),
    "raise": _raising,
    "return": _return,
    "emit": _emit,
    "wait": lambda seconds: lambda scope: scope.host.wait(seconds),
    "drain": lambda reason: lambda scope: scope.host.drain(reason),
}

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
    "command": _command,
    "call": _call,
    "input": lambda _: lambda scope: scope.input,
    "visits": lambda _: lambda scope: scope.host.visits(),
    "info": _named(_INFO, lambda host, name: host.info(name)),
    "error": _named(_FAILURE, lambda host, name: host.error(name)),
    "context": lambda name: lambda scope: scope.host.context(name),
}

_ELSEWHERE = frozenset(("store_get", "store_search", "message", "call_all", "previous", "final"))
"""Operators of the language that the engine does not support."""
