"""Channels that fold their writes into one value with a reducer."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, Self, cast

from pure_engine.channels.channel import CONCURRENT, MISSING, Channel
from pure_engine.channels.reducers import Reducer
from pure_engine.errors import InvalidUpdateError, with_guide
from pure_engine.names import OVERWRITE
from pure_engine.types import DeltaSnapshot, Overwrite

_ONE_OVERWRITE = with_guide("Can receive only one Overwrite value per super-step.", CONCURRENT)


class BinaryOperatorAggregate(Channel):
    """The writes folded into one value, starting from the type's empty value."""

    __slots__ = ("reducer", "type")

    def __init__(self, key: str, make_empty: Callable[[], Any] | None, reducer: Reducer) -> None:
        super().__init__(key)
        self.type, self.reducer = make_empty, reducer
        if make_empty is not None:
            self.value = make_empty()

    def make(self) -> Self:
        """Return an empty channel with the same settings."""
        return type(self)(self.key, self.type, self.reducer)

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel with a stored value, which may be a delta channel's snapshot."""
        if isinstance(checkpoint, DeltaSnapshot):
            checkpoint = checkpoint.value
        return super().restored(checkpoint)

    def update(self, values: Sequence[Any]) -> bool:
        """Fold the writes in; an `Overwrite` drops the superstep's writes after it."""
        if not values:
            return False
        if self.value is MISSING:
            self.value, values = values[0], values[1:]
        replaced = False
        for value in values:
            is_overwrite, inside = overwrite_in(value)
            if is_overwrite:
                if replaced:
                    raise InvalidUpdateError(_ONE_OVERWRITE)
                self.value, replaced = inside, True
            elif not replaced:
                self.value = self.reducer(self.value, value)
        return True


def overwrite_in(value: Any) -> tuple[bool, Any]:
    """Return whether a write is an overwrite, in any of its three forms, and its value."""
    if isinstance(value, Overwrite):
        return True, value.value
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value)
        if len(entries) == 1 and OVERWRITE in entries:
            return True, entries[OVERWRITE]
        if entries.get("type") == OVERWRITE and "value" in entries:
            return True, entries["value"]
    return False, None


class DeltaChannel(Channel):
    """The writes folded into one value, which is rebuilt from stored writes and snapshots."""

    __slots__ = ("reducer", "snapshot_frequency", "type")

    def __init__(
        self,
        key: str,
        make_empty: Callable[[], Any] | None,
        reducer: Reducer,
        snapshot_frequency: int = 100,
    ) -> None:
        super().__init__(key)
        if snapshot_frequency <= 0:
            message = f"snapshot_frequency must be a positive int, got {snapshot_frequency}"
            raise ValueError(message)
        self.type, self.reducer = make_empty, reducer
        self.snapshot_frequency = snapshot_frequency

    def make(self) -> Self:
        """Return an empty channel with the same settings."""
        return type(self)(self.key, self.type, self.reducer, self.snapshot_frequency)

    def copy(self) -> Self:
        """Return an independent copy, its value copied too."""
        twin = self.make()
        twin.value = self.value if self.value is MISSING else copy.copy(self.value)
        return twin

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel from a snapshot or a plain value, or with the type's empty value."""
        made = self.make()
        if checkpoint is MISSING or checkpoint is None:
            made.value = self._empty()
        else:
            made.value = checkpoint.value if isinstance(checkpoint, DeltaSnapshot) else checkpoint
        return made

    def checkpoint(self) -> Any:
        """Return `MISSING`: snapshots are up to the loop."""
        return MISSING

    def update(self, values: Sequence[Any]) -> bool:
        """Fold the writes in, or take the only overwrite among them instead."""
        if not values:
            return False
        overwrites = [inside for is_overwrite, inside in map(overwrite_in, values) if is_overwrite]
        if len(overwrites) > 1:
            raise InvalidUpdateError(_ONE_OVERWRITE)
        if overwrites:
            self.value = self._replacement(overwrites[0])
        else:
            base = self._empty() if self.value is MISSING else self.value
            self.value = functools.reduce(self.reducer, values, base)
        return True

    def replay_writes(self, values: Sequence[Any]) -> None:
        """Fold in the writes of earlier supersteps, starting at the last overwrite."""
        base = self.value
        start = 0
        for index, value in enumerate(values):
            is_overwrite, inside = overwrite_in(value)
            if is_overwrite:
                base, start = self._replacement(inside), index + 1
        if values:
            self.value = functools.reduce(self.reducer, values[start:], base)

    def _replacement(self, value: Any) -> Any:
        return self._empty() if value is None else copy.copy(value)

    def _empty(self) -> Any:
        if self.type is None:
            raise TypeError("Any cannot be instantiated")
        return self.type()
