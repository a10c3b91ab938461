"""Channels that keep what was written as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self, cast

from pure_engine.channels.channel import CONCURRENT, MISSING, Channel
from pure_engine.errors import InvalidUpdateError, with_guide


class LastValue(Channel):
    """The last value; a superstep may write it once."""

    __slots__ = ()

    def update(self, values: Sequence[Any]) -> bool:
        """Take the one write."""
        if not values:
            return False
        if len(values) > 1:
            message = (
                f"At key '{self.key}': Can receive only one value per step."
                " Use an Annotated key to handle multiple values."
            )
            raise InvalidUpdateError(with_guide(message, CONCURRENT))
        self.value = values[0]
        return True


class LastValueAfterFinish(Channel):
    """The last value, visible only when the run is about to end, and only once."""

    __slots__ = ("finished",)

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.finished = False

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel from a stored pair: the value, and whether it is visible."""
        made = self.make()
        if checkpoint is not MISSING:
            made.value, made.finished = checkpoint
        return made

    def copy(self) -> Self:
        """Return an independent copy."""
        return self.restored(self.checkpoint())

    def checkpoint(self) -> Any:
        """Return the value and whether it is visible."""
        return MISSING if self.value is MISSING else (self.value, self.finished)

    def is_available(self) -> bool:
        """Return whether there is a visible value."""
        return self.finished and self.value is not MISSING

    def update(self, values: Sequence[Any]) -> bool:
        """Take the last write, and hide it."""
        if not values:
            return False
        self.value, self.finished = values[-1], False
        return True

    def consume(self) -> bool:
        """Drop a visible value."""
        if not self.finished:
            return False
        self.value, self.finished = MISSING, False
        return True

    def finish(self) -> bool:
        """Make the value visible."""
        if self.finished or self.value is MISSING:
            return False
        self.finished = True
        return True


class AnyValue(Channel):
    """The last of a superstep's writes; a superstep without writes empties it."""

    __slots__ = ()
    fades = True

    def update(self, values: Sequence[Any]) -> bool:
        """Take the last write, or drop the value."""
        if not values:
            changed = self.value is not MISSING
            self.value = MISSING
            return changed
        self.value = values[-1]
        return True


class _Guarded(Channel):
    """A channel that may accept only one write in a superstep."""

    __slots__ = ("guard",)

    def __init__(self, key: str, *, guard: bool = True) -> None:
        super().__init__(key)
        self.guard = guard

    def make(self) -> Self:
        """Return an empty channel with the same settings."""
        return type(self)(self.key, guard=self.guard)

    def update(self, values: Sequence[Any]) -> bool:
        """Take the last write."""
        if not values:
            return False
        if self.guard and len(values) > 1:
            message = (
                f"At key '{self.key}': {type(self).__name__}(guard=True) can receive only one value"
                " per step. Use guard=False if you want to store any one of multiple values."
            )
            raise InvalidUpdateError(message)
        self.value = values[-1]
        return True


class EphemeralValue(_Guarded):
    """A value for the next superstep only."""

    __slots__ = ()
    fades = True

    def update(self, values: Sequence[Any]) -> bool:
        """Take the last write, or drop the value."""
        if values:
            return super().update(values)
        changed = self.value is not MISSING
        self.value = MISSING
        return changed


class UntrackedValue(_Guarded):
    """A value that is never stored."""

    __slots__ = ()
    tracked = False

    def checkpoint(self) -> Any:
        """Return `MISSING`."""
        return MISSING

    def restored(self, checkpoint: Any) -> Self:
        """Return an empty channel."""
        del checkpoint
        return self.make()


class Topic(Channel):
    """The values written in a superstep, or all so far with `accumulate`; lists are flattened."""

    __slots__ = ("accumulate",)
    fades = True

    def __init__(self, key: str, *, accumulate: bool = False) -> None:
        super().__init__(key)
        self.accumulate = accumulate
        self.value: list[Any] = []

    def make(self) -> Self:
        """Return an empty channel with the same settings."""
        return type(self)(self.key, accumulate=self.accumulate)

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = self.make()
        twin.value = self.value.copy()
        return twin

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel with stored values; old threads hold them in a pair."""
        return super().restored(checkpoint[1] if isinstance(checkpoint, tuple) else checkpoint)

    def get(self) -> list[Any]:
        """Return a list of the values."""
        return list(super().get())

    def is_available(self) -> bool:
        """Return whether there are values."""
        return bool(self.value)

    def update(self, values: Sequence[Any]) -> bool:
        """Add the writes, after dropping earlier ones unless they accumulate."""
        changed = False
        if not self.accumulate:
            changed, self.value = bool(self.value), []
        added = list(_flat(values))
        if added:
            self.value.extend(added)
        return changed or bool(added)


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from cast("list[Any]", value)
        else:
            yield value
