"""The rules of bodies and expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, cast

from parity_kit.contract.errors import BadProgramError
from parity_kit.programs import rules
from parity_kit.programs.instructions import ERRORS
from parity_kit.programs.language import CALLS, OPERATORS
from parity_kit.programs.model import Body, Expression
from parity_kit.programs.rules import items, keys, mapping, one_of, seconds, text

MESSAGES = ("human", "ai", "system", "tool", "remove")
_CHOICES = {
    "info": ("attempt", "task_id", "checkpoint_ns", "thread_id"),
    "error": ("node", "type", "message"),
}
_ARITY = {"add": 2, "eq": 2, "lt": 2, "if": 3, "store_get": 2}
_NAMES = {"get", "var", "context"}
_NULL = {"input", "visits", "previous"}


class Where(StrEnum):
    """What runs an expression, which decides what is allowed in it."""

    ROUTE = "a branch"
    NODE = "a node"
    HANDLER = "an error handler"
    TASK = "a functional program"


_FUNCTIONAL = {"call_all", "previous", "final"}
_BODIES = {
    "interrupt",
    "command",
    "visits",
    "info",
    "context",
    "error",
    "store_get",
    "store_search",
    "message",
    *CALLS,
    *_FUNCTIONAL,
}
_NOT_IN = {
    Where.ROUTE: _BODIES,
    Where.NODE: {"error", *_FUNCTIONAL},
    Where.HANDLER: _FUNCTIONAL,
    Where.TASK: {"error", "command", "send", "overwrite"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a program something stands, and what may be said there.

    `callable` holds the names that `call` may give: subgraphs, or tasks.
    """

    where: str
    kind: Where
    callable: Collection[str] = ()

    def at(self, part: str) -> Place:
        """Return the place of a part of what stands here."""
        return replace(self, where=f"{self.where}{part}")


def check_body(body: Any, place: Place) -> Body:
    """Return a body that keeps the rules."""
    for index, instruction in enumerate(items(body, place.where)):
        here = place.at(f"[{index}]")
        entries = mapping(instruction, here.where, "an instruction, a map with one key")
        if len(entries) != 1:
            raise BadProgramError("an instruction is a map with one key", where=here.where)
        ((name, argument),) = entries.items()
        check = _INSTRUCTIONS.get(name)
        if check is None:
            raise BadProgramError(f"no instruction {name!r}", where=here.where)
        check(argument, here.at(f".{name}"))
    return cast("Body", body)


def _check_write(argument: Any, place: Place) -> None:
    if place.kind is Where.TASK:
        raise BadProgramError("a functional program has no fields to write", where=place.where)
    _check_let(argument, place)


def _check_let(argument: Any, place: Place) -> None:
    for key, expression in mapping(argument, place.where).items():
        _check_value(expression, place.at(f".{key}"))


def _check_when(argument: Any, place: Place) -> None:
    parts = items(argument, place.where)
    if len(parts) not in {2, 3}:
        raise BadProgramError("`when` takes a condition and one or two bodies", where=place.where)
    check_expression(parts[0], place)
    for part in parts[1:]:
        check_body(part, place)


def _check_raise(argument: Any, place: Place) -> None:
    entries = keys(argument, {"type", "message"}, {"type", "message"}, place.where)
    if not isinstance(entries["type"], str) or entries["type"] not in ERRORS:
        raise BadProgramError(f"raises one of {', '.join(ERRORS)}", where=place.where)
    text(entries["message"], place.where, "the message is text")


def _check_several(length: int) -> Callable[[Any, Place], None]:
    def check(argument: Any, place: Place) -> None:
        for item in items(argument, place.where, length):
            check_expression(item, place)

    return check


