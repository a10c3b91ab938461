"""What a saver does, and the values it takes and returns.

A `Where` is what LangGraph calls a config's `configurable`: `thread_id`, `checkpoint_ns` and
`checkpoint_id`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeAlias

from parity_kit.contract import split_stored_name, stored_name
from pure_engine.names import SLOTS

Where: TypeAlias = Mapping[str, Any]
Write: TypeAlias = tuple[str, Any]
"""A channel and a value written to it."""
PendingWrite: TypeAlias = tuple[str, str, Any]
"""A task's id, and a write of the task that is stored but not applied."""
Typed: TypeAlias = tuple[str, bytes]
Checkpoint: TypeAlias = dict[str, Any]
Versions: TypeAlias = Mapping[str, Any]

_NOT_IN_METADATA = frozenset(
    (
        *("thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map", "langgraph_step"),
        *("langgraph_node", "langgraph_triggers", "langgraph_path", "langgraph_checkpoint_ns"),
    )
)


@dataclass(slots=True)
class Saved:
    """A checkpoint as a saver returns it."""

    config: dict[str, Any]
    checkpoint: Checkpoint
    metadata: dict[str, Any]
    parent: dict[str, Any] | None
    pending: list[PendingWrite]


@dataclass(frozen=True, slots=True)
class Query:
    """Which checkpoints to list: those with these metadata, before an id, and how many."""

    filter: Mapping[str, Any] | None = None
    before: str | None = None
    limit: int | None = None


EVERYTHING = Query()


@dataclass(slots=True)
class Rows:
    """What a saver has stored, read from the names of its entries (docs/contract.md)."""

    checkpoints: dict[tuple[str, str, str], Typed] = field(default_factory=dict[Any, Any])
    metadata: dict[tuple[str, str, str], Typed] = field(default_factory=dict[Any, Any])
    parents: dict[tuple[str, str, str], str] = field(default_factory=dict[Any, Any])
    blobs: dict[tuple[str, str, str, str], Typed] = field(default_factory=dict[Any, Any])
    writes: dict[tuple[str, str, str, str, int], tuple[str, str, Typed]] = field(
        default_factory=dict[Any, Any]
    )
    """A channel, a task path and a value, by place, task and index."""

    @classmethod
    def of(cls, stored: Mapping[str, bytes]) -> Self:
        """Sort entries by what they are."""
        rows = cls()
        for name, data in stored.items():
            kind, *where = split_stored_name(name)
            match kind:
                case "write":
                    *place, task, index, channel, path, form = where
                    key: Any = (*place, task, int(index))
                    rows.writes[key] = (channel, path, (form, data))
                case "parent":
                    rows.parents[tuple(where)] = data.decode()  # pyright: ignore[reportArgumentType]  # three parts
                case _:
                    *place, form = where
                    tables = {
                        "checkpoint": rows.checkpoints,
                        "metadata": rows.metadata,
                        "blob": rows.blobs,
                    }
                    table: dict[Any, Typed] = tables[kind]
                    table[tuple(place)] = (form, data)
        return rows


class Saver(Protocol):
    """Keeps checkpoints and pending writes."""

    def get(self, where: Where) -> Saved | None:
        """Return the checkpoint with an id, or the thread's latest."""
        ...

    def list(self, where: Where | None, query: Query = EVERYTHING) -> Iterator[Saved]:
        """Yield the checkpoints of a thread, or all, newest first."""
        ...

    def put(
        self, where: Where, checkpoint: Checkpoint, metadata: Any, versions: Versions
    ) -> dict[str, Any]:
        """Store a checkpoint, whose parent is in `where`; return its location."""
        ...

    def put_writes(self, where: Where, writes: Sequence[Write], task: str, path: str = "") -> None:
        """Store a task's writes beside a checkpoint."""
        ...

    def delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        ...

    def prune(self, threads: Any, strategy: str) -> None:
        """Delete threads, or all but their latest checkpoints; most savers cannot."""
        ...

    def delta_history(self, where: Where, channels: Sequence[str]) -> dict[str, Any]:
        """Return the writes and seeds that delta channels are rebuilt from."""
        ...

    def contents(self) -> dict[str, bytes]:
        """Return everything stored, by name (docs/contract.md)."""
        ...

    def load(self, rows: Rows) -> None:
        """Store everything that another saver of this kind has stored."""
        ...

    def close(self) -> None:
        """Release resources, if there are any."""


def configurable(thread: str, ns: str, checkpoint: str) -> dict[str, Any]:
    """Return a checkpoint's location."""
    return {"thread_id": thread, "checkpoint_ns": ns, "checkpoint_id": checkpoint}


def metadata_only(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries that are metadata, without those that locate a run."""
    return {name: value for name, value in known.items() if name not in _NOT_IN_METADATA}


def with_metadata(where: Where, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return a place with metadata to store there, whose scalars go before the place's own."""
    scalars = metadata_only(metadata).items()
    known = {name: value for name, value in scalars if isinstance(value, (str, int, float))}
    return {**known, **where, **known}


def full_metadata(where: Where, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata as it is stored: without NUL, and with the config's other entries."""
    full = {key: _without_nul(value) for key, value in metadata.items()}
    for key, value in where.items():
        if key in full or key in _NOT_IN_METADATA or key.startswith("__"):
            continue
        if isinstance(value, (str, int, float)):
            full[key] = _without_nul(value)
    return full


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def slot(channel: str, index: int) -> int:
    """Return the index under which a task's write is stored."""
    return SLOTS.get(channel, index)


def put_typed(entries: dict[str, bytes], parts: Sequence[str], typed: Typed) -> None:
    """Add a stored byte string under its name, which ends in its type tag."""
    kind, data = typed
    entries[stored_name(*parts, kind)] = data
