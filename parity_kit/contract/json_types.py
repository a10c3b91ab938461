"""Whether values from JSON have the types of a dataclass's fields."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints


@functools.cache
def hints(kind: type[Any]) -> Mapping[str, Any]:
    """Return the types of a dataclass's fields."""
    return get_type_hints(kind)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value from JSON has the type of a field."""
    if hint is Any:
        return True
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(fits(value, argument) for argument in arguments)
    if origin is list:
        return isinstance(value, list) and all(
            fits(item, arguments[0]) for item in cast("list[Any]", value)
        )
    if origin is dict:
        entries = cast("dict[str, Any]", value)
        return isinstance(value, dict) and all(
            fits(item, arguments[1]) for item in entries.values()
        )
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint
