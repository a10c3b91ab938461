"""The channel subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity_kit.contract import Operation, Outcome, Subject, Unsupported, stored_name
from pure_engine.channels.aggregates import DeltaChannel
from pure_engine.channels.channel import MISSING
from pure_engine.channels.factory import make_channel
from pure_engine.codec.serializer import dumps, loads
from pure_engine.sessions.session import Session

_KEY = "ch"


class ChannelSession(Session):
    """A channel, and possibly a copy set aside."""

    def __init__(self, subject: Subject) -> None:
        self._channel = make_channel(subject.spec, _KEY)
        self._aside: Any = None
        super().__init__(self._stored)
        self._changes()

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        if operation.name == "replay_writes" and not isinstance(self._channel, DeltaChannel):
            return Unsupported(f"{type(self._channel).__name__} has no operation replay_writes")
        return super().apply(operation)

    def _stored(self) -> Mapping[str, bytes]:
        checkpoint = self._channel.checkpoint()
        if checkpoint is MISSING:
            return {}
        kind, data = dumps(checkpoint)
        return {stored_name("checkpoint", kind): data}

    def do_update(self, values: list[Any]) -> bool:
        """Take a superstep's writes."""
        return self._channel.update(values)

    def do_consume(self) -> bool:
        """Note that a task that the channel triggered ran."""
        return self._channel.consume()

    def do_finish(self) -> bool:
        """Note that the run is about to end."""
        return self._channel.finish()

    def do_get(self) -> Any:
        """Return the value."""
        return self._channel.get()

    def do_is_available(self) -> bool:
        """Return whether there is a value."""
        return self._channel.is_available()

    def do_restore(self) -> None:
        """Restore the channel from its own checkpoint, through bytes."""
        checkpoint = self._channel.checkpoint()
        if checkpoint is not MISSING:
            checkpoint = loads(*dumps(checkpoint))
        self._channel = self._channel.restored(checkpoint)

    def do_load(self, value: Any) -> None:
        """Restore the channel from a checkpoint."""
        self._channel = self._channel.restored(value)

    def do_copy(self) -> None:
        """Set a copy aside."""
        self._aside = self._channel.copy()

    def do_swap(self) -> bool:
        """Swap the channel and its copy."""
        if self._aside is None:
            return False
        self._channel, self._aside = self._aside, self._channel
        return True

    def do_replay_writes(self, writes: list[Any]) -> None:
        """Replay the writes of earlier supersteps."""
        if isinstance(self._channel, DeltaChannel):
            self._channel.replay_writes(writes)
