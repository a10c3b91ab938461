"""The named reducers of docs/programs.md, and the Python types a field may have."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any


def add(left: Any, right: Any) -> Any:
    """Return `left + right`."""
    return left + right


def maximum(left: Any, right: Any) -> Any:
    """Return the larger; `left` if they are equal."""
    return max(left, right)


def minimum(left: Any, right: Any) -> Any:
    """Return the smaller; `left` if they are equal."""
    return min(left, right)


def merge(left: Any, right: Any) -> Any:
    """Return a map with the entries of both, those of `right` winning."""
    return {**left, **right}


def union(left: Any, right: Any) -> Any:
    """Return the elements of both sets."""
    return left | right


def limited(left: Any, right: Any) -> Any:
    """Return `left + right`, or raise if that, or its length, is over 9."""
    total = left + right
    if (total if isinstance(total, (int, float)) else len(total)) > _MOST:
        raise ValueError("too much")
    return total


_MOST = 9


def last(left: Any, right: Any) -> Any:
    """Return `right`."""
    del left
    return right


def first(left: Any, right: Any) -> Any:
    """Return `left`."""
    del right
    return left


def messages(left: Any, right: Any) -> Any:
    """Return a list of messages with those of `right` by id replaced, removed, or appended."""
    from langgraph.graph.message import add_messages  # noqa: PLC0415  # programs are read without it

    return add_messages(left, right)


def messages_delta(state: Any, writes: Any) -> Any:
    """Return messages with a superstep's writes applied: replaced by id, removed, or appended."""
    from langgraph.graph.message import (  # noqa: PLC0415  # programs are read without it
        _messages_delta_reducer,  # pyright: ignore[reportPrivateUsage]  # the one that it brings
    )

    return _messages_delta_reducer(state, writes)


REDUCERS: dict[str, Callable[[Any, Any], Any]] = {
    "add": add,
    "max": maximum,
    "min": minimum,
    "merge": merge,
    "union": union,
    "limited": limited,
    "last": last,
    "first": first,
    "messages": messages,
}

RECORDED = "recorded"
"""The reducer of a recording: what somebody's own reducer gave, call by call."""


def recorded(calls: Sequence[Sequence[Any]]) -> Callable[[Any, Any], Any]:
    """Return a reducer that gives again what it gave for the same values, and raises for others."""

    def recorded(left: Any, right: Any) -> Any:
        for before, written, result in calls:
            if left == before and right == written:
                return copy.deepcopy(result)
        raise RuntimeError(MISS)

    return recorded


MISS = "the recording has no such call"
"""The message of the error where nothing recorded fits."""

BATCH_REDUCERS: dict[str, Callable[[Any, Any], Any]] = {"messages_delta": messages_delta}
"""Reducers of a `DeltaChannel` alone, which take all writes at once."""

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "dict": dict,
    "set": set,
    "bool": bool,
    "any": Any,
    "messages": list,
}
