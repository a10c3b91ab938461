"""A channel of an application as a field of the program language."""

from __future__ import annotations

import operator
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from langgraph import channels
from langgraph._internal._typing import MISSING
from langgraph.graph import message
from langgraph.managed.is_last_step import IsLastStepManager, RemainingStepsManager

from parity_kit.apps.calls import Problem
from parity_kit.apps.own_types import own_types_of
from parity_kit.apps.source_places import place_of
from parity_kit.contract.canonical import unpack
from parity_kit.contract.plain import Plain
from parity_kit.programs.own_types import own_type_names
from parity_kit.programs.reducers import RECORDED, REDUCERS, TYPES
from parity_kit.reference.native import serializer, to_plain, typed_bytes
from parity_kit.reference.stand_ins import standing_in

_REDUCERS: dict[Any, str] = {
    operator.add: "add",
    message.add_messages: "messages",
    max: "max",
    min: "min",
}
_MANAGED = {IsLastStepManager: "is_last_step", RemainingStepsManager: "remaining_steps"}
_MOST_CALLS = 200  # of a reducer of the user's own, all of which a recording holds


@dataclass(slots=True)
class ReducerGuess:
    """A reducer of the user's own, and its calls.

    The language may know one that did the same in all of them; else the calls stand for it.
    """

    type: str
    reducer: Callable[[Any, Any], Any]
    calls: dict[tuple[Any, Any], Any] = field(default_factory=dict["tuple[Any, Any]", "Any"])

    def __call__(self, left: Any, right: Any) -> Any:
        """Reduce, and keep what was reduced."""
        before = (typed_bytes(left), typed_bytes(right))  # it may change what it gets
        result = self.reducer(left, right)
        self.calls[before] = typed_bytes(result)
        return result

    def frozen(self) -> dict[str, Any] | Problem:
        """Return the settings of a field whose reducer gives the same in every recorded call."""
        types = own_types_of(self._values())
        with standing_in(types):
            return self._frozen(serializer(own_type_names(types)).loads_typed)

    def _values(self) -> Iterator[Plain]:
        for (left, right), result in self.calls.items():
            parts = (left, right, result)
            yield from (unpack(data) for kind, data in parts if kind == "msgpack")

    def _frozen(self, load: Callable[[tuple[str, bytes]], Any]) -> dict[str, Any] | Problem:
        for name, reducer in REDUCERS.items():
            try:
                if all(
                    typed_bytes(reducer(load(left), load(right))) == result
                    for (left, right), result in self.calls.items()
                ):
                    return {"reducer": name}
            except Exception:  # noqa: BLE001, S112  # a reducer that fails does not do the same
                continue
        if len(self.calls) > _MOST_CALLS:
            where = place_of(self.reducer)
            return Problem(f"a reducer of its own that is called over {_MOST_CALLS} times", where)
        calls = [
            [to_plain(load(part)) for part in (left, right, result)]
            for (left, right), result in self.calls.items()
        ]
        return {"reducer": RECORDED, "calls": calls}


def field_of(channel: Any) -> dict[str, Any] | ReducerGuess | Problem:  # noqa: PLR0911  # a class each
    """Return a field as plain data, or what keeps it from being one."""
    if isinstance(channel, type) and channel in _MANAGED:
        return {"managed": _MANAGED[channel]}
    of_class: Any = channel
    match channel:
        case channels.LastValue():
            return {"type": _type(of_class.typ)}
        case channels.BinaryOperatorAggregate():
            return _reduced(of_class)
        case channels.Topic():
            return _of("Topic", accumulate=of_class.accumulate)
        case channels.EphemeralValue() | channels.UntrackedValue():
            return _of(type(of_class).__name__, guard=of_class.guard)
        case channels.AnyValue() | channels.LastValueAfterFinish():
            return _of(type(of_class).__name__)
        case _:
            delta = getattr(channels, "DeltaChannel", None)
            if delta is not None and isinstance(channel, delta):
                return _delta(channel)
            return Problem(f"a channel of class {type(channel).__qualname__}")


def _of(kind: str, **settings: Any) -> dict[str, Any]:
    return {"channel": {"class": kind, **settings}}


def _type(kind: Any) -> str:
    kind = typing.get_origin(kind) or kind
    names = {value: name for name, value in TYPES.items() if name != "messages"}
    return names.get(kind, "any") if isinstance(kind, type) else "any"


def _reduced(channel: Any) -> dict[str, Any] | ReducerGuess | Problem:
    # What a channel holds before its first write decides what it begins with.
    initial = channel.value
    kind = "any" if initial is MISSING else type(initial).__name__
    if kind not in TYPES or (kind != "any" and initial):
        return Problem(f"a reduced field that begins with {initial!r}")
    reducer = channel.operator
    if isinstance(reducer, ReducerGuess):
        return reducer
    try:
        name = _REDUCERS.get(reducer)
    except TypeError:  # it cannot be hashed
        name = None
    if name is None:
        return ReducerGuess(kind, reducer)
    return {"type": "messages" if name == "messages" else kind, "reducer": name}


def _delta(channel: Any) -> dict[str, Any] | Problem:
    if channel.reducer is getattr(message, "_messages_delta_reducer", None):
        frequency = channel.snapshot_frequency
        made = _of("DeltaChannel", reducer="messages_delta", snapshot_frequency=frequency)
        return {"type": "messages", **made}
    return Problem("a DeltaChannel with a reducer of its own", place_of(channel.reducer))
