"""What a channel is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, Self

from pure_engine.errors import EmptyChannelError

MISSING: Final = object()
"""What an empty channel holds."""

CONCURRENT = "INVALID_CONCURRENT_GRAPH_UPDATE"
"""The code of LangGraph's page on two writes where one may be."""


class Channel:
    """What all channels share; one that does nothing else keeps no value."""

    __slots__ = ("key", "value")
    tracked: ClassVar[bool] = True
    """Whether the channel and the writes to it are stored."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.value: Any = MISSING

    def make(self) -> Self:
        """Return an empty channel of the same make."""
        return type(self)(self.key)

    def copy(self) -> Self:
        """Return a channel with the same value, which changes on its own."""
        twin = self.make()
        twin.value = self.value
        return twin

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel of the same make with the value that was stored, or `MISSING`."""
        made = self.make()
        if checkpoint is not MISSING:
            made.value = checkpoint
        return made

    def checkpoint(self) -> Any:
        """Return what is stored of the channel, or `MISSING`."""
        return self.value

    def get(self) -> Any:
        """Return the value.

        Raises:
            EmptyChannelError: If there is none.
        """
        if not self.is_available():
            raise EmptyChannelError
        return self.value

    def is_available(self) -> bool:
        """Return whether there is a value."""
        return self.value is not MISSING

    def update(self, values: Sequence[Any]) -> bool:
        """Take a superstep's writes."""
        raise NotImplementedError

    def consume(self) -> bool:
        """Note that a task which the channel triggered ran."""
        return False

    def finish(self) -> bool:
        """Note that the run is about to end."""
        return False
