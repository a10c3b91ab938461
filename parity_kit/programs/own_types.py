"""An application's own types in the values of a recorded graph: module, name and kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias, cast

from parity_kit.contract import Subject
from parity_kit.contract.errors import BadProgramError
from parity_kit.msgpack.buildable import BUILDABLE, TypeName
from parity_kit.programs import rules

OwnType: TypeAlias = tuple[str, str, str]
"""A module, a name in it, and one of `KINDS`."""

KINDS = ("dataclass", "enum", "named_tuple", "pydantic", "pydantic_v1")
"""LangGraph stores an enum's value, and the fields of the other kinds."""


def own_types(subject: Subject) -> tuple[OwnType, ...]:
    """Return the types that a graph's case declares."""
    declared = cast("Sequence[Sequence[str]]", subject.spec.get("own_types", ()))
    return tuple((module, name, kind) for module, name, kind in declared)


def own_type_names(types: Collection[OwnType]) -> frozenset[TypeName]:
    """Return the modules and names of types."""
    return frozenset((module, name) for module, name, _ in types)


def is_langgraphs(module: str) -> bool:
    """Return whether a module is LangGraph's, which acts on its types itself."""
    return module.partition(".")[0] == "langgraph"


def check_own_types(given: Any) -> None:
    """Check the types that a graph's case declares.

    Raises:
        BadProgramError: Naming what is wrong.
    """
    where = "graph.own_types"
    for item in rules.items(given, where):
        module, name, kind = rules.items(item, where, 3, "a type is [module, name, kind]")
        rules.text(module, where)
        rules.text(name, where)
        rules.one_of(kind, KINDS, where, "kind of type")
        if (module, name) in BUILDABLE or is_langgraphs(module):
            raise BadProgramError(f"{module}.{name} is no application's own type", where=where)
