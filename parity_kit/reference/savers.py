"""The saver subject: the in-memory and SQLite savers, and what they hold."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, cast

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Pins,
    Subject,
    Unsupported,
    UnsupportedSubjectError,
    stored_name,
)
from parity_kit.reference.native import Watch, canonical_blob, perform, to_native
from parity_kit.reference.pins import Counter, pinned


def make_saver(name: Any) -> Any:
    """Return a fresh saver, or None for no saver."""
    if name is None:
        return None
    if name == "memory":
        return InMemorySaver()
    if name == "sqlite":
        return SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))
    raise UnsupportedSubjectError(f"no saver {name}")


def close_saver(saver: Any) -> None:
    """Release what a saver holds."""
    if isinstance(saver, SqliteSaver):
        saver.conn.close()


def contents(saver: Any) -> dict[str, bytes]:
    """Return every byte string a saver holds, by name (docs/contract.md)."""
    if isinstance(saver, InMemorySaver):
        return _memory_contents(saver)
    if isinstance(saver, SqliteSaver):
        return _sqlite_contents(saver)
    return {}


def _memory_contents(saver: InMemorySaver) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for thread, spaces in saver.storage.items():
        for space, checkpoints in spaces.items():
            for name, (checkpoint, metadata, parent) in checkpoints.items():
                _put(found, ("checkpoint", thread, space, name), checkpoint)
                _put(found, ("metadata", thread, space, name), metadata)
                if parent:
                    found[stored_name("parent", thread, space, name)] = parent.encode()
    for (thread, space, channel, version), blob in saver.blobs.items():
        _put(found, ("blob", thread, space, channel, str(version)), blob)
    for (thread, space, name), writes in saver.writes.items():
        for (task, index), (_, channel, value, path) in writes.items():
            where = ("write", thread, space, name, task, str(index), channel, path)
            _put(found, where, value)
    return found


def _sqlite_contents(saver: SqliteSaver) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with saver.cursor(transaction=False) as cursor:
        rows = cursor.execute(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type,"
            " checkpoint, metadata FROM checkpoints"
        )
        for thread, space, name, parent, kind, checkpoint, metadata in rows.fetchall():
            _put(found, ("checkpoint", thread, space, name), (kind, checkpoint))
            _put(found, ("metadata", thread, space, name), ("json", metadata))
            if parent:
                found[stored_name("parent", thread, space, name)] = parent.encode()
        rows = cursor.execute(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path,"
            " type, value FROM writes"
        )
        for thread, space, name, task, index, channel, path, kind, value in rows.fetchall():
            where = ("write", thread, space, name, task, str(index), channel, path)
            _put(found, where, (kind, value))
    return found


def _put(found: dict[str, bytes], parts: tuple[str, ...], typed: tuple[str, bytes]) -> None:
    kind, data = typed
    found[stored_name(*parts, kind)] = canonical_blob(kind, bytes(data))


def tuple_to_map(saved: Any) -> Any:
    """Return a `CheckpointTuple` as the contract's map, or None."""
    if saved is None:
        return None
    return {
        "config": public_config(saved.config),
        "checkpoint": saved.checkpoint,
        "metadata": saved.metadata,
        "parent_config": public_config(saved.parent_config),
        "pending_writes": saved.pending_writes,
    }


def public_config(config: Any) -> Any:
    """Return a config's configurable part, without LangGraph's own keys."""
    if config is None:
        return None
    configurable = cast("Mapping[str, Any]", config.get("configurable", {}))
    return {
        "configurable": {
            key: value for key, value in configurable.items() if not key.startswith("__pregel_")
        }
    }


class SaverSession:
    """A saver."""

    def __init__(self, subject: Subject, pins: Pins) -> None:
        self._saver = make_saver(subject.spec["saver"])
        self._counter = Counter(pins)
        self._watch = Watch()

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = getattr(self, f"_{operation.name}", None)
        if act is None:
            return Unsupported(f"saver has no operation {operation.name}")
        args = to_native(operation.args)

        def action(_: list[Event]) -> Any:
            return act(**args)

        with pinned(self._counter):
            return perform(action, lambda: contents(self._saver), self._watch)

    def close(self) -> None:
        """Close the database, if there is one."""
        close_saver(self._saver)

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a call, ready to be timed."""
        act = getattr(self, f"_{operation.name}")
        return functools.partial(act, **to_native(operation.args))

    def _put(
        self,
        thread: str,
        ns: str,
        checkpoint: Any,
        metadata: Any,
        new_versions: Any,
        parent: str | None = None,
    ) -> Any:
        config = _config(thread, ns, parent)
        self._counter.created += 1
        return self._saver.put(config, checkpoint, metadata, new_versions)

    def _put_writes(
        self,
        thread: str,
        ns: str,
        checkpoint_id: str,
        writes: Any,
        task_id: str,
        task_path: str,
    ) -> None:
        config = _config(thread, ns, checkpoint_id)
        self._saver.put_writes(config, [tuple(write) for write in writes], task_id, task_path)

    def _get_tuple(self, thread: str, ns: str, checkpoint_id: str | None = None) -> Any:
        return tuple_to_map(self._saver.get_tuple(_config(thread, ns, checkpoint_id)))

    def _list(
        self,
        thread: str | None = None,
        ns: str | None = None,
        checkpoint_id: str | None = None,
        filter: Any = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> Any:
        config = None if thread is None else _config(thread, ns, checkpoint_id)
        bound = None if before is None else {"configurable": {"checkpoint_id": before}}
        found = self._saver.list(config, filter=filter, before=bound, limit=limit)
        return [tuple_to_map(each) for each in found]

    def _next_version(self, current: str | None = None) -> str:
        return self._saver.get_next_version(current, None)

    def _delete_thread(self, thread: str) -> None:
        self._saver.delete_thread(thread)


def _config(thread: str, ns: str | None, checkpoint_id: str | None) -> Any:
    configurable: dict[str, Any] = {"thread_id": thread}
    if ns is not None:
        configurable["checkpoint_ns"] = ns
    if checkpoint_id is not None:
        configurable["checkpoint_id"] = checkpoint_id
    return {"configurable": configurable}