def _check_value(expression: Any, place: Place) -> None:
    """Check an expression that may hold calls: anywhere but inside another operator."""
    if isinstance(expression, list):
        for index, each in enumerate(cast("list[Any]", expression)):
            _check_value(each, place.at(f"[{index}]"))
        return
    if not isinstance(expression, dict):
        return
    entries = mapping(expression, place.where)
    name = next(iter(entries), "")
    if len(entries) != 1 or name not in OPERATORS:
        for key, each in entries.items():
            _check_value(each, place.at(f".{key}"))
    elif name not in CALLS:
        check_expression(entries, place)
    else:
        here = place.at(f".{name}")
        if name in _NOT_IN[place.kind]:
            raise BadProgramError(f"no `{name}` in {place.kind}", where=here.where)
        for each in [entries[name]] if name == "call" else items(entries[name], here.where):
            _check_call(each, here)


def _check_call(argument: Any, place: Place) -> None:
    name, value = items(argument, place.where, 2, "a call is [name, argument]")
    what = "task" if place.kind is Where.TASK else "subgraph"
    one_of(name, place.callable, place.where, what)
    check_expression(value, place)


def check_expression(value: Expression, place: Place) -> Expression:
    """Return an expression that keeps the rules."""
    if isinstance(value, list):
        for index, each in enumerate(cast("list[Any]", value)):
            check_expression(each, place.at(f"[{index}]"))
    elif isinstance(value, dict):
        entries = mapping(value, place.where)
        name = next(iter(entries), "")
        if len(entries) == 1 and name in OPERATORS:
            _check_operator(name, entries[name], place.at(f".{name}"))
        else:
            for key, each in entries.items():
                check_expression(each, place.at(f".{key}"))
    return cast("Expression", value)


def _check_operator(name: str, argument: Any, place: Place) -> None:
    if name in _NOT_IN[place.kind]:
        raise BadProgramError(f"no `{name}` in {place.kind}", where=place.where)
    if name in CALLS:
        raise BadProgramError(
            f"`{name}` stands in `let`, `write` or `return`, and not inside another operator",
            where=place.where,
        )
    if name in _NAMES:
        text(argument, place.where, f"`{name}` takes a name")
    elif name in _NULL:
        rules.nothing(argument, place.where, f"`{name}` takes null")
    elif name in _ARITY:
        what = f"`{name}` takes {_ARITY[name]} expressions"
        check_expression(items(argument, place.where, _ARITY[name], what), place)
    elif name in _CHOICES:
        one_of(argument, _CHOICES[name], place.where, name)
    elif name in _PARTS:
        _check_parts(name, argument, place)
    elif name != "lit":
        if name == "join":
            items(argument, place.where)
        check_expression(argument, place)


_PARTS = {
    "send": ({"to", "each", "as"}, {"to", "each", "as"}),
    "command": ({"update", "goto", "graph"}, set[str]()),
    "message": ({"type", "content", "id", "name", "tool_call_id"}, {"type"}),
    "final": ({"value", "save"}, {"value", "save"}),
}
"""The keys that an operator's map may have, and those that it must have."""


def _check_parts(name: str, argument: Any, place: Place) -> None:
    allowed, needed = _PARTS[name]
    entries = keys(argument, allowed, needed, place.where)
    if name == "send":
        text(entries["to"], place.where, "`to` is a node's name")
        text(entries["as"], place.where, "`as` is a field's name")
    if name == "message":
        one_of(entries["type"], MESSAGES, place.where, "message type")
        missing = {"remove": "id", "tool": "tool_call_id"}.get(entries["type"], "type")
        keys(entries, allowed, {missing}, place.where)
    if entries.get("graph") not in (None, "parent"):
        raise BadProgramError("`graph` is `parent`", where=place.where)
    for key, each in entries.items():
        check_expression(each, place.at(f".{key}"))


_INSTRUCTIONS: dict[str, Callable[[Any, Place], object]] = {
    "write": _check_write,
    "let": _check_let,
    "when": _check_when,
    "raise": _check_raise,
    "return": _check_value,
    "emit": check_expression,
    "drain": lambda argument, place: text(argument, place.where, "a reason is text"),
    "wait": lambda argument, place: seconds(argument, place.where),
    "store_put": _check_several(3),
    "store_delete": _check_several(2),
}
