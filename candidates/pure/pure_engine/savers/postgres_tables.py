"""The three tables that LangGraph keeps in PostgreSQL, in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from parity_kit.contract import stored_name
from pure_engine.savers.saver import Typed, put_typed

SINCE_BLOBS = 4
"""The checkpoint version from which on sends are no longer stored beside the parent."""

CheckpointKey: TypeAlias = tuple[str, str, str]
"""Thread, namespace and checkpoint id."""
Written: TypeAlias = tuple[str, str, int, Typed, str]
"""A write's channel, task, index, value and path."""


@dataclass(slots=True)
class Row:
    """A checkpoint: its parent's id, and two JSONB columns as text."""

    parent: str | None
    checkpoint: str
    metadata: str


@dataclass(slots=True)
class Tables:
    """Checkpoints, channel values by version, and pending writes."""

    checkpoints: dict[CheckpointKey, Row] = field(default_factory=dict[CheckpointKey, Row])
    blobs: dict[tuple[str, str, str, Any], Typed] = field(
        default_factory=dict[tuple[str, str, str, Any], Typed]
    )
    writes: dict[tuple[str, str, str, str, int], Written] = field(
        default_factory=dict[tuple[str, str, str, str, int], Written]
    )

    def writes_of(self, thread: str, ns: str | None, name: str) -> list[Written]:
        """Return a checkpoint's writes in order; without `ns`, in any namespace."""
        writes = [
            write
            for key, write in self.writes.items()
            if (key[0], key[2]) == (thread, name) and ns in {None, key[1]}
        ]
        return sorted(writes, key=lambda write: (write[4], write[1], write[2]))

    def drop(self, condition: Callable[[tuple[Any, ...]], bool]) -> None:
        """Remove the rows with a matching key from every table."""
        for table in (self.checkpoints, self.blobs, self.writes):
            rows: dict[Any, Any] = table
            for key in [key for key in rows if condition(key)]:
                del rows[key]

    def contents(self) -> dict[str, bytes]:
        """Return everything stored, by name."""
        entries: dict[str, bytes] = {}
        for place, row in self.checkpoints.items():
            put_typed(entries, ("checkpoint", *place), ("json", row.checkpoint.encode()))
            put_typed(entries, ("metadata", *place), ("json", row.metadata.encode()))
            if row.parent:
                entries[stored_name("parent", *place)] = row.parent.encode()
        for key, blob in self.blobs.items():
            put_typed(entries, ("blob", *key), blob)
        for (*place, task, index), (channel, _, _, typed, path) in self.writes.items():
            put_typed(entries, ("write", *place, task, str(index), channel, path), typed)
        return entries
