"""`InMemorySaver`: three dictionaries."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from parity_kit.reference.savers.entries import put_parent, put_typed


def make() -> InMemorySaver:
    """Return a fresh saver."""
    return InMemorySaver()


def close(saver: InMemorySaver) -> None:
    """Hold nothing outside memory."""
    del saver


def checkpoint(value: Any) -> Any:
    """Return a checkpoint as it was read."""
    return value


def contents(saver: InMemorySaver) -> dict[str, bytes]:
    """Return every byte string it holds, by name."""
    found: dict[str, bytes] = {}
    for thread, spaces in saver.storage.items():
        for space, checkpoints in spaces.items():
            for name, (saved, metadata, parent) in checkpoints.items():
                put_typed(found, ("checkpoint", thread, space, name), saved)
                put_typed(found, ("metadata", thread, space, name), metadata)
                put_parent(found, (thread, space, name), parent)
    for (thread, space, channel, version), blob in saver.blobs.items():
        put_typed(found, ("blob", thread, space, channel, str(version)), blob)
    for (thread, space, name), writes in saver.writes.items():
        for (task, index), (_, channel, value, path) in writes.items():
            where = ("write", thread, space, name, task, str(index), channel, path)
            put_typed(found, where, value)
    return found
