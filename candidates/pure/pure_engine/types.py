"""LangGraph's types that MessagePack has no type for.

The types that the engine acts on are classes here. Any other (a message, an array, an application's
model) stays an `Envelope` of its stored parts, which is never built into the type that it names: no
name in data is ever called. Types of Python's standard library are themselves.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from pure_engine.names import OVERWRITE

PLACEHOLDER_ID = "placeholder-id"
"""The id of an interrupt that was created without one."""


@dataclass(slots=True)
class Envelope:
    """A typed value as it is stored: the ext's code and its parts."""

    code: int
    parts: list[Any]

    def __hash__(self) -> int:
        """Hash the parts; like the types they stand for, models and arrays have no hash."""
        if self.parts[:2] == ["langgraph.store.base", "Item"]:
            return hash((*self.parts[2]["namespace"], self.parts[2]["key"]))
        if self.code > 3:  # noqa: PLR2004  # pydantic models and arrays
            message = f"unhashable type: {self.parts[1]!r}"
            raise TypeError(message)
        if isinstance(self.parts[2], dict):
            return hash(tuple(cast("dict[str, Any]", self.parts[2]).values()))
        return hash((self.code, repr(self.parts)))


class Unstorable:
    """A value that can be read but not stored again, such as an array of dates."""


class DeltaSnapshot(NamedTuple):
    """A delta channel's whole value, which rebuilding can start from."""

    value: Any


@dataclass(slots=True, repr=False, unsafe_hash=True)
class Send:
    """A packet for a node, which runs in the next superstep with this argument as its input."""

    node: str
    arg: Any
    timeout: Envelope | None = None

    def __repr__(self) -> str:
        timeout = "" if self.timeout is None else f", timeout={self.timeout!r}"
        return f"Send(node={self.node!r}, arg={self.arg!r}{timeout})"


@dataclass(slots=True)
class Overwrite:
    """An update that replaces a reduced value."""

    value: Any
    type: str = OVERWRITE


@dataclass(slots=True)
class Interrupt:
    """A node's question; the run stops until it is answered."""

    value: Any
    id: str = PLACEHOLDER_ID
    response_schema: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Command:
    """A state update, a route, or an answer to an interrupt, as an input or a node's result."""

    graph: str | None = None
    update: Any = None
    resume: Any = None
    goto: Any = ()

    def __repr__(self) -> str:
        fields = {name: getattr(self, name) for name in ("graph", "update", "resume", "goto")}
        return (
            f"Command({', '.join(f'{name}={value!r}' for name, value in fields.items() if value)})"
        )


RECORDS = (Send, Overwrite, Interrupt, Command)
"""The classes with fields."""


DATACLASSES = (Overwrite, Interrupt, Command)
"""The records that are dataclasses in LangGraph, too."""


def as_map(value: Any) -> Any:
    """Return a dataclass of LangGraph as a map of its fields; anything else unchanged."""
    return record_fields(value) if isinstance(value, DATACLASSES) else value


def record_fields(value: Any) -> dict[str, Any]:
    """Return a record's fields, or those of an envelope that are not None."""
    if isinstance(value, Envelope):
        inside = value.parts[2]
        known = cast("dict[str, Any]", inside) if isinstance(inside, dict) else {}
        return {name: value for name, value in known.items() if value is not None}
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
