"""Expressions of graph programs as Python source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from parity_kit.programs.model import END
from parity_kit.programs.operators import OPERATORS, complete
from parity_kit.programs.script.source import Uses, call, is_attribute, literal, quoted

Shape: TypeAlias = Literal["dict", "object", "either"]
_INFO = {"attempt": "node_attempt"}
_ERROR = {
    "node": "error.node",
    "type": "type(error.error).__name__",
    "message": "str(error.error)",
}
_MESSAGES = {
    "human": "HumanMessage",
    "ai": "AIMessage",
    "system": "SystemMessage",
    "tool": "ToolMessage",
    "remove": "RemoveMessage",
}


@dataclass(slots=True)
class Frame:
    """The function around an expression: the names it may use, and those it has used."""

    uses: Uses
    input: str = "state"
    """The name of its first parameter."""
    shape: Shape = "dict"
    """Its input: always a dict, always an object of its schema, or either."""
    fields: Collection[str] = ()
    """The fields of its schema."""
    sets: bool = False
    """Whether a value may be a set, which is false in Python if it is empty."""
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    callables: Mapping[str, str] = field(default_factory=dict[str, str])
    """The Python names of the subgraphs or tasks that it may call."""
    awaits: bool = False
    """Whether it is an `async def`."""
    counter: str = ""
    """Its key in `visits`."""
    context: Collection[str] = ()
    """The fields of the run's context, if it is always an object that has them."""
    needs: set[str] = field(default_factory=set[str])
    """The parameters besides the first that it has used, and `visits`."""

    def need(self, name: str) -> str:
        """Add a parameter to the function and return its name."""
        self.needs.add(name)
        return name


def expression(value: Any, frame: Frame) -> str:
    """Return Python source for an expression."""
    if isinstance(value, list):
        parts = ", ".join(expression(item, frame) for item in cast("list[Any]", value))
        return f"[{parts}]"
    if not isinstance(value, dict):
        return frame.uses("END") if value == END else literal(value, frame.uses)
    entries = cast("dict[str, Any]", value)
    if len(entries) == 1:
        ((name, argument),) = entries.items()
        if name in OPERATORS:
            return _OPERATORS[name](argument, frame)
    parts = ", ".join(f"{quoted(key)}: {expression(item, frame)}" for key, item in entries.items())
    return "{" + parts + "}"


def condition(value: Any, frame: Frame) -> str:
    """Return Python source for an expression that is only tested for truth."""
    operator = operator_of(value)
    if operator is not None and operator[0] == "not":
        return f"not {_operand(condition(operator[1], frame))}"
    source = expression(value, frame)
    if frame.sets and (operator is None or operator[0] not in {"eq", "lt", "len", "join", "range"}):
        return f"{frame.uses('truthy')}({source})"
    return source


def operator_of(value: Any) -> tuple[str, Any] | None:
    """Return an expression's operator and argument, or None."""
    if isinstance(value, dict) and len(cast("dict[str, Any]", value)) == 1:
        ((name, argument),) = cast("dict[str, Any]", value).items()
        if name in OPERATORS:
            return name, argument
    return None


