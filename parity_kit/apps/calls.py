"""What the nodes and routers of an application did, as plain values with canonical bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from langgraph.types import Command, Overwrite, Send

from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Plain
from parity_kit.programs.model import ROOT
from parity_kit.programs.operators import OPERATORS
from parity_kit.reference.native import to_plain

Place: TypeAlias = tuple[str, ...]
"""Where a node is in a program: the names of the subgraphs around it, then its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be recorded, and its place in the user's code."""

    what: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.where})" if self.where else self.what


class UnsayableError(Exception):
    """The language of graph programs has no words for a value."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The node called `interrupt`; `answer` is None where there was none yet."""

    value: bytes
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class Emitted:
    """The node wrote to the stream writer."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """The node put an item into the store, or deleted it (`value` is None)."""

    namespace: tuple[str, ...]
    key: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Result:
    """The node returned: the bytes of an expression of the program language."""

    expression: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The node raised an error."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The node waits for an answer."""


Action: TypeAlias = Asked | Emitted | Put
Ending: TypeAlias = Result | Failed | Interrupted


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a node: what it saw, what it did, in order, and how it ended.

    `visit` counts the calls of this node, from 1.
    """

    place: Place
    step: int
    input: bytes
    attempt: int
    thread: str
    visit: int
    actions: tuple[Action, ...]
    ending: Ending


@dataclass(frozen=True, slots=True)
class Routing:
    """A call of a router: the state that it saw, and the expression of its result."""

    place: Place
    index: int
    step: int
    input: bytes
    result: bytes


def packed(value: Any) -> bytes:
    """Return the canonical bytes of what LangGraph would store for a value."""
    return pack(to_plain(value))


def literal(value: Any) -> Plain:
    """Return the expression of a value: itself, or quoted where it would be evaluated."""
    plain = to_plain(value)
    return {"lit": plain} if isinstance(plain, (dict, list)) else plain


def expression_of(result: Any) -> Plain:
    """Return the expression of what a node returned.

    Raises:
        UnsayableError: If the language has no words for it.
    """
    if isinstance(result, Command):
        return _command(cast("Any", result))
    if isinstance(result, (list, tuple)):
        items = cast("list[Any]", result)
        if any(isinstance(item, (Command, Send)) for item in items):
            expressions = map(expression_of, items)
            return [
                part for one in expressions for part in (one if isinstance(one, list) else [one])
            ]
    if isinstance(result, Send):
        raise UnsayableError("a send that is returned outside a Command")
    if isinstance(result, Mapping):
        return _update(dict(cast("Mapping[str, Any]", result)))
    if result is None or isinstance(result, (str, int, float, list, tuple)):
        return literal(result)
    return _update(_fields(result))


def _update(update: dict[str, Any]) -> Plain:
    """Return the expression of an update, in which values may be marked to overwrite."""
    if not any(isinstance(value, Overwrite) for value in update.values()):
        return literal(update)
    if len(update) == 1 and next(iter(update)) in OPERATORS:
        raise UnsayableError(f"an overwrite of {next(iter(update))}, the name of an operator")
    return {name: _written(value) for name, value in update.items()}


def _written(value: Any) -> Plain:
    if isinstance(value, Overwrite):
        return {"overwrite": literal(cast("Any", value).value)}
    return literal(value)


def _fields(result: Any) -> dict[str, Any]:
    """Return the update that LangGraph reads from an object (`get_update_as_tuples`)."""
    from langgraph._internal._fields import get_cached_annotated_keys, get_update_as_tuples  # noqa: PLC0415  # few nodes return objects

    kind = cast("type[Any]", type(result))
    keys = get_cached_annotated_keys(kind)
    if not keys:
        raise UnsayableError(f"a result of type {kind.__qualname__}")
    return dict(get_update_as_tuples(result, keys))


def _command(command: Any) -> Plain:
    if command.resume is not None:
        raise UnsayableError("a Command with `resume` as a result")
    parts: dict[str, Plain] = {}
    before: list[Plain] = []
    if command.update is not None:
        pairs = command._update_as_tuples()  # noqa: SLF001  # as its writers read it
        written = dict(pairs)
        if len(written) < len(pairs):  # a map holds one write to a field; further commands follow
            before = [{"command": {"update": _update(dict([pair]))}} for pair in pairs[:-1]]
            written = dict(pairs[-1:])
        is_root = [*written] == [ROOT] and not isinstance(command.update, Mapping)
        parts["update"] = literal(written[ROOT]) if is_root else _update(written)
    if command.goto:
        parts["goto"] = destinations(command.goto)
    if command.graph is not None:
        if command.graph != Command.PARENT:
            raise UnsayableError(f"a Command to the graph {command.graph!r}")
        parts["graph"] = "parent"
    return [*before, {"command": parts}] if before else {"command": parts}


def destinations(goto: Any) -> Plain:
    """Return the expression of nodes and sends."""
    if isinstance(goto, (str, Send)):
        return destination(goto)
    return [destination(item) for item in goto]


def destination(item: Any) -> Plain:
    """Return the expression of a node's name, or of a send (a list with one packet).

    Raises:
        UnsayableError: If it is neither.
    """
    if isinstance(item, Send):
        return {"send": {"to": item.node, "each": {"lit": [to_plain(item.arg)]}}}
    if not isinstance(item, str):
        raise UnsayableError(f"a destination of type {type(item).__qualname__}")
    return str.__str__(item)  # an enumeration's member has another text
