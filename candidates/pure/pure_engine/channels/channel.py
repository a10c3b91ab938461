"""What every channel does.

A channel holds one value between supersteps. `update` takes a superstep's writes (none, if nothing
was written), `consume` notes that a task it triggered ran, and `finish` that the run is about to
end; each returns whether the channel changed. `checkpoint` returns what is stored, or `MISSING`,
and `restored` makes a channel from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, Self

from pure_engine.errors import EmptyChannelError

MISSING: Final = object()
"""What an empty channel holds."""

CONCURRENT = "INVALID_CONCURRENT_GRAPH_UPDATE"
"""The code of LangGraph's page on two writes in a superstep where one is allowed."""


class Channel:
    """The base of all channels."""

    __slots__ = ("key", "value")
    tracked: ClassVar[bool] = True
    """Whether the channel and the writes to it are stored."""
    fades: ClassVar[bool] = False
    """Whether a superstep without writes to the channel may drop its value."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.value: Any = MISSING

    def make(self) -> Self:
        """Return an empty channel with the same settings."""
        return type(self)(self.key)

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = self.make()
        twin.value = self.value
        return twin

    def restored(self, checkpoint: Any) -> Self:
        """Return a channel with the same settings and a stored value, or empty if `MISSING`."""
        made = self.make()
        if checkpoint is not MISSING:
            made.value = checkpoint
        return made

    def checkpoint(self) -> Any:
        """Return what is stored of the channel, or `MISSING`."""
        return self.value

    def get(self) -> Any:
        """Return the value, or raise `EmptyChannelError` without one."""
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
