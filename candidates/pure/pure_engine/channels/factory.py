"""Channels from their settings in a subject or a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pure_engine.channels.aggregates import BinaryOperatorAggregate, DeltaChannel
from pure_engine.channels.barriers import NamedBarrierValue, NamedBarrierValueAfterFinish
from pure_engine.channels.channel import Channel
from pure_engine.channels.reducers import REDUCERS, TYPES, Reducer
from pure_engine.channels.values import (
    AnyValue,
    EphemeralValue,
    LastValue,
    LastValueAfterFinish,
    Topic,
    UntrackedValue,
)
from pure_engine.unsupported import check_known, look_up

_SETTINGS = {"class", "type", "reducer", "guard", "accumulate", "names", "snapshot_frequency"}


def make_channel(spec: Mapping[str, Any], key: str) -> Channel:
    """Return the channel that settings describe (docs/contract.md).

    Raises:
        UnsupportedSubjectError: If there is no such class, setting, type or reducer.
    """
    check_known(spec, _SETTINGS, "no channel setting")
    return look_up(_FACTORIES, spec["class"], "channel class")(key, spec)


def empty_maker(name: str) -> Callable[[], Any] | None:
    """Return the function that makes a named type's empty value."""
    return look_up(TYPES, name, "type")


def reducer(name: str) -> Reducer:
    """Return a reducer by its name."""
    return look_up(REDUCERS, name, "reducer")


def _delta(key: str, spec: Mapping[str, Any]) -> Channel:
    return DeltaChannel(
        key,
        empty_maker(spec.get("type", "any")),
        reducer(spec.get("reducer", "add")),
        spec.get("snapshot_frequency", 100),
    )


_FACTORIES: dict[Any, Callable[[str, Mapping[str, Any]], Channel]] = {
    "LastValue": lambda key, _: LastValue(key),
    "LastValueAfterFinish": lambda key, _: LastValueAfterFinish(key),
    "AnyValue": lambda key, _: AnyValue(key),
    "EphemeralValue": lambda key, spec: EphemeralValue(key, guard=spec.get("guard", True)),
    "UntrackedValue": lambda key, spec: UntrackedValue(key, guard=spec.get("guard", True)),
    "Topic": lambda key, spec: Topic(key, accumulate=spec.get("accumulate", False)),
    "BinaryOperatorAggregate": lambda key, spec: BinaryOperatorAggregate(
        key, empty_maker(spec.get("type", "any")), reducer(spec["reducer"])
    ),
    "NamedBarrierValue": lambda key, spec: NamedBarrierValue(key, spec["names"]),
    "NamedBarrierValueAfterFinish": lambda key, spec: NamedBarrierValueAfterFinish(
        key, spec["names"]
    ),
    "DeltaChannel": _delta,
}
