"""What pydantic's `model_dump` makes of a model's fields.

It converts nested values too: a message's metadata may come back as something else.
"""

from __future__ import annotations

from typing import Any, cast

from pure_engine.codec.safe_types import SHAPES
from pure_engine.types import Command, DeltaSnapshot, Envelope, Interrupt, Overwrite, record_fields

_KEYWORDS, _MODEL, _ARRAY = 2, 5, 6


def dumped(value: Any) -> Any:
    """Return a value with models and dataclasses as dictionaries, and named tuples as lists."""
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
    # An array has a dtype and a shape instead of a module and a name.
    named = value.code != _ARRAY
    shape = SHAPES.get((value.parts[0], value.parts[1])) if named else None
    if shape is not None and (shape.code == _MODEL or shape.dataclass):
        return dumped(value.parts[2])
    if shape is not None and shape.code == _KEYWORDS:
        return dumped([*value.parts[2].values()])
    return value