def variables_in(value: Any) -> Iterator[str]:
    """Yield the variables that an expression reads."""
    operator = operator_of(value)
    if operator is not None and operator[0] in {"var", "lit"}:
        if operator[0] == "var":
            yield operator[1]
    elif isinstance(value, dict):
        for item in cast("dict[str, Any]", value).values():
            yield from variables_in(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from variables_in(item)


def _helper(helper: str) -> Callable[[Any, Frame], str]:
    """Return a function that writes calls of a helper with one argument."""
    return lambda argument, frame: f"{frame.uses(helper)}({expression(argument, frame)})"


def _spread(helper: str) -> Callable[[Any, Frame], str]:
    """Return a function that writes calls of a helper with a list of arguments."""

    def write(argument: Any, frame: Frame) -> str:
        return call(frame.uses(helper), *(expression(item, frame) for item in argument))

    return write


def _get(argument: Any, frame: Frame) -> str:
    if frame.shape == "dict":
        return f"{frame.input}.get({quoted(argument)})"
    if frame.shape == "object":
        if argument not in frame.fields:
            return "None"
        if is_attribute(argument):
            return f"{frame.input}.{argument}"
    return f"{frame.uses('field')}({frame.input}, {quoted(argument)})"


def _input(_: Any, frame: Frame) -> str:
    if frame.shape == "object":
        return f"dict(vars({frame.input}))"
    if frame.shape == "either" and frame.fields:
        return f"{frame.uses('as_dict')}({frame.input})"
    return frame.input


def _eq(argument: Any, frame: Frame) -> str:
    left, right = argument
    if right is None or isinstance(right, bool):
        return f"{_operand(expression(left, frame))} is {right}"
    if isinstance(right, str):
        return f"{_operand(expression(left, frame))} == {expression(right, frame)}"
    return call(frame.uses("same"), expression(left, frame), expression(right, frame))


def _operand(source: str) -> str:
    """Return source, in parentheses if it may contain an operator that binds less tightly."""
    weaker = source.startswith("not ") or any(f" {item} " in source for item in ("is", "==", "if"))
    return f"({source})" if weaker else source


def _not(argument: Any, frame: Frame) -> str:
    return f"not {_operand(condition(argument, frame))}"


def _if(argument: Any, frame: Frame) -> str:
    test, then, otherwise = argument
    parts = (condition(test, frame), expression(then, frame), expression(otherwise, frame))
    return "{1} if {0} else {2}".format(*map(_operand, parts))


def _send(argument: Any, frame: Frame) -> str:
    sent = "{" + f"{quoted(argument['as'])}: item" + "}" if "as" in argument else "item"
    packet = call(frame.uses("Send"), quoted(argument["to"]), sent)
    operator, source = operator_of(argument["each"]), expression(argument["each"], frame)
    surely = isinstance(argument["each"], list) or (operator is not None and operator[0] == "range")
    if not surely:
        source = call(frame.uses("items"), source)
    return f"[{packet} for item in {source}]"


def _command(argument: Any, frame: Frame) -> str:
    parts = {name: expression(part, frame) for name, part in argument.items()}
    name = frame.uses("Command")
    if "goto" in parts and not _are_targets(argument["goto"]):
        parts["goto"] = call(frame.uses("targets"), parts["goto"])
    if argument.get("graph") == "parent":
        parts["graph"] = "Command.PARENT"
    return call(name, **parts)


def _are_targets(goto: Any) -> bool:
    """Return whether an expression is always a valid `goto` of a `Command`."""
    operator = operator_of(goto)
    if operator is not None:
        name, argument = operator
        return name == "send" or (name == "if" and all(map(_are_targets, argument[1:])))
    if isinstance(goto, list):
        return all(isinstance(item, str) for item in cast("list[Any]", goto))
    return isinstance(goto, str)


def _context(argument: Any, frame: Frame) -> str:
    context = f"{frame.need('runtime')}.context"
    if frame.context and argument not in frame.context:
        return "None"
    if frame.context and is_attribute(argument):
        return f"{context}.{argument}"
    return f"{frame.uses('field')}({context}, {quoted(argument)})"


def _visits(_: Any, frame: Frame) -> str:
    frame.need("visits")
    return "visit"


def _error(argument: Any, frame: Frame) -> str:
    frame.need("error")
    return _ERROR[argument]


def store_parts(namespace: Any, keys: Collection[Any], frame: Frame) -> list[str]:
    """Return the source of a store, a namespace in it, and keys."""
    place = call(frame.uses("texts"), expression(namespace, frame))
    if isinstance(namespace, list):
        parts = [as_text(item, frame) for item in cast("list[Any]", namespace)]
        place = f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    return [f"{frame.need('runtime')}.store", place, *(as_text(key, frame) for key in keys)]


def as_text(value: Any, frame: Frame) -> str:
    """Return source for an expression that must be a string."""
    operator, source = operator_of(value), expression(value, frame)
    if isinstance(value, str) or (operator is not None and operator[0] == "join"):
        return source
    return f"{frame.uses('text')}({source})"


def _store_get(argument: Any, frame: Frame) -> str:
    return call(frame.uses("lookup"), *store_parts(argument[0], argument[1:], frame))


def _message(argument: Any, frame: Frame) -> str:
    parts = {name: as_text(part, frame) for name, part in argument.items() if name != "type"}
    if "content" not in parts and argument["type"] != "remove":
        parts = {"content": '""', **parts}
    return call(frame.uses(_MESSAGES[argument["type"]]), **parts)


def _previous(_: Any, frame: Frame) -> str:
    return frame.need("previous")


def _final(argument: Any, frame: Frame) -> str:
    parts = {name: expression(argument[name], frame) for name in ("value", "save")}
    return call(f"{frame.uses('entrypoint')}.final", **parts)


def _call(argument: Any, frame: Frame) -> str:
    name, value = argument
    function, given = frame.callables[name], expression(value, frame)
    if frame.counter.startswith("task "):
        return f"await {function}({given})" if frame.awaits else f"{function}({given}).result()"
    return f"await {function}.ainvoke({given})" if frame.awaits else f"{function}.invoke({given})"


def _call_all(argument: Any, frame: Frame) -> str:
    started = ", ".join(
        f"{frame.callables[name]}({expression(value, frame)})" for name, value in argument
    )
    return f"[{'await each' if frame.awaits else 'each.result()'} for each in [{started}]]"


_WRITERS: dict[str, Callable[[Any, Frame], str]] = {
    "get": _get,
    "input": _input,
    "var": lambda argument, frame: frame.variables.get(argument, "None"),
    "lit": lambda argument, frame: literal(argument, frame.uses),
    "add": _spread("add"),
    "join": _spread("join"),
    "len": _helper("size"),
    "eq": _eq,
    "lt": _spread("less"),
    "not": _not,
    "if": _if,
    "range": _helper("upto"),
    "send": _send,
    "overwrite": _helper("Overwrite"),
    "interrupt": _helper("interrupt"),
    "command": _command,
    "visits": _visits,
    "info": lambda argument, frame: (
        f"{frame.need('runtime')}.execution_info.{_INFO.get(argument, argument)}"
    ),
    "context": _context,
    "error": _error,
    "store_get": _store_get,
    "store_search": lambda argument, frame: call(
        frame.uses("search"), *store_parts(argument, (), frame)
    ),
    "message": _message,
    "call": _call,
    "call_all": _call_all,
    "previous": _previous,
    "final": _final,
}
_OPERATORS = complete(_WRITERS, OPERATORS)
