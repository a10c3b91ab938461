"""Types of an application, for fixtures: what LangGraph's safe list does not hold.

This module's name is part of stored bytes, so it must not move. An engine never needs it: a strict
codec gives back the payload of such a type, a permissive one may keep the envelope.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum, Flag, IntEnum, StrEnum
from typing import Any, NamedTuple

import pydantic
from pydantic import v1 as pydantic_1


class Colour(Enum):
    """Values of several kinds."""

    RED = "red"
    GREEN = 2
    NOTHING = None
    HALF = 0.5
    BYTES = b"\x00"


class Pair(Enum):
    """A value that MessagePack reads as another type: the member is not found again."""

    LEFT = (1, 2)


class Level(IntEnum):
    """An enum that is an integer."""

    LOW = 1
    HIGH = 300


class Word(StrEnum):
    """An enum that is a string."""

    YES = "yes"


class Mode(Flag):
    """Members that can be combined."""

    READ = 1
    WRITE = 2


@dataclass
class Point:
    """A plain dataclass."""

    x: Any
    y: Any = 0


@dataclass(frozen=True)
class FrozenPoint:
    """A frozen one."""

    x: Any
    y: Any = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlottedPoint:
    """A frozen one with slots and keywords only."""

    x: Any
    y: Any = 0


@dataclass
class Line(Point):
    """A dataclass that inherits fields and holds another."""

    end: Point | None = None
    tags: list[str] = field(default_factory=list[str])


@dataclass
class Counted:
    """A field that the constructor does not take: the object cannot be built again."""

    x: int
    count: int = field(default=0, init=False)


class Move(NamedTuple):
    """A typed namedtuple."""

    source: str
    target: Any = None


OldMove = namedtuple("OldMove", ["source", "target"])  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple]  # an untyped one is the case


class Model2(pydantic.BaseModel):
    """A pydantic 2 model."""

    name: str
    count: int = 0
    more: Any = None


class Nested2(pydantic.BaseModel):
    """A pydantic 2 model that holds others."""

    one: Model2
    several: list[Model2] = []


class Extra2(pydantic.BaseModel):
    """A pydantic 2 model that takes any field."""

    model_config = pydantic.ConfigDict(extra="allow")
    name: str


class Secret2(pydantic.BaseModel):
    """A pydantic 2 model with a secret inside."""

    key: pydantic.SecretStr


class Model1(pydantic_1.BaseModel):
    """A pydantic 1 model."""

    name: str
    count: int = 0
    more: Any = None


class Nested1(pydantic_1.BaseModel):
    """A pydantic 1 model that holds others."""

    one: Model1
    several: list[Model1] = []


class Outer:
    """Holds a type whose name does not say where it is: it cannot be found again."""

    @dataclass
    class Inner:
        """A dataclass inside a class."""

        x: int
