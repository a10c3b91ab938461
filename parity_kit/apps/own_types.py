"""An application's own types in what is recorded, and why some cannot be."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from parity_kit.contract import Case, Subject
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.msgpack.buildable import BUILDABLE, TypeName, named_types
from parity_kit.msgpack.values import order_sets
from parity_kit.programs.admission import foreign_types
from parity_kit.programs.features import features_of
from parity_kit.programs.own_types import OwnType, is_langgraphs
from parity_kit.reference.native import serializer


class UnfitTypeError(Exception):
    """Values of a type that cannot be recorded; the message says why."""

    def __init__(self, name: TypeName, why: str) -> None:
        super().__init__(f"{'.'.join(name)}, {why}")
        self.name = name


def with_own_types(case: Case) -> Case:
    """Return a case that declares the application's own types whose values it holds.

    Raises:
        UnfitTypeError: If a value of one would not come back from storage as it is.
    """
    names = foreign_types(case)
    if not names:
        return case
    declared = [[*name, _kind(name)] for name in names]
    given = [dict(case.subject.spec), *(dict(operation.args) for operation in case.operations)]
    _check_restored(given, names)
    subject = Subject(case.subject.kind, {**case.subject.spec, "own_types": declared})
    return dataclasses.replace(
        case, subject=subject, features=features_of(subject, case.operations)
    )


def own_types_of(values: Iterable[Plain]) -> list[OwnType]:
    """Return the own types of an application in values, as far as they have a kind."""
    names = named_types([*values]) - BUILDABLE
    kinds = {name: kind_of(application_class(name)) for name in sorted(names)}
    return [(*name, kind) for name, kind in kinds.items() if kind]


def application_class(name: TypeName) -> Any:
    """Return the class of this name in a module that is imported, or None."""
    module, attribute = name
    return getattr(sys.modules.get(module), attribute, None)


def _kind(name: TypeName) -> str:
    if name[0] == "__main__":
        raise UnfitTypeError(name, "a class of the script that runs: move it into a module")
    if is_langgraphs(name[0]):
        raise UnfitTypeError(name, "a type of LangGraph's that is no value of an application")
    found = application_class(name)
    if found is None:
        raise UnfitTypeError(name, "a class that is not at the top of its module")
    if kind := kind_of(found):
        return kind
    what = "which is no dataclass, enumeration, named tuple or model of pydantic"
    raise UnfitTypeError(name, what)


def kind_of(found: object) -> str:
    """Return the kind of a class (`jsonplus._msgpack_default`); nothing if it has none."""
    if not inspect.isclass(found):
        return ""
    for method, kind in _METHODS.items():
        if callable(getattr(found, method, None)):
            return kind
    if issubclass(found, enum.Enum):
        return "enum"
    return "dataclass" if dataclasses.is_dataclass(found) else ""


_METHODS = {"model_dump": "pydantic", "dict": "pydantic_v1", "_asdict": "named_tuple"}


def _check_restored(given: Plain, names: Collection[TypeName]) -> None:
    """Check that LangGraph restores every value of these types to what it stored."""
    restoring = serializer(frozenset(names))
    for data, value in {pack(value): value for value in _values_of(given)}.items():
        if not (own := sorted(named_types(value) & {*names})):
            continue
        kind, again = restoring.dumps_typed(restoring.loads_typed(("msgpack", data)))
        if kind != "msgpack" or order_sets(bytes(again)) != order_sets(data):
            raise UnfitTypeError(own[0], "whose values come back from storage as something else")


def _values_of(value: Any) -> Iterator[Ext]:
    """Yield the typed values in plain data, the outermost ones."""
    if isinstance(value, Ext):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[Any, Any]", value).values():
            yield from _values_of(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from _values_of(item)
