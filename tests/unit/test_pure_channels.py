"""The pure engine's channels: what each class keeps, refuses and stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pure_engine.channels.aggregates import BinaryOperatorAggregate, DeltaChannel
from pure_engine.channels.barriers import NamedBarrierValue, NamedBarrierValueAfterFinish
from pure_engine.channels.channel import MISSING, Channel
from pure_engine.channels.reducers import REDUCERS
from pure_engine.channels.values import (
    AnyValue,
    EphemeralValue,
    LastValue,
    LastValueAfterFinish,
    Topic,
    UntrackedValue,
)
from pure_engine.errors import EmptyChannelError, InvalidUpdateError
from pure_engine.types import DeltaSnapshot, Overwrite


def after(channel: Channel, *supersteps: Sequence[Any]) -> Any:
    for values in supersteps:
        channel.update(values)
    return channel.get() if channel.is_available() else MISSING


def total() -> BinaryOperatorAggregate:
    return BinaryOperatorAggregate("sum", int, REDUCERS["add"])


def log() -> DeltaChannel:
    return DeltaChannel("log", list, REDUCERS["add"])


@pytest.mark.parametrize(
    ("channel", "supersteps", "expected"),
    [
        (LastValue("k"), [[1], []], 1),
        (AnyValue("k"), [[1, 2]], 2),
        (AnyValue("k"), [[1], []], MISSING),
        (EphemeralValue("k"), [[1], []], MISSING),
        (EphemeralValue("k", guard=False), [[1, 2]], 2),
        (UntrackedValue("k"), [[1], []], 1),
        (Topic("k"), [[1, [2, 3]]], [1, 2, 3]),
        (Topic("k"), [[1], []], MISSING),
        (Topic("k", accumulate=True), [[1], [], [[2]]], [1, 2]),
        (total(), [], 0),
        (total(), [[1, 2], [3]], 6),
        (total(), [[1, Overwrite(7), 2]], 7),
        (total(), [[{"__overwrite__": 7}], [1]], 8),
        (BinaryOperatorAggregate("k", None, REDUCERS["max"]), [[3, 9, 4]], 9),
        (log(), [[[1], [2]], [[3]]], [1, 2, 3]),
        (log(), [[[1]], [[2], Overwrite(None)]], []),
        (NamedBarrierValue("k", "ab"), [["a"], ["b", "a"]], None),
        (NamedBarrierValue("k", "ab"), [["a"]], MISSING),
        (NamedBarrierValueAfterFinish("k", "a"), [["a"]], MISSING),
        (LastValueAfterFinish("k"), [[1, 2]], MISSING),
    ],
)
def test_a_channel_holds_what_its_class_makes_of_the_writes(
    channel: Channel, supersteps: list[list[Any]], expected: Any
) -> None:
    assert after(channel, *supersteps) == expected


@pytest.mark.parametrize(
    ("channel", "values", "message"),
    [
        (
            LastValue("k"),
            [1, 2],
            "At key 'k': Can receive only one value per step. Use an Annotated",
        ),
        (
            EphemeralValue("k"),
            [1, 2],
            "At key 'k': EphemeralValue(guard=True) can receive only one",
        ),
        (
            UntrackedValue("k"),
            [1, 2],
            "At key 'k': UntrackedValue(guard=True) can receive only one",
        ),
        (total(), [Overwrite(1), Overwrite(2)], "Can receive only one Overwrite value per super-"),
        (log(), [Overwrite([]), Overwrite([])], "Can receive only one Overwrite value per super-"),
        (NamedBarrierValue("k", "ba"), ["c"], "At key 'k': Value c not in {'b', 'a'}"),
    ],
)
def test_writes_that_a_channel_cannot_take_are_refused(
    channel: Channel, values: list[Any], message: str
) -> None:
    with pytest.raises(InvalidUpdateError) as raised:
        channel.update(values)
    assert str(raised.value).startswith(message)


def test_a_reducers_error_is_pythons_own() -> None:
    with pytest.raises(
        TypeError, match=r"^unsupported operand type\(s\) for \+: 'int' and 'list'$"
    ):
        total().update([[1]])


def test_a_value_after_finish_is_seen_once() -> None:
    channel = LastValueAfterFinish("k")
    channel.update([1])
    assert not channel.consume()
    assert channel.finish()
    assert channel.get() == 1
    assert channel.consume()
    assert channel.checkpoint() is MISSING


def test_a_barrier_begins_again_when_it_was_passed() -> None:
    channel = NamedBarrierValueAfterFinish("k", "ab")
    channel.update(["a", "b"])
    assert (channel.is_available(), channel.finish(), channel.is_available()) == (False, True, True)
    assert channel.consume()
    assert channel.checkpoint() == (set(), False)


@pytest.mark.parametrize(
    "channel", [LastValue("k"), Topic("k"), NamedBarrierValue("k", "a"), log()]
)
def test_reading_an_empty_channel_raises_without_a_message(channel: Channel) -> None:
    with pytest.raises(EmptyChannelError) as raised:
        channel.get()
    assert not str(raised.value)


def test_a_copy_changes_on_its_own() -> None:
    channel = Topic("k", accumulate=True)
    channel.update([1])
    twin = channel.copy()
    channel.update([2])
    assert (channel.get(), twin.get()) == ([1, 2], [1])


def test_only_snapshots_are_stored_of_a_delta_channel() -> None:
    channel = log()
    channel.update([[1]])
    assert channel.checkpoint() is MISSING
    again = channel.restored(DeltaSnapshot([1]))
    again.replay_writes([[2], Overwrite([3]), [4]])
    assert again.get() == [3, 4]


def test_nothing_is_stored_of_an_untracked_value() -> None:
    channel = UntrackedValue("k")
    channel.update([1])
    assert channel.checkpoint() is MISSING
    assert not channel.restored(1).is_available()
