"""Calls as the bodies and expressions of a program: when the input equals this, do that.

Calls with one input share what they did in common. Where they go on differently, answers,
attempts, threads and at last the number of the visit tell them apart, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar, assert_never

from parity_kit.apps.calls import (
    Action,
    Asked,
    Call,
    Emitted,
    Ending,
    Failed,
    Interrupted,
    Put,
    Result,
    Routing,
)
from parity_kit.contract.canonical import unpack
from parity_kit.contract.plain import Plain
from parity_kit.programs.reducers import MISS

T = TypeVar("T")
Body: TypeAlias = list[Any]

_MISS: Plain = {"raise": {"type": "RuntimeError", "message": MISS}}
_TELL_APART: Sequence[tuple[Plain, Callable[[Call], Plain]]] = (
    ({"info": "attempt"}, lambda call: call.attempt),
    ({"info": "thread_id"}, lambda call: call.thread),
    ({"visits": None}, lambda call: call.visit),
)


def body_of(calls: Iterable[Call]) -> Body:
    """Return the body of a node that does again what it did in these calls."""
    whens = [
        _when({"input": None}, {"lit": unpack(value)}, _rest(group, 0))
        for value, group in _grouped(calls, lambda call: call.input)
    ]
    return [*whens, _MISS]


def route_of(routings: Iterable[Routing]) -> Plain:
    """Return the expression of a router.

    Raises:
        ValueError: If it gave two results for one state.
    """
    expression: Plain = MISS
    for value, group in reversed(_grouped(routings, lambda routing: routing.input)):
        results = {routing.result for routing in group}
        if len(results) > 1:
            raise ValueError("two results for one state")
        condition: Plain = {"eq": [{"input": None}, {"lit": unpack(value)}]}
        expression = {"if": [condition, unpack(results.pop()), expression]}
    return expression


def _rest(calls: Sequence[Call], index: int) -> Body:  # noqa: PLR0911  # an action each
    """Return the instructions from the `index`-th action on, up to which all calls did the same."""
    heads = {_head(call, index) for call in calls}
    if len(heads) > 1:
        return _told_apart(calls, index)
    (head,) = heads
    match head:
        case Asked(value=value):
            return _asked(calls, index, value)
        case Emitted(value):
            return [{"emit": {"lit": unpack(value)}}, *_rest(calls, index + 1)]
        case Put(namespace, key, value):
            where: list[Any] = [list(namespace), key]
            put: Plain = (
                {"store_delete": where}
                if value is None
                else {"store_put": [*where, {"lit": unpack(value)}]}
            )
            return [put, *_rest(calls, index + 1)]
        case Result(expression):
            return [{"return": unpack(expression)}]
        case Failed(type, message):
            return [{"raise": {"type": type, "message": message}}]
        case Interrupted():
            return []  # it asks and has no answer
        case _:
            assert_never(head)


def _head(call: Call, index: int) -> Action | Ending:
    """Return what a call did next; the answer to a question is not part of it."""
    if index == len(call.actions):
        return call.ending
    action = call.actions[index]
    return Asked(action.value, None) if isinstance(action, Asked) else action


def _asked(calls: Sequence[Call], index: int, value: bytes) -> Body:
    def answer(call: Call) -> bytes | None:
        action = call.actions[index]
        return action.answer if isinstance(action, Asked) else None

    name = f"answer_{index}"
    asked: Body = [{"let": {name: {"interrupt": {"lit": unpack(value)}}}}]
    for given, group in _grouped(calls, answer):
        if given is not None:
            asked.append(_when({"var": name}, {"lit": unpack(given)}, _rest(group, index + 1)))
    return asked


def _told_apart(calls: Sequence[Call], index: int) -> Body:
    for expression, key in _TELL_APART:
        groups = _grouped(calls, key)
        if len(groups) > 1:
            return [_when(expression, value, _rest(group, index)) for value, group in groups]
    raise AssertionError("two calls have one visit")


def _when(expression: Plain, value: Plain, body: Body) -> Plain:
    return {"when": [{"eq": [expression, value]}, body]}


def _grouped(items: Iterable[T], key: Callable[[T], Any]) -> list[tuple[Any, list[T]]]:
    """Return the items with each key, in the order in which keys first came."""
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())
