"""`SqliteSaver`: two tables in a database in memory."""

from __future__ import annotations

import sqlite3
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.reference.savers.entries import put_parent, put_typed


def make() -> SqliteSaver:
    """Return a fresh saver."""
    return SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))


def close(saver: SqliteSaver) -> None:
    """Close the database."""
    saver.conn.close()


def checkpoint(value: Any) -> Any:
    """Return a checkpoint as it was read."""
    return value


def contents(saver: SqliteSaver) -> dict[str, bytes]:
    """Return every byte string it holds, by name."""
    found: dict[str, bytes] = {}
    with saver.cursor(transaction=False) as cursor:
        rows = cursor.execute(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type,"
            " checkpoint, metadata FROM checkpoints"
        )
        for thread, workspace, name, parent, kind, saved, metadata in rows.fetchall():
            put_typed(found, ("checkpoint", thread, workspace, name), (kind, saved))
            put_typed(found, ("metadata", thread, workspace, name), ("json", metadata))
            put_parent(found, (thread, workspace, name), parent)
        rows = cursor.execute(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path,"
            " type, value FROM writes"
        )
        for thread, workspace, name, task, index, channel, path, kind, value in rows.fetchall():
            where = ("write", thread, workspace, name, task, str(index), channel, path)
            put_typed(found, where, (kind, value))
    return found
