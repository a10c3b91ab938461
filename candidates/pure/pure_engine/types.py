"""The values that MessagePack has no type for and LangGraph works with.

Types of Python's standard library are themselves. Of LangGraph's own, those that the engine acts on
are classes here; every other type (a message, an array, an application's model) stays an
`Envelope`: what is stored of it, taken apart. An envelope is never built into the type it names, so
nothing that data names is ever called.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from pure_engine.names import OVERWRITE

PLACEHOLDER_ID = "placeholder-id"
"""The id of an interrupt that was given none."""


@dataclass(slots=True)
class Envelope:
    """A typed value as it is stored: the ext's code and its parts."""

    code: int
    parts: list[Any]

    def __hash__(self) -> int:
        """Hash what stands for an enum, a tuple or an item; models and arrays cannot be hashed."""
        if self.parts[:2] == ["langgraph.store.base", "Item"]:
            return hash((*self.parts[2]["namespace"], self.parts[2]["key"]))
        if self.code > 3:  # noqa: PLR2004  # pydantic models and arrays
            message = f"unhashable type: {self.parts[1]!r}"
            raise TypeError(message)
        if isinstance(self.parts[2], dict):
            return hash(tuple(cast("dict[str, Any]", self.parts[2]).values()))
        return hash((self.code, repr(self.parts)))


class Unstorable:
    """What can be read, and not stored again: an array of dates, an item whose date is none."""


class DeltaSnapshot(NamedTuple):
    """The whole value of a delta channel, stored so that reading it back can start there."""

    value: Any


@dataclass(slots=True, repr=False, unsafe_hash=True)
class Send:
    """A packet for a node: it runs in the next superstep with this argument as its input."""

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
    """A question that a node asks; the run stops until it is answered."""

    value: Any
    id: str = PLACEHOLDER_ID
    response_schema: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Command:
    """An input that updates the state, routes, or answers an interrupt."""

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
"""The classes that have fields."""


def record_fields(value: Any) -> dict[str, Any]:
    """Return the fields of a record, or of an envelope those that hold something."""
    if isinstance(value, Envelope):
        inside = value.parts[2]
        known = cast("dict[str, Any]", inside) if isinstance(inside, dict) else {}
        return {name: value for name, value in known.items() if value is not None}
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
