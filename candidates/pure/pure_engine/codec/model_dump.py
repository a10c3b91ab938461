"""What a pydantic model's `model_dump` makes of what its fields hold.

It looks inside values that are no fields of its own: a message's metadata does not come back as it
was put in.
"""

from __future__ import annotations

from typing import Any, cast

from pure_engine.codec.safe_types import SHAPES
from pure_engine.types import Command, DeltaSnapshot, Envelope, Interrupt, Overwrite, record_fields

_KEYWORDS, _MODEL, _ARRAY = 2, 5, 6


def dumped(value: Any) -> Any:
    """Return a value with models and dataclasses as maps, and tuples with names as lists."""
    if isinstance(value, dict):
        return {key: dumped(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [dumped(item) for item in cast("list[Any]", value)]
    if isinstance(value, (Overwrite, Interrupt, Command)):
        return dumped(record_fields(value))
    if isinstance(value, DeltaSnapshot):
        return [dumped(value.value)]
    return _opened(value) if isinstance(value, Envelope) else value


def _opened(value: Envelope) -> Any:
    # An array has a type of numbers and a shape in place of module and name.
    named = value.code != _ARRAY
    shape = SHAPES.get((value.parts[0], value.parts[1])) if named else None
    if shape is not None and (shape.code == _MODEL or shape.dataclass):
        return dumped(value.parts[2])
    if shape is not None and shape.code == _KEYWORDS:
        return dumped([*value.parts[2].values()])
    return value
