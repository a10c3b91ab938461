"""Channels that wait for several names: an edge from several nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from pure_engine.channels.channel import MISSING, Channel
from pure_engine.errors import InvalidUpdateError


class NamedBarrierValue(Channel):
    """Nothing, until every name has been written."""

    __slots__ = ("expected", "names")

    def __init__(self, key: str, names: Iterable[str]) -> None:
        super().__init__(key)
        self.names = tuple(dict.fromkeys(names))
        self.expected = frozenset(self.names)
        self.value: Any = set[Any]()

    def make(self) -> Self:
        """Return an empty channel with the same settings."""
        return type(self)(self.key, self.names)

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = self.make()
        twin.value = self.value.copy()
        return twin

    def get(self) -> None:
        """Return nothing, once every name has been written."""
        super().get()

    def is_available(self) -> bool:
        """Return whether every name has been written."""
        return self.value == self.expected

    def update(self, values: Sequence[Any]) -> bool:
        """Add names."""
        changed = False
        for value in values:
            if value not in self.expected:
                names = ", ".join(map(repr, self.names))
                message = f"At key '{self.key}': Value {value} not in {{{names}}}"
                raise InvalidUpdateError(message)
            if value not in self.value:
                self.value.add(value)
                changed = True
        return changed

    def consume(self) -> bool:
        """Start over, if every name has been written."""
        if not self.is_available():
            return False
        self.value = set()
        return True


class NamedBarrierValueAfterFinish(NamedBarrierValue):
    """Nothing, until every name has been written and the run is about to end."""

    __slots__ = ("finished",)

    def __init__(self, key: str, names: Iterable[str]) -> None:
        super().__init__(key, names)
        self.finished = False

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel from a stored pair: the names seen, and whether the run was ending."""
        made = self.make()
        if checkpoint is not MISSING:
            made.value, made.finished = checkpoint
        return made

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = super().copy()
        twin.finished = self.finished
        return twin

    def checkpoint(self) -> Any:
        """Return the names seen, and whether the run is ending."""
        return self.value, self.finished

    def is_available(self) -> bool:
        """Return whether every name has been written and the run is ending."""
        return self.finished and super().is_available()

    def consume(self) -> bool:
        """Start over, if every name has been written."""
        changed = super().consume()
        if changed:
            self.finished = False
        return changed

    def finish(self) -> bool:
        """Note that the run is ending."""
        if self.finished or not super().is_available():
            return False
        self.finished = True
        return True
