"""A graph program as types, checked against the rules of docs/programs.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from parity_kit.errors import BadProgramError
from parity_kit.programs.language import ERRORS, OPERATORS
from parity_kit.programs.reducers import REDUCERS, TYPES

START, END = "__start__", "__end__"
_ARITY = {"add": 2, "eq": 2, "lt": 2, "if": 3}
_TOP = {"state", "nodes", "edges", "branches", "interrupt_before", "interrupt_after"}


@dataclass(frozen=True, slots=True)
class Field:
    """A state field: a type, with a reducer or a channel of its own."""

    type: str
    reducer: str | None = None
    channel: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its body, and whether it waits for the run's end (`defer`)."""

    body: Sequence[Mapping[str, Any]]
    defer: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """A graph program. Mappings and sequences keep declaration order."""

    state: Mapping[str, Field]
    nodes: Mapping[str, Node]
    edges: Sequence[tuple[str, str]]
    joins: Sequence[tuple[tuple[str, ...], str]]
    branches: Mapping[str, Sequence[Any]]
    interrupt_before: Sequence[str] | Literal["*"] = ()
    interrupt_after: Sequence[str] | Literal["*"] = ()


def parse(data: Mapping[str, Any]) -> Program:
    """Return the program that plain data says.

    Raises:
        BadProgramError: Naming the part that breaks a rule.
    """
    _keys(data, _TOP, {"state", "nodes"}, "program")
    state = {name: _field(value, f"state.{name}") for name, value in data["state"].items()}
    nodes = {name: _node(value, f"nodes.{name}") for name, value in data["nodes"].items()}
    if not state or not nodes:
        raise BadProgramError("a program needs a state field and a node", where="program")
    edges: list[tuple[str, str]] = []
    joins: list[tuple[tuple[str, ...], str]] = []
    for index, edge in enumerate(data.get("edges", ())):
        where = f"edges[{index}]"
        if not isinstance(edge, (list, tuple)) or len(cast("list[Any]", edge)) != 2:  # noqa: PLR2004  # [from, to]
            raise BadProgramError("an edge is [from, to] or [[from, …], to]", where=where)
        source, target = cast("list[Any]", edge)
        sources = list(cast("list[str]", source)) if isinstance(source, (list, tuple)) else [source]
        for name in sources:
            _known(name, {*nodes, START}, where)
        _known(target, {*nodes, END}, where)
        if isinstance(source, str):
            edges.append((source, target))
        else:
            joins.append((tuple(sources), target))
    branches = cast("Mapping[str, Sequence[Any]]", data.get("branches", {}))
    for source, routes in branches.items():
        _known(source, {*nodes, START}, "branches")
        for index, route in enumerate(routes):
            _expression(route, f"branches.{source}[{index}]")
    return Program(
        state,
        nodes,
        edges,
        joins,
        branches,
        _breakpoints(data.get("interrupt_before", ()), nodes, "interrupt_before"),
        _breakpoints(data.get("interrupt_after", ()), nodes, "interrupt_after"),
    )


def _breakpoints(value: Any, nodes: Mapping[str, Node], where: str) -> Any:
    if value != "*":
        for name in value:
            _known(name, set(nodes), where)
    return value


def _field(value: Any, where: str) -> Field:
    if not isinstance(value, dict):
        raise BadProgramError("a field is a map", where=where)
    entries = cast("dict[str, Any]", value)
    _keys(entries, {"type", "reducer", "channel"}, set(), where)
    field = Field(entries.get("type", "any"), entries.get("reducer"), entries.get("channel"))
    if field.type not in TYPES:
        raise BadProgramError(f"no type {field.type!r}; one of {', '.join(TYPES)}", where=where)
    if field.reducer is not None and field.reducer not in REDUCERS:
        choices = ", ".join(REDUCERS)
        raise BadProgramError(f"no reducer {field.reducer!r}; one of {choices}", where=where)
    return field


def _node(value: Any, where: str) -> Node:
    if not isinstance(value, dict):
        raise BadProgramError("a node is a map with a body", where=where)
    entries = cast("dict[str, Any]", value)
    _keys(entries, {"body", "defer"}, {"body"}, where)
    _body(entries["body"], f"{where}.body")
    return Node(entries["body"], bool(entries.get("defer", False)))


def _body(body: Any, where: str) -> None:
    for index, instruction in enumerate(body):
        here = f"{where}[{index}]"
        if not isinstance(instruction, dict) or len(cast("dict[str, Any]", instruction)) != 1:
            raise BadProgramError("an instruction is a map with one key", where=here)
        ((name, argument),) = cast("dict[str, Any]", instruction).items()
        if name in {"write", "let"}:
            for key, expression in argument.items():
                _expression(expression, f"{here}.{name}.{key}")
        elif name == "when":
            _expression(argument[0], f"{here}.when")
            for part in argument[1:]:
                _body(part, f"{here}.when")
        elif name == "raise":
            if argument.get("type") not in ERRORS:
                raise BadProgramError(f"raises one of {', '.join(ERRORS)}", where=here)
        else:
            raise BadProgramError(f"no instruction {name!r}", where=here)


def _expression(value: Any, where: str) -> None:
    if isinstance(value, list):
        for index, each in enumerate(cast("list[Any]", value)):
            _expression(each, f"{where}[{index}]")
    if not isinstance(value, dict):
        return
    entries = cast("dict[str, Any]", value)
    name = next(iter(entries), None)
    if len(entries) == 1 and name in OPERATORS:
        argument: Any = entries[name]
        if name in {"get", "var"} and not isinstance(argument, str):
            raise BadProgramError(f"`{name}` takes a name", where=where)
        if name in _ARITY and (
            not isinstance(argument, list) or len(cast("list[Any]", argument)) != _ARITY[name]
        ):
            raise BadProgramError(f"`{name}` takes {_ARITY[name]} expressions", where=where)
        if name == "send":
            _keys(argument, {"to", "each", "as"}, {"to", "each", "as"}, where)
            _expression(cast("dict[str, Any]", argument)["each"], f"{where}.each")
        elif name not in {"get", "var", "lit"}:
            _expression(argument, f"{where}.{name}")
        return
    for key, each in entries.items():
        _expression(each, f"{where}.{key}")


def _keys(value: Any, allowed: set[str], needed: set[str], where: str) -> None:
    if not isinstance(value, Mapping):
        raise BadProgramError("expected a map", where=where)
    keys = set(cast("Mapping[str, Any]", value))
    if unknown := sorted(keys - allowed):
        raise BadProgramError(f"unknown key {unknown[0]!r}", where=where)
    if missing := sorted(needed - keys):
        raise BadProgramError(f"key {missing[0]!r} is missing", where=where)


def _known(name: Any, names: set[str], where: str) -> None:
    if name not in names:
        raise BadProgramError(f"no node {name!r}; the nodes are {', '.join(names)}", where=where)
