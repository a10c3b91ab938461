"""`SqliteSaver`: two tables in a database in memory, or in a file of its own."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.reference.savers.entries import Tables, put_parent, put_typed


def make() -> SqliteSaver:
    """Return a fresh saver."""
    return SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))


def make_in_file() -> SqliteSaver:
    """Return a fresh saver whose database is in a temporary folder."""
    file = Path(tempfile.mkdtemp(prefix="parity-kit-")) / "checkpoints.sqlite"
    return SqliteSaver(sqlite3.connect(file, check_same_thread=False))


def reopened(saver: SqliteSaver) -> Callable[[], SqliteSaver] | None:
    """Return what opens the same database again, if it is in a file."""
    if not (file := _file(saver)):
        return None
    _hurry(saver.conn)

    def opened() -> SqliteSaver:
        connection = sqlite3.connect(file, check_same_thread=False)
        _hurry(connection)
        return SqliteSaver(connection)

    return opened


def _hurry(connection: sqlite3.Connection) -> None:
    """Let the system write to the disk when it likes: processes are killed, not machines."""
    connection.execute("PRAGMA synchronous=OFF")


def _file(saver: SqliteSaver) -> str:
    """Return the database's file, or nothing if it is in memory."""
    ((_, _, file),) = saver.conn.execute("PRAGMA database_list")
    return file


def close(saver: SqliteSaver) -> None:
    """Close the database, and remove its folder if it has one."""
    file = _file(saver)
    saver.conn.close()
    if file:
        shutil.rmtree(Path(file).parent)


def checkpoint(value: Any, saver: object) -> Any:
    """Return a checkpoint as it was read."""
    del saver
    return value


def contents(saver: SqliteSaver) -> dict[str, bytes]:
    """Return all byte strings in a saver, by name."""
    entries: dict[str, bytes] = {}
    with saver.cursor(transaction=False) as cursor:
        rows = cursor.execute(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type,"
            " checkpoint, metadata FROM checkpoints"
        )
        for thread, ns, name, parent, kind, saved, metadata in rows.fetchall():
            put_typed(entries, ("checkpoint", thread, ns, name), (kind, saved))
            put_typed(entries, ("metadata", thread, ns, name), ("json", metadata))
            put_parent(entries, (thread, ns, name), parent)
        rows = cursor.execute(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path,"
            " type, value FROM writes"
        )
        for thread, ns, name, task, index, channel, path, kind, value in rows.fetchall():
            where = ("write", thread, ns, name, task, str(index), channel, path)
            put_typed(entries, where, (kind, value))
    return entries


def load(saver: SqliteSaver, tables: Tables) -> None:
    """Store what `contents` returned."""
    with saver.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id,"
            " parent_checkpoint_id, type, checkpoint, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (*place, tables.parents.get(place), *saved, tables.metadata[place][1])
                for place, saved in tables.checkpoints.items()
            ],
        )
        cursor.executemany(
            "INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_path, task_id, idx,"
            " channel, type, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*place, *write, *value) for (place, *write), value in tables.writes.items()],
        )
