"""`InMemorySaver`: three dictionaries."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from parity_kit.reference.savers.entries import Tables, put_parent, put_typed


def make() -> InMemorySaver:
    """Return a fresh saver."""
    return InMemorySaver()


def close(saver: InMemorySaver) -> None:
    """Hold nothing outside memory."""
    del saver


def checkpoint(value: Any, saver: object) -> Any:
    """Return a checkpoint as it was read."""
    del saver
    return value


def contents(saver: InMemorySaver) -> dict[str, bytes]:
    """Return all byte strings in a saver, by name."""
    entries: dict[str, bytes] = {}
    for thread, namespaces in saver.storage.items():
        for ns, checkpoints in namespaces.items():
            for name, (saved, metadata, parent) in checkpoints.items():
                put_typed(entries, ("checkpoint", thread, ns, name), saved)
                put_typed(entries, ("metadata", thread, ns, name), metadata)
                put_parent(entries, (thread, ns, name), parent)
    for (thread, ns, channel, version), blob in saver.blobs.items():
        put_typed(entries, ("blob", thread, ns, channel, str(version)), blob)
    for (thread, ns, name), writes in saver.writes.items():
        for (task, index), (_, channel, value, path) in writes.items():
            where = ("write", thread, ns, name, task, str(index), channel, path)
            put_typed(entries, where, value)
    return entries


def load(saver: InMemorySaver, tables: Tables) -> None:
    """Store what `contents` returned."""
    versions: dict[tuple[str, str, str, str], Any] = {}
    for place, saved in tables.checkpoints.items():
        thread, ns, name = place
        entry = (saved, tables.metadata[place], tables.parents.get(place))
        saver.storage[thread][ns][name] = entry
        for channel, version in saver.serde.loads_typed(saved)["channel_versions"].items():
            versions[thread, ns, channel, str(version)] = version  # old layouts have numbers
    for (*where, version), blob in tables.blobs.items():
        thread, ns, channel = where
        key = versions.get((thread, ns, channel, version), version)
        saver.blobs[thread, ns, channel, key] = blob
    for (place, path, task, index, channel), value in tables.writes.items():
        saver.writes[place][task, index] = (task, channel, value, path)
