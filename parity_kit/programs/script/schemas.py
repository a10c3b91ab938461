"""State, input, output and context schemas of graph programs as Python classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from parity_kit.programs.model import ROOT, Field, Schema
from parity_kit.programs.reducers import RECORDED
from parity_kit.programs.script.channels import channel_source, reducer_source, type_source
from parity_kit.programs.script.source import Uses, call, is_attribute, literal, quoted

_MANAGED = {"is_last_step": "IsLastStep", "remaining_steps": "RemainingSteps"}
_BASES = {"typed_dict": "TypedDict", "pydantic": "BaseModel"}


def state_class(
    name: str, fields: Mapping[str, Field], schema: Schema, uses: Uses
) -> Iterator[str]:
    """Yield the lines of the class that declares a state, or a part of it."""
    kinds = {key: _annotation(field, uses) for key, field in fields.items()}
    if schema == "root":
        yield f"{name} = {kinds[ROOT]}"
        return
    if not all(map(is_attribute, kinds)) or (schema != "typed_dict" and _hidden(kinds)):
        yield f"{name} = {_called(name, kinds, schema, uses)}"
        return
    if schema == "dataclass":
        yield f"@{uses('dataclass')}"
        yield f"class {name}:"
    else:
        rest = ", total=False" if schema == "typed_dict" else ""
        yield f"class {name}({uses(_BASES[schema])}{rest}):"
    default = "" if schema == "typed_dict" else " = None"
    yield from (f"    {key}: {kind}{default}" for key, kind in kinds.items())
    if not kinds:
        yield "    pass"


def _called(name: str, kinds: Mapping[str, str], schema: Schema, uses: Uses) -> str:
    """Return the call that makes a class which a class statement cannot express."""
    match schema:
        case "typed_dict":
            parts = ", ".join(f"{quoted(key)}: {kind}" for key, kind in kinds.items())
            return f"{uses('TypedDict')}({quoted(name)}, {{{parts}}}, total=False)"
        case "dataclass":
            parts = ", ".join(f"({quoted(key)}, {kind}, None)" for key, kind in kinds.items())
            return f"{uses('make_dataclass')}({quoted(name)}, [{parts}])"
        case _:
            parts = ", ".join(f"{quoted(key)}: ({kind}, None)" for key, kind in kinds.items())
            return call(uses("create_model"), quoted(name), f"**{{{parts}}}")


def _hidden(kinds: Mapping[str, str]) -> bool:
    """Return whether a field's default would hide what a later annotation names."""
    return any(
        re.search(rf"\b{re.escape(name)}\b", kind) for name in kinds for kind in kinds.values()
    )


def context_class(types: Mapping[str, str], uses: Uses) -> Iterator[str]:
    """Yield the lines of the context schema."""
    fields = {name: Field(kind) for name, kind in types.items()}
    yield from state_class("Context", fields, "dataclass", uses)


def picked(fields: Mapping[str, Field], names: Iterable[str]) -> dict[str, Field]:
    """Return some of the fields."""
    return {name: fields[name] for name in names}


def _annotation(field: Field, uses: Uses) -> str:
    if field.managed is not None:
        return uses(_MANAGED[field.managed])
    kind = type_source(field.type, uses)
    if field.channel is not None:
        channel = channel_source({"type": field.type, **field.channel}, uses)
        return f"{uses('Annotated')}[{kind}, {channel}]"
    if field.reducer is None:
        return kind
    source = reducer_source(field.reducer, uses)
    if field.reducer == RECORDED:
        source += f"({literal([list(call) for call in field.calls], uses)})"
    return f"{uses('Annotated')}[{kind}, {source}]"
