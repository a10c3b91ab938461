"""The named reducers of docs/programs.md, and the types that a field may have.

They are Python's own operators, so that an update of the wrong type raises Python's own error.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Reducer: TypeAlias = Callable[[Any, Any], Any]


def _merge(left: Any, right: Any) -> Any:
    return {**left, **right}


def _limited(left: Any, right: Any) -> Any:
    total = left + right
    if (total if isinstance(total, (int, float)) else len(total)) > _MOST:
        raise ValueError("too much")
    return total


_MOST = 9

REDUCERS: dict[str, Reducer] = {
    "add": operator.add,
    "max": max,
    "min": min,
    "merge": _merge,
    "union": lambda left, right: left | right,
    "limited": _limited,
    "last": lambda _, right: right,
    "first": lambda left, _: left,
}


def recorded(calls: Sequence[Sequence[Any]]) -> Reducer:
    """Return a reducer that gives again what it gave for the same values."""

    def reduce(left: Any, right: Any) -> Any:
        for before, written, result in calls:
            if left == before and right == written:
                return copy.deepcopy(result)
        raise RuntimeError("the recording has no such call")

    return reduce


TYPES: dict[str, Callable[[], Any] | None] = {
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "dict": dict,
    "set": set,
    "bool": bool,
    "any": None,
}
"""The functions that make the types' empty values; `any` has none."""
