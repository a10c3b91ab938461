"""The saver that keeps checkpoints in memory (`InMemorySaver`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from parity_kit.contract import stored_name
from pure_engine.codec.serializer import dumps, loads
from pure_engine.savers.delta_history import ancestors, history
from pure_engine.savers.saver import (
    EVERYTHING,
    Checkpoint,
    PendingWrite,
    Query,
    Rows,
    Saved,
    Saver,
    Typed,
    Versions,
    Where,
    Write,
    configurable,
    full_metadata,
    put_typed,
    slot,
)

_Entry: TypeAlias = tuple[Typed, Typed, str | None]
_Namespaces: TypeAlias = defaultdict[str, dict[str, _Entry]]
_StoredWrite: TypeAlias = tuple[str, str, Typed, str]


class MemorySaver(Saver):
    """Keeps everything in dictionaries: a channel's value once for each of its versions."""

    def __init__(self) -> None:
        self._threads = defaultdict[str, _Namespaces](lambda: defaultdict(dict))
        self._writes: dict[tuple[str, str, str], dict[tuple[str, int], _StoredWrite]] = {}
        self._blobs: dict[tuple[str, str, str, str], Typed] = {}

    def get(self, where: Where) -> Saved | None:
        """Return the checkpoint with an id, or the thread's latest."""
        thread, ns = where["thread_id"], where.get("checkpoint_ns", "")
        checkpoints = self._threads[thread][ns]
        if asked := where.get("checkpoint_id"):
            if asked not in checkpoints:
                return None
            return self._saved(thread, ns, asked, dict(where))
        if not checkpoints:
            return None
        return self._saved(thread, ns, max(checkpoints))

    def _saved(
        self, thread: str, ns: str, name: str, config: dict[str, Any] | None = None
    ) -> Saved:
        checkpoint, metadata, parent = self._threads[thread][ns][name]
        loaded = loads(*checkpoint)
        values = self._values(thread, ns, loaded["channel_versions"])
        return Saved(
            configurable(thread, ns, name) if config is None else config,
            {**loaded, "channel_values": values},
            loads(*metadata),
            configurable(thread, ns, parent) if parent else None,
            self._pending(thread, ns, name),
        )

    def _values(self, thread: str, ns: str, versions: Mapping[str, Any]) -> dict[str, Any]:
        blobs = {
            channel: self._blobs.get((thread, ns, channel, str(version)), _EMPTY)
            for channel, version in versions.items()
        }
        return {channel: loads(*blob) for channel, blob in blobs.items() if blob[0] != "empty"}

    def _pending(self, thread: str, ns: str, name: str) -> list[PendingWrite]:
        writes = self._writes.get((thread, ns, name), {})
        ordered = sorted(writes.items(), key=lambda item: (item[1][3], *item[0]))
        return [(task, channel, loads(*typed)) for _, (task, channel, typed, _) in ordered]

    def list(self, where: Where | None, query: Query = EVERYTHING) -> Iterator[Saved]:
        """Yield the checkpoints of a thread, or all, newest first."""
        limit, wanted = query.limit, query.filter or {}
        threads = list(self._threads) if where is None else [where["thread_id"]]
        wanted_ns = where and where.get("checkpoint_ns")
        asked = where and where.get("checkpoint_id")
        for thread in threads:
            for ns, checkpoints in self._threads[thread].items():
                if wanted_ns is not None and ns != wanted_ns:
                    continue
                for name in sorted(checkpoints, reverse=True):
                    if (asked and name != asked) or (query.before and name >= query.before):
                        continue
                    metadata = loads(*checkpoints[name][1])
                    if any(value != metadata.get(key) for key, value in wanted.items()):
                        continue
                    if limit is not None:
                        if limit <= 0:
                            break
                        limit -= 1
                    yield self._saved(thread, ns, name)

    def put(
        self, where: Where, checkpoint: Checkpoint, metadata: Any, versions: Versions
    ) -> dict[str, Any]:
        """Store a checkpoint without its values, and the values with a new version."""
        thread, ns = where["thread_id"], where["checkpoint_ns"]
        rest = dict(checkpoint)
        values = rest.pop("channel_values")
        for channel, version in versions.items():
            blob = dumps(values[channel]) if channel in values else _EMPTY
            self._blobs[thread, ns, channel, str(version)] = blob
        name = checkpoint["id"]
        entry = (dumps(rest), dumps(full_metadata(where, metadata)), where.get("checkpoint_id"))
        self._threads[thread][ns][name] = entry
        return configurable(thread, ns, name)

    def put_writes(self, where: Where, writes: Sequence[Write], task: str, path: str = "") -> None:
        """Store a task's writes; one stored before stays, unless it has a slot."""
        key = (where["thread_id"], where.get("checkpoint_ns", ""), where["checkpoint_id"])
        known = frozenset(self._writes.get(key, ()))
        for index, (channel, value) in enumerate(writes):
            at = (task, slot(channel, index))
            if at[1] < 0 or at not in known:
                stored = (task, channel, dumps(value), path)
                self._writes.setdefault(key, {})[at] = stored

    def delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        self._threads.pop(thread, None)
        for held in (self._writes, self._blobs):
            for key in [key for key in held if key[0] == thread]:
                del held[key]  # pyright: ignore[reportArgumentType]  # a key of this very dictionary

    def prune(self, threads: Any, strategy: str) -> None:
        """Refuse: this saver cannot prune."""
        raise NotImplementedError

    def delta_history(self, where: Where, channels: Sequence[str]) -> dict[str, Any]:
        """Return the writes and seeds that delta channels are rebuilt from."""
        thread, ns = where["thread_id"], where.get("checkpoint_ns", "")
        held = self._threads[thread][ns] if thread in self._threads else {}
        return history(
            channels,
            ancestors(
                where.get("checkpoint_id") or max(held, default=""), lambda name: held[name][2]
            ),
            lambda name: self._values(
                thread, ns, loads(*held[name][0]).get("channel_versions", {})
            ),
            lambda name: self._pending(thread, ns, name),
        )

    def contents(self) -> dict[str, bytes]:
        """Return everything stored, by name."""
        entries: dict[str, bytes] = {}
        for thread, namespaces in self._threads.items():
            for ns, checkpoints in namespaces.items():
                for name, (checkpoint, metadata, parent) in checkpoints.items():
                    put_typed(entries, ("checkpoint", thread, ns, name), checkpoint)
                    put_typed(entries, ("metadata", thread, ns, name), metadata)
                    if parent:
                        entries[stored_name("parent", thread, ns, name)] = parent.encode()
        for (thread, ns, channel, version), blob in self._blobs.items():
            put_typed(entries, ("blob", thread, ns, channel, version), blob)
        for (thread, ns, name), writes in self._writes.items():
            for (task, index), (_, channel, typed, path) in writes.items():
                parts = ("write", thread, ns, name, task, str(index), channel, path)
                put_typed(entries, parts, typed)
        return entries

    def load(self, rows: Rows) -> None:
        """Store everything that another saver has stored."""
        for (thread, ns, name), saved in rows.checkpoints.items():
            place = (thread, ns, name)
            entry = (saved, rows.metadata[place], rows.parents.get(place))
            self._threads[thread][ns][name] = entry
        self._blobs.update(rows.blobs)
        for (thread, ns, name, task, index), (channel, path, value) in rows.writes.items():
            writes = self._writes.setdefault((thread, ns, name), {})
            writes[task, index] = (task, channel, value, path)


_EMPTY: Typed = ("empty", b"")
