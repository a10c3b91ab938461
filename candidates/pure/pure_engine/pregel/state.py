"""A checkpoint and the channels that were restored from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from pure_engine.channels.channel import MISSING, Channel
from pure_engine.pregel.migration import migrate
from pure_engine.program.model import Program
from pure_engine.savers.saver import Checkpoint

Channels: TypeAlias = dict[str, Channel]


@dataclass(slots=True)
class State:
    """What supersteps read and change: a thread's current checkpoint and its channels.

    `filled` names the channels that may hold a value: of a large graph's, a superstep fills few.
    """

    program: Program
    checkpoint: Checkpoint
    channels: Channels
    namespace: str = ""
    filled: dict[str, None] = field(init=False)

    def __post_init__(self) -> None:
        self.filled = {
            name: None for name, channel in self.channels.items() if channel.is_available()
        }

    @classmethod
    def restored(cls, program: Program, checkpoint: Checkpoint, namespace: str = "") -> Self:
        """Return the state that a checkpoint holds, migrated to today's layout."""
        migrate(program, checkpoint)
        values = checkpoint["channel_values"]
        channels = {
            name: spec.restored(values.get(name, MISSING))
            for name, spec in program.channels.items()
        }
        return cls(program, checkpoint, channels, namespace)

    @property
    def versions(self) -> dict[str, Any]:
        """The version of every channel that was ever written."""
        return self.checkpoint["channel_versions"]

    @property
    def versions_seen(self) -> dict[str, dict[str, Any]]:
        """The versions that each node has seen of the channels that trigger it."""
        return self.checkpoint["versions_seen"]

    def values(self, names: Iterable[str] | str | None = None) -> Any:
        """Return the fields, or some of them, that have a value; of a single name, its value."""
        channels = self.channels
        names = self.program.fields if names is None else names
        if isinstance(names, str):
            return channels[names].get() if channels[names].is_available() else None
        return {name: channels[name].get() for name in names if channels[name].is_available()}

    def read(self, names: Iterable[str] | str, managed: Mapping[str, Any]) -> Any:
        """Return fields as a node reads them, managed ones included; of a single name, its value.

        Without a value, that is `MISSING`.
        """
        if isinstance(names, str):
            channel = self.channels[names]
            return channel.get() if channel.is_available() else MISSING
        values: dict[str, Any] = {}
        for name in names:
            if name in managed:
                values[name] = managed[name]
            elif self.channels[name].is_available():
                values[name] = self.channels[name].get()
        return values
