"""The saver for PostgreSQL, without a server: its tables are in memory.

A checkpoint is JSONB. It holds the channels' values that are text, numbers, bools or null; every
other value is a blob, stored once for each of its versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pure_engine.codec.serializer import dumps, loads
from pure_engine.errors import ServerError
from pure_engine.names import SLOTS, TASKS
from pure_engine.savers.delta_history import ancestors, history
from pure_engine.savers.postgres_jsonb import as_text, checked, contains, exact, order
from pure_engine.savers.postgres_pruning import keep_latest, refuse_delta_channels
from pure_engine.savers.postgres_tables import SINCE_BLOBS, CheckpointKey, Row, Tables, Written
from pure_engine.savers.saver import (
    EVERYTHING,
    Checkpoint,
    PendingWrite,
    Query,
    Rows,
    Saved,
    Saver,
    Versions,
    Where,
    Write,
    configurable,
    full_metadata,
    slot,
)
from pure_engine.types import DeltaSnapshot


class PostgresSaver(Saver):
    """Keeps checkpoints as JSONB, and values that are not scalars as blobs."""

    def __init__(self, first_version: Callable[[], str]) -> None:
        self._tables = Tables()
        self._first_version = first_version

    def get(self, where: Where) -> Saved | None:
        """Return the checkpoint with an id, or the thread's latest."""
        key = self._find(where)
        if key is None:
            return None
        parent = self._old_parent(key)
        return self._saved(key, self._sends(key[0], parent) if parent else [])

    def _find(self, where: Where) -> CheckpointKey | None:
        thread, ns = where["thread_id"], where.get("checkpoint_ns", "")
        names = [key[2] for key in self._tables.checkpoints if key[:2] == (thread, ns)]
        name = where.get("checkpoint_id") or max(names, default=None)
        return (thread, ns, name) if name in names else None

    def _old_parent(self, key: CheckpointKey) -> str | None:
        """Return the parent of a checkpoint so old that its sends are stored beside the parent."""
        row = self._tables.checkpoints[key]
        return row.parent if exact(row.checkpoint)["v"] < SINCE_BLOBS and row.parent else None

    def _sends(self, thread: str, name: str) -> list[Any]:
        # LangGraph quirk: it reads the sends of every namespace.
        writes = self._tables.writes_of(thread, None, name)
        return [loads(*write[3]) for write in writes if write[0] == TASKS]

    def _saved(self, key: CheckpointKey, sends: list[Any]) -> Saved:
        row = self._tables.checkpoints[key]
        saved: dict[str, Any] = json.loads(row.checkpoint)
        versions = saved.get("channel_versions", {})
        values: dict[str, Any] = {
            **(saved.get("channel_values") or {}),
            **self._blobs(key, versions),
        }
        if sends:
            values[TASKS] = loads(*dumps(sends))
            versions[TASKS] = max(versions.values()) if versions else self._first_version()
        in_order = {channel: values[channel] for channel in sorted(values, key=order)}
        return Saved(
            configurable(*key),
            {**saved, "channel_values": in_order},
            json.loads(row.metadata),
            configurable(*key[:2], row.parent) if row.parent else None,
            [_pending(write) for write in self._tables.writes_of(*key)],
        )

    def _blobs(self, key: CheckpointKey, versions: Mapping[str, Any]) -> dict[str, Any]:
        blobs = {
            channel: self._tables.blobs.get((*key[:2], channel, as_text(version)))
            for channel, version in versions.items()
        }
        return {channel: loads(*blob) for channel, blob in blobs.items() if blob is not None}

    def list(self, where: Where | None, query: Query = EVERYTHING) -> Iterator[Saved]:
        """Yield the checkpoints of a thread, or all, newest first."""
        asked: Mapping[str, Any] = {} if where is None else where
        part: Any = exact(checked(json.dumps(query.filter))) if query.filter else {}
        if query.limit is not None and query.limit < 0:
            raise ServerError("2201W", "LIMIT must not be negative")
        keys = [
            key
            for key, row in self._tables.checkpoints.items()
            if asked.get("thread_id") in {None, key[0]}
            and asked.get("checkpoint_ns") in {None, key[1]}
            and (asked.get("checkpoint_id") or key[2]) == key[2]
            and (query.before is None or key[2] < query.before)
            and contains(exact(row.metadata), part)
        ]
        keys = sorted(keys, key=lambda key: key[2], reverse=True)[: query.limit]
        for key in keys:
            parent = self._old_parent(key)
            # LangGraph quirk: it reads the sends of the first row's thread for every row.
            yield self._saved(key, self._sends(keys[0][0], parent) if parent else [])

    def put(
        self, where: Where, checkpoint: Checkpoint, metadata: Any, versions: Versions
    ) -> dict[str, Any]:
        """Store a checkpoint, and its values that are new and not scalars."""
        key = (where["thread_id"], where["checkpoint_ns"], checkpoint["id"])
        values = checkpoint["channel_values"]
        outside = {channel: value for channel, value in values.items() if not _is_inline(value)}
        inside = {
            channel: isinstance(value, DeltaSnapshot) or value
            for channel, value in values.items()
            if channel not in outside or isinstance(value, DeltaSnapshot)
        }
        full = full_metadata(where, metadata)
        full.pop("writes", None)
        blobs = {
            (*key[:2], channel, _version(version)): dumps(outside[channel])
            for channel, version in versions.items()
            if channel in outside
        }
        try:
            texts = [
                json.dumps(value) for value in ({**checkpoint, "channel_values": inside}, full)
            ]
        except (TypeError, ValueError):
            self._keep_blobs(blobs)  # LangGraph quirk: blobs are stored before the rest fails
            raise
        row = Row(where.get("checkpoint_id"), *map(checked, texts))
        self._keep_blobs(blobs)
        if key in self._tables.checkpoints:
            row.parent = self._tables.checkpoints[key].parent
        self._tables.checkpoints[key] = row
        return configurable(*key)

    def _keep_blobs(self, blobs: Mapping[Any, Any]) -> None:
        self._tables.blobs = {**blobs, **self._tables.blobs}

    def put_writes(self, where: Where, writes: Sequence[Write], task: str, path: str = "") -> None:
        """Store a task's writes; those stored before stay, unless all new ones have slots."""
        at = (where["thread_id"], where["checkpoint_ns"], where["checkpoint_id"])
        replace = all(channel in SLOTS for channel, _ in writes)
        rows = [
            (channel, slot(channel, at), dumps(value)) for at, (channel, value) in enumerate(writes)
        ]
        for channel, index, typed in rows:
            key = (*at, task, index)
            there = self._tables.writes.get(key)
            if there is None:
                self._tables.writes[key] = (channel, task, index, typed, path)
            elif replace:
                self._tables.writes[key] = (channel, task, index, typed, there[4])

    def delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        self._tables.drop(lambda key: key[0] == thread)

    def prune(self, threads: Any, strategy: str) -> None:
        """Delete threads, or all but their latest checkpoints."""
        if isinstance(threads, str):
            raise TypeError("thread_ids must be a sequence of thread IDs, not a str")
        if strategy not in {"keep_latest", "delete"}:
            message = f"Unknown prune strategy: {strategy!r}"
            raise ValueError(message)
        if strategy == "delete":
            self._tables.drop(lambda key: key[0] in threads)
            return
        refuse_delta_channels(self._tables, threads)
        for thread in threads:
            keep_latest(self._tables, thread)

    def delta_history(self, where: Where, channels: Sequence[str]) -> dict[str, Any]:
        """Return the writes and seeds that delta channels are rebuilt from."""
        key = self._find(where)
        if key is None:
            return {channel: {"writes": []} for channel in channels}
        place_of: Callable[[str], CheckpointKey] = lambda name: (*key[:2], name)  # noqa: E731  # typed for `parent_of` and `history`

        def parent_of(name: str) -> str | None:
            if name > key[2]:
                raise KeyError(
                    name
                )  # LangGraph quirk: only ids smaller than the checkpoint's count as ancestors
            return self._tables.checkpoints[place_of(name)].parent

        return history(
            channels,
            ancestors(key[2], parent_of),
            lambda name: self._held(place_of(name)),
            lambda name: [_pending(write) for write in self._tables.writes_of(*place_of(name))],
        )

    def _held(self, key: CheckpointKey) -> dict[str, Any]:
        saved = json.loads(self._tables.checkpoints[key].checkpoint)
        inline = {
            name: value for name, value in saved["channel_values"].items() if value is not None
        }
        return {**inline, **self._blobs(key, saved.get("channel_versions", {}))}

    def contents(self) -> dict[str, bytes]:
        """Return everything stored, by name."""
        return self._tables.contents()

    def load(self, rows: Rows) -> None:
        """Store everything that another saver has stored."""
        for place, (_, saved) in rows.checkpoints.items():
            metadata = rows.metadata[place][1].decode()
            row = Row(rows.parents.get(place), saved.decode(), metadata)
            self._tables.checkpoints[place] = row
        self._tables.blobs.update(rows.blobs)
        for key, (channel, path, value) in rows.writes.items():
            *_, task, index = key
            self._tables.writes[key] = (channel, task, index, value, path)


def _is_inline(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _version(version: Any) -> str:
    """Return a version as text, as the server formats a number."""
    return str(int(version) if isinstance(version, float) and version.is_integer() else version)


def _pending(write: Written) -> PendingWrite:
    channel, task, _, typed, _ = write
    return task, channel, loads(*typed)
