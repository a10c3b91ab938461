"""State, input, output and context schemas of graph programs as Python classes."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping

from parity_kit.programs.model import Field, Schema
from parity_kit.script.channels import channel_source, reducer_source, type_source
from parity_kit.script.source import Uses

_MANAGED = {"is_last_step": "IsLastStep", "remaining_steps": "RemainingSteps"}
_BASES = {"typed_dict": "TypedDict", "pydantic": "BaseModel"}


def state_class(
    name: str, fields: Mapping[str, Field], schema: Schema, uses: Uses
) -> Iterator[str]:
    """Yield the lines of the class that a state, or a part of it, is declared as."""
    kinds = {each: _annotation(field, uses) for each, field in fields.items()}
    if schema == "typed_dict" and any(map(_odd, kinds)):
        parts = ", ".join(f"{each!r}: {kind}" for each, kind in kinds.items())
        yield f"{name} = {uses('TypedDict')}({name!r}, {{{parts}}}, total=False)"
        return
    if schema == "dataclass":
        yield f"@{uses('dataclass')}"
        yield f"class {name}:"
    else:
        rest = ", total=False" if schema == "typed_dict" else ""
        yield f"class {name}({uses(_BASES[schema])}{rest}):"
    default = "" if schema == "typed_dict" else " = None"
    for each, kind in kinds.items():
        yield f"    {each}: {kind}{default if fields[each].managed is None else ''}"
    if not kinds:
        yield "    pass"


def _odd(name: str) -> bool:
    # A class changes names that begin with two underscores.
    return not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__")


def context_class(types: Mapping[str, str], uses: Uses) -> Iterator[str]:
    """Yield the lines of the context schema."""
    yield f"@{uses('dataclass')}"
    yield "class Context:"
    yield from (f"    {name}: {type_source(kind, uses)} = None" for name, kind in types.items())
    if not types:
        yield "    pass"


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
    return f"{uses('Annotated')}[{kind}, {reducer_source(field.reducer, uses)}]"
