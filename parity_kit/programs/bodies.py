"""The rules of bodies and expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, assert_never, cast

from parity_kit.contract.errors import BadProgramError
from parity_kit.programs import rules
from parity_kit.programs.instructions import ERRORS
from parity_kit.programs.model import Body, Expression
from parity_kit.programs.operators import (
    CALLS,
    INSTRUCTIONS,
    MESSAGE_TYPES,
    OPERATORS,
    Operator,
    Owner,
    Takes,
    complete,
)
from parity_kit.programs.rules import items, keys, mapping, one_of, seconds, text


@dataclass(frozen=True, slots=True)
class ProgramLocation:
    """The location of a part of a program, and what its rules depend on.

    `callables` holds the names that `call` accepts: subgraphs or tasks.
    """

    where: str
    owner: Owner
    callables: Collection[str] = ()

    def at(self, part: str) -> ProgramLocation:
        """Return the location of a part inside this one."""
        return replace(self, where=f"{self.where}{part}")


def check_body(body: Any, location: ProgramLocation) -> Body:
    """Check a body and return it."""
    for index, instruction in enumerate(items(body, location.where)):
        here = location.at(f"[{index}]")
        entries = mapping(instruction, here.where, "an instruction, a map with one key")
        if len(entries) != 1:
            raise BadProgramError("an instruction is a map with one key", where=here.where)
        ((name, argument),) = entries.items()
        check = _INSTRUCTIONS.get(name)
        if check is None:
            raise BadProgramError(f"no instruction {name!r}", where=here.where)
        check(argument, here.at(f".{name}"))
    return cast("Body", body)


def _check_write(argument: Any, location: ProgramLocation) -> None:
    if location.owner is Owner.TASK:
        raise BadProgramError("a functional program has no fields to write", where=location.where)
    _check_let(argument, location)


def _check_let(argument: Any, location: ProgramLocation) -> None:
    for key, expression in mapping(argument, location.where).items():
        _check_value(expression, location.at(f".{key}"))


def _check_when(argument: Any, location: ProgramLocation) -> None:
    parts = items(argument, location.where)
    if len(parts) not in {2, 3}:
        raise BadProgramError(
            "`when` takes a condition and one or two bodies", where=location.where
        )
    check_expression(parts[0], location)
    for part in parts[1:]:
        check_body(part, location)


def check_error(value: Any, where: str) -> None:
    """Check an error that a body or a branch raises: its type and its message."""
    entries = keys(value, {"type", "message"}, {"type", "message"}, where)
    if not isinstance(entries["type"], str) or entries["type"] not in ERRORS:
        raise BadProgramError(f"raises one of {', '.join(ERRORS)}", where=where)
    text(entries["message"], where, "the message is text")


def _check_several(length: int) -> Callable[[Any, ProgramLocation], None]:
    def check(argument: Any, location: ProgramLocation) -> None:
        for item in items(argument, location.where, length):
            check_expression(item, location)

    return check


def _check_value(expression: Any, location: ProgramLocation) -> None:
    """Check an expression that may contain calls, though not inside another operator."""
    if isinstance(expression, list):
        for index, item in enumerate(cast("list[Any]", expression)):
            _check_value(item, location.at(f"[{index}]"))
        return
    if not isinstance(expression, dict):
        return
    entries = mapping(expression, location.where)
    name = next(iter(entries), "")
    if len(entries) != 1 or name not in OPERATORS:
        for key, entry in entries.items():
            _check_value(entry, location.at(f".{key}"))
    elif name not in CALLS:
        check_expression(entries, location)
    else:
        here = location.at(f".{name}")
        operator = _allowed(name, here)
        several = operator.takes is Takes.CALLS
        for call in items(entries[name], here.where) if several else [entries[name]]:
            _check_call(call, here)


def _check_call(argument: Any, location: ProgramLocation) -> None:
    name, value = items(argument, location.where, 2, "a call is [name, argument]")
    callee = "task" if location.owner is Owner.TASK else "subgraph"
    one_of(name, location.callables, location.where, callee)
    check_expression(value, location)


def check_expression(value: Expression, location: ProgramLocation) -> Expression:
    """Check an expression and return it."""
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            check_expression(item, location.at(f"[{index}]"))
    elif isinstance(value, dict):
        entries = mapping(value, location.where)
        name = next(iter(entries), "")
        if len(entries) == 1 and name in OPERATORS:
            _check_operator(name, entries[name], location.at(f".{name}"))
        else:
            for key, entry in entries.items():
                check_expression(entry, location.at(f".{key}"))
    return cast("Expression", value)


def _allowed(name: str, location: ProgramLocation) -> Operator:
    operator = OPERATORS[name]
    if location.owner not in operator.owners:
        raise BadProgramError(f"no `{name}` in {location.owner}", where=location.where)
    return operator


def _check_operator(name: str, argument: Any, location: ProgramLocation) -> None:
    operator, where = _allowed(name, location), location.where
    match operator.takes:
        case Takes.NULL:
            rules.nothing(argument, where, f"`{name}` takes null")
        case Takes.NAME:
            text(argument, where, f"`{name}` takes a name")
        case Takes.CHOICE:
            one_of(argument, operator.names, where, name)
        case Takes.EXPRESSION:
            check_expression(argument, location)
        case Takes.EXPRESSIONS:
            problem = f"`{name}` takes {operator.count or 'a list of'} expressions"
            check_expression(items(argument, where, operator.count, problem), location)
        case Takes.PARTS:
            _check_parts(name, argument, location)
        case Takes.ANYTHING:
            pass
        case Takes.CALL | Takes.CALLS:
            raise BadProgramError(
                f"`{name}` is allowed in `let`, `write` or `return`, not inside another operator",
                where=where,
            )
        case _:
            assert_never(operator.takes)


def _check_parts(name: str, argument: Any, location: ProgramLocation) -> None:
    operator = OPERATORS[name]
    allowed = (*operator.names, *operator.optional)
    entries = keys(argument, allowed, operator.names, location.where)
    if name == "send":
        text(entries["to"], location.where, "`to` is a node's name")
        text(entries.get("as", ""), location.where, "`as` is a field's name")
    if name == "message":
        one_of(entries["type"], MESSAGE_TYPES, location.where, "message type")
        missing = {"remove": "id", "tool": "tool_call_id"}.get(entries["type"], "type")
        keys(entries, allowed, {missing}, location.where)
    if entries.get("graph") not in (None, "parent"):
        raise BadProgramError("`graph` is `parent`", where=location.where)
    for key, part in entries.items():
        check_expression(part, location.at(f".{key}"))


_CHECKS: dict[str, Callable[[Any, ProgramLocation], object]] = {
    "write": _check_write,
    "let": _check_let,
    "when": _check_when,
    "raise": lambda argument, location: check_error(argument, location.where),
    "return": _check_value,
    "emit": check_expression,
    "drain": lambda argument, location: text(argument, location.where, "a reason is text"),
    "wait": lambda argument, location: seconds(argument, location.where),
    "store_put": _check_several(3),
    "store_delete": _check_several(2),
}
_INSTRUCTIONS = complete(_CHECKS, INSTRUCTIONS)
