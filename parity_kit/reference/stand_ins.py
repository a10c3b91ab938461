"""Stand-ins for an application's own types, so that a recorded value needs none of its code.

LangGraph builds a stored value by importing its class. Here it gets a class of the same name and
kind that holds what it is given, so that it stores the same bytes.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import importlib
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, TypeAlias

from parity_kit.msgpack.buildable import TypeName
from parity_kit.programs.own_types import OwnType, own_type_names
from parity_kit.reference.native import building
from parity_kit.reference.pins import patched

_Make: TypeAlias = Callable[..., Any]


@contextmanager
def standing_in(types: Collection[OwnType]) -> Generator[None]:
    """Let LangGraph build stand-ins for these types; it imports nothing of theirs."""
    if not types:
        yield
        return
    makers = {
        (module, name): functools.partial(_MAKERS[kind], module, name)
        for module, name, kind in types
    }
    importing = SimpleNamespace(import_module=functools.partial(_Module, makers))
    replaced = ("langgraph.checkpoint.serde.jsonplus", "importlib", importing)
    with patched([replaced]), building(own_type_names(types)):
        yield


class _Module:
    """A module in which the types with stand-ins are those."""

    def __init__(self, makers: Mapping[TypeName, _Make], name: str) -> None:
        self._makers, self._name = makers, name

    def __getattr__(self, name: str) -> Any:
        maker = self._makers.get((self._name, name))
        return maker or getattr(importlib.import_module(self._name), name)


def _dataclass(module: str, name: str, /, **fields: Any) -> Any:
    return _dataclass_of(module, name, tuple(fields))(**fields)


@functools.cache
def _dataclass_of(module: str, name: str, fields: tuple[str, ...]) -> type[Any]:
    made = dataclasses.make_dataclass(name, fields, unsafe_hash=True)
    made.__module__ = module
    return made


def _named_tuple(module: str, name: str, /, **fields: Any) -> Any:
    return _named_tuple_of(module, name, tuple(fields))(**fields)


@functools.cache
def _named_tuple_of(module: str, name: str, fields: tuple[str, ...]) -> type[Any]:
    return collections.namedtuple(name, fields, module=module)  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple]  # made at run time


_members: dict[tuple[str, str, str], Any] = {}


def _member(module: str, name: str, value: Any) -> Any:
    # Two equal members are one object.
    key = (module, name, repr(value))
    if key not in _members:
        made: Any = enum.Enum(name, {"MEMBER": value}, module=module)
        _members[key] = made.MEMBER
    return _members[key]


class _Model:
    """A model, of which LangGraph asks its fields alone."""

    def __init__(self, /, **fields: Any) -> None:
        vars(self).update(fields)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # as models have none


def _fields(model: _Model) -> dict[str, Any]:
    return dict(vars(model))


def _model(method: str) -> _Make:
    """Return what makes models whose method of this name gives their fields."""

    @functools.cache
    def model_of(module: str, name: str, fields: tuple[str, ...]) -> type[_Model]:
        # LangGraph reads an update from an object by its annotations.
        annotations = dict.fromkeys(fields, Any)
        made = {"__module__": module, "__annotations__": annotations, method: _fields}
        return type(name, (_Model,), made)

    def make(module: str, name: str, /, **fields: Any) -> Any:
        return model_of(module, name, tuple(fields))(**fields)

    return make


_MAKERS: dict[str, _Make] = {
    "dataclass": _dataclass,
    "enum": _member,
    "named_tuple": _named_tuple,
    "pydantic": _model("model_dump"),
    "pydantic_v1": _model("dict"),
}
