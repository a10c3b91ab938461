"""The operators and instructions of the program language, in one table.

`bodies` checks programs against it and `features` reads from it what a case uses. `language`,
`instructions` and `script` implement it: whichever lacks an entry fails when it is imported, or
when its types are checked. `docs/programs.md` specifies what each entry means, in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Literal, TypeAlias, TypeVar

from parity_kit.contract.errors import KitError

T = TypeVar("T")


class Owner(StrEnum):
    """What an expression belongs to, which decides the operators that it may use."""

    ROUTE = "a branch"
    NODE = "a node"
    HANDLER = "an error handler"
    TASK = "a functional program"


_ALL = frozenset(Owner)
_BODIES = _ALL - {Owner.ROUTE}
_GRAPHS = _ALL - {Owner.TASK}
_HANDLERS = frozenset({Owner.HANDLER})
_TASKS = frozenset({Owner.TASK})


class Takes(Enum):
    """The kind of argument that an operator takes."""

    NULL = auto()
    NAME = auto()
    CHOICE = auto()
    """One of the operator's `names`."""
    ANYTHING = auto()
    """Data that is not evaluated."""
    EXPRESSION = auto()
    EXPRESSIONS = auto()
    """A list of expressions: `count` of them if it is set."""
    PARTS = auto()
    """A map with all of `names`, and any of `optional`, as keys."""
    CALL = auto()
    CALLS = auto()


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator: its argument, and where it is allowed.

    `is_feature`: cases are labelled with it, because it exercises a part of LangGraph.
    """

    takes: Takes
    owners: Collection[Owner] = _ALL
    is_feature: bool = False
    count: int | None = None
    names: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_MESSAGE_PARTS = ("content", "id", "name", "tool_call_id")
MESSAGE_TYPES = ("human", "ai", "system", "tool", "remove")

OPERATORS: Mapping[str, Operator] = {
    "get": Operator(Takes.NAME),
    "input": Operator(Takes.NULL),
    "var": Operator(Takes.NAME),
    "lit": Operator(Takes.ANYTHING),
    "add": Operator(Takes.EXPRESSIONS, count=2),
    "join": Operator(Takes.EXPRESSIONS),
    "len": Operator(Takes.EXPRESSION),
    "eq": Operator(Takes.EXPRESSIONS, count=2),
    "lt": Operator(Takes.EXPRESSIONS, count=2),
    "not": Operator(Takes.EXPRESSION),
    "if": Operator(Takes.EXPRESSIONS, count=3),
    "range": Operator(Takes.EXPRESSION),
    "send": Operator(Takes.PARTS, _GRAPHS, is_feature=True, names=("to", "each"), optional=("as",)),
    "overwrite": Operator(Takes.EXPRESSION, _GRAPHS, is_feature=True),
    "interrupt": Operator(Takes.EXPRESSION, _BODIES, is_feature=True),
    "command": Operator(
        Takes.PARTS, _BODIES & _GRAPHS, is_feature=True, optional=("update", "goto", "graph")
    ),
    "visits": Operator(Takes.NULL, _BODIES, is_feature=True),
    "info": Operator(
        Takes.CHOICE,
        _BODIES,
        is_feature=True,
        names=("attempt", "task_id", "checkpoint_ns", "thread_id"),
    ),
    "context": Operator(Takes.NAME, _BODIES),
    "error": Operator(Takes.CHOICE, _HANDLERS, is_feature=True, names=("node", "type", "message")),
    "store_get": Operator(Takes.EXPRESSIONS, _BODIES, is_feature=True, count=2),
    "store_search": Operator(Takes.EXPRESSION, _BODIES, is_feature=True),
    "message": Operator(
        Takes.PARTS, _BODIES, is_feature=True, names=("type",), optional=_MESSAGE_PARTS
    ),
    "call": Operator(Takes.CALL, _BODIES, is_feature=True),
    "call_all": Operator(Takes.CALLS, _TASKS, is_feature=True),
    "previous": Operator(Takes.NULL, _TASKS, is_feature=True),
    "final": Operator(Takes.PARTS, _TASKS, is_feature=True, names=("value", "save")),
}

CALLS = frozenset(
    name for name, operator in OPERATORS.items() if operator.takes in {Takes.CALL, Takes.CALLS}
)
"""Operators that take time: whole values only, which `parity_kit.programs.instructions` runs."""

Action: TypeAlias = Literal["raise", "emit", "drain", "store_put", "store_delete"]
"""An instruction that gives no value and takes no time."""
InstructionName: TypeAlias = Action | Literal["write", "let", "when", "return", "wait"]

INSTRUCTIONS: Mapping[InstructionName, bool] = {
    "write": False,
    "let": False,
    "when": False,
    "raise": True,
    "return": True,
    "emit": True,
    "drain": True,
    "wait": True,
    "store_put": True,
    "store_delete": True,
}
"""Whether cases are labelled with an instruction, because it exercises a part of LangGraph."""


def complete(implementations: Mapping[str, T], names: Collection[str]) -> Mapping[str, T]:
    """Return the implementations of the named entries.

    Raises:
        KitError: If one is missing, or is not in the table.
    """
    if wrong := sorted(set(implementations) ^ set(names)):
        raise KitError(f"missing, or not in the table of the program language: {', '.join(wrong)}")
    return implementations
