"""Makes the schemas of a `StateGraph` from a program's fields."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, make_dataclass, replace
from dataclasses import field as default
from typing import Annotated, Any, TypedDict, cast

from langgraph import managed

from parity_kit.programs.model import ROOT, Field, Program, Schema
from parity_kit.programs.reducers import RECORDED, REDUCERS, TYPES, recorded
from parity_kit.reference.channels import make_channel
from parity_kit.reference.hosts import SCHEMAS

_MANAGED: dict[str, Any] = {
    "is_last_step": managed.IsLastStep,
    "remaining_steps": managed.RemainingSteps,
}


@dataclass(frozen=True, slots=True)
class Schemas:
    """A program's schemas, with shared annotations so that LangGraph sees one channel."""

    kind: Schema
    annotations: Mapping[str, Any]

    @classmethod
    def of(cls, program: Program) -> Schemas:
        """Return the schemas of a program."""
        every = {**program.state, **program.private}
        annotations = {name: _annotation(name, field) for name, field in every.items()}
        return cls(program.schema, annotations)

    def make(self, title: str, names: Iterable[str] | None) -> Any:
        """Return the schema with these fields; None for None."""
        if names is None:
            return None
        chosen = {name: self.annotations[name] for name in names}
        return _CLASSES[self.kind](title, chosen)


def context_class(context: Mapping[str, str] | None) -> Any:
    """Return the context schema, a dataclass whose fields have the default None."""
    if context is None:
        return None
    return _dataclass("Context", {name: TYPES[kind] for name, kind in context.items()})


def _annotation(name: str, field: Field) -> Any:
    if field.managed is not None:
        return _MANAGED[field.managed]
    kind = TYPES[field.type]
    if field.channel is not None:
        return Annotated[kind, make_channel({"type": field.type, **field.channel}, name)]
    if field.reducer is None:
        return kind
    of_calls = field.reducer == RECORDED
    return Annotated[kind, recorded(field.calls) if of_calls else REDUCERS[field.reducer]]


def _typed_dict(title: str, annotations: dict[str, Any]) -> Any:
    return TypedDict(title, annotations, total=False)  # pyright: ignore[reportArgumentType, reportUnknownVariableType, reportUnknownArgumentType, reportGeneralTypeIssues]  # a schema made at run time


def _values(state: Any) -> Any:
    """Pickle a state as its values, because no module holds a class made at run time.

    LangGraph's default key of a cache is its input, pickled.
    """
    return dict, (vars(state),)


def _dataclass(title: str, annotations: dict[str, Any]) -> Any:
    parts = [(name, kind, default(default=None)) for name, kind in annotations.items()]
    # LangGraph copies the state for every further task that reads it; a copy keeps its class.
    methods = {"__reduce__": _values, "__copy__": replace}
    made = make_dataclass(title, parts, namespace=methods)
    made.__module__ = SCHEMAS  # Python from 3.12 on puts the caller's there
    return made


def _pydantic(title: str, annotations: dict[str, Any]) -> Any:
    from pydantic import create_model  # noqa: PLC0415  # few programs say pydantic

    parts: Any = {name: (kind, None) for name, kind in annotations.items()}
    # pydantic warns of field names that its models also use, such as `dict`.
    with warnings.catch_warnings(action="ignore"):
        model = cast("Any", create_model)(title, __module__=SCHEMAS, **parts)
    model.__reduce__ = _values
    return model


def _root(title: str, annotations: dict[str, Any]) -> Any:
    del title
    return annotations[ROOT]


_CLASSES = {
    "typed_dict": _typed_dict,
    "dataclass": _dataclass,
    "pydantic": _pydantic,
    "root": _root,
}
