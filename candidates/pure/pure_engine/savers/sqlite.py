"""The saver that keeps checkpoints in SQLite, in LangGraph's tables."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from parity_kit.contract import stored_name
from pure_engine.codec.serializer import dumps, loads
from pure_engine.names import SLOTS
from pure_engine.savers.delta_history import ancestors, history
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
    put_typed,
    slot,
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS checkpoints (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    checkpoint_id TEXT NOT NULL,
    parent_checkpoint_id TEXT,
    type TEXT,
    checkpoint BLOB,
    metadata BLOB,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
);
CREATE TABLE IF NOT EXISTS writes (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    task_path TEXT NOT NULL DEFAULT '',
    idx INTEGER NOT NULL,
    channel TEXT NOT NULL,
    type TEXT,
    value BLOB,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
);
"""
_COLUMNS = (
    "thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata"
)
_WRITE_COLUMNS = (
    "thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value"
)
_FILTER_KEY = re.compile(r"^[a-zA-Z0-9_.-]+$")


class SqliteSaver(Saver):
    """Keeps a whole checkpoint in one row, with its metadata as JSON."""

    def __init__(self, file: str = ":memory:") -> None:
        self.file = file
        self._database = sqlite3.connect(file, check_same_thread=False)
        if self.in_file:  # processes are killed, not machines
            self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_SCHEMA)

    @property
    def in_file(self) -> bool:
        """Whether the database outlives its process."""
        return self.file != ":memory:"

    def reopened(self) -> SqliteSaver:
        """Return a saver on the same file, for another process."""
        return SqliteSaver(self.file)

    def get(self, where: Where) -> Saved | None:
        """Return the checkpoint with an id, or the thread's latest."""
        asked = where.get("checkpoint_id")
        clause = "thread_id = ? AND checkpoint_ns = ?"
        parameters = [str(where["thread_id"]), where.get("checkpoint_ns", "")]
        if asked:
            clause += " AND checkpoint_id = ?"
            parameters.append(asked)
        row = self._database.execute(
            f"SELECT {_COLUMNS} FROM checkpoints WHERE {clause}"  # noqa: S608  # no text of a user's
            " ORDER BY checkpoint_id DESC LIMIT 1",
            parameters,
        ).fetchone()
        if row is None:
            return None
        return self._saved(row, dict(where) if asked else None)

    def _saved(self, row: Sequence[Any], config: dict[str, Any] | None = None) -> Saved:
        thread, ns, name, parent, kind, checkpoint, metadata = row
        return Saved(
            configurable(thread, ns, name) if config is None else config,
            loads(kind, checkpoint),
            json.loads(metadata),
            configurable(thread, ns, parent) if parent else None,
            self._pending(thread, ns, name),
        )

    def _pending(self, thread: str, ns: str, name: str) -> list[PendingWrite]:
        rows = self._database.execute(
            "SELECT task_id, channel, type, value FROM writes"
            " WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?"
            " ORDER BY task_path, task_id, idx",
            (thread, ns, name),
        )
        return [(task, channel, loads(kind, value)) for task, channel, kind, value in rows]

    def list(self, where: Where | None, query: Query = EVERYTHING) -> Iterator[Saved]:
        """Yield the checkpoints of a thread, or all, newest first."""
        clauses: list[str] = []
        parameters: list[Any] = []
        for column in ("thread_id", "checkpoint_ns", "checkpoint_id"):
            value = None if where is None else where.get(column)
            if value is not None and (value or column != "checkpoint_id"):
                clauses.append(f"{column} = ?")
                parameters.append(value)
        for key, value in (query.filter or {}).items():
            clause, parameter = _metadata_clause(key, value)
            clauses.append(clause)
            parameters.append(parameter)
        if query.before is not None:
            clauses.append("checkpoint_id < ?")
            parameters.append(query.before)
        condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        end = "" if query.limit is None else " LIMIT ?"
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM checkpoints{condition} ORDER BY checkpoint_id DESC{end}",  # noqa: S608  # the keys were checked
            parameters if query.limit is None else [*parameters, query.limit],
        )
        for row in rows.fetchall():
            yield self._saved(row)

    def put(
        self, where: Where, checkpoint: Checkpoint, metadata: Any, versions: Versions
    ) -> dict[str, Any]:
        """Store a checkpoint with its values."""
        del versions
        thread, ns, name = where["thread_id"], where["checkpoint_ns"], checkpoint["id"]
        text = json.dumps(full_metadata(where, metadata), ensure_ascii=False)
        self._database.execute(
            f"INSERT OR REPLACE INTO checkpoints ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # no text of a user's
            (
                str(thread),
                ns,
                name,
                where.get("checkpoint_id"),
                *dumps(checkpoint),
                text.encode(errors="ignore"),
            ),
        )
        self._database.commit()
        return configurable(thread, ns, name)

    def put_writes(self, where: Where, writes: Sequence[Write], task: str, path: str = "") -> None:
        """Store a task's writes; those stored before stay, unless all of the new ones have slots.

        LangGraph quirk: the memory saver decides that for each write.
        """
        rows = [
            (
                str(where["thread_id"]),
                str(where["checkpoint_ns"]),
                str(where["checkpoint_id"]),
                task,
                path,
                slot(channel, index),
                channel,
                *dumps(value),
            )
            for index, (channel, value) in enumerate(writes)
        ]
        conflict = "REPLACE" if all(channel in SLOTS for channel, _ in writes) else "IGNORE"
        self._database.executemany(
            f"INSERT OR {conflict} INTO writes ({_WRITE_COLUMNS})"  # noqa: S608  # no text of a user's
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._database.commit()

    def delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        for table in ("checkpoints", "writes"):
            self._database.execute(f"DELETE FROM {table} WHERE thread_id = ?", (str(thread),))  # noqa: S608  # no text of a user's
        self._database.commit()

    def prune(self, threads: Any, strategy: str) -> None:
        """Refuse: this saver cannot prune."""
        raise NotImplementedError

    def delta_history(self, where: Where, channels: Sequence[str]) -> dict[str, Any]:
        """Return the writes and seeds that delta channels are rebuilt from."""
        saved = self.get(where)
        if saved is None:
            return {channel: {"writes": []} for channel in channels}
        # A config may have keys of its own beside these.
        config = saved.config
        thread, ns, name = (config[key] for key in ("thread_id", "checkpoint_ns", "checkpoint_id"))

        def at(name: str) -> Saved:
            saved = self.get(configurable(thread, ns, name))
            if saved is None:
                raise KeyError(name)
            return saved

        def parent_of(name: str) -> str | None:
            parent = at(name).parent
            return None if parent is None else parent["checkpoint_id"]

        return history(
            channels,
            ancestors(name, parent_of),
            lambda name: at(name).checkpoint.get("channel_values") or {},
            lambda name: at(name).pending,
        )

    def contents(self) -> dict[str, bytes]:
        """Return everything stored, by name."""
        entries: dict[str, bytes] = {}
        for row in self._database.execute(f"SELECT {_COLUMNS} FROM checkpoints"):  # noqa: S608  # no text of a user's
            thread, ns, name, parent, kind, checkpoint, metadata = row
            put_typed(entries, ("checkpoint", thread, ns, name), (kind, checkpoint))
            put_typed(entries, ("metadata", thread, ns, name), ("json", metadata))
            if parent:
                entries[stored_name("parent", thread, ns, name)] = parent.encode()
        for row in self._database.execute(f"SELECT {_WRITE_COLUMNS} FROM writes"):  # noqa: S608  # no text of a user's
            thread, ns, name, task, path, index, channel, kind, value = row
            parts = ("write", thread, ns, name, task, str(index), channel, path)
            put_typed(entries, parts, (kind, value))
        return entries

    def load(self, rows: Rows) -> None:
        """Store everything that another saver has stored."""
        for place, (kind, saved) in rows.checkpoints.items():
            metadata = rows.metadata[place][1]
            self._database.execute(
                f"INSERT INTO checkpoints ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # no text of a user's
                (*place, rows.parents.get(place), kind, saved, metadata),
            )
        for (*place, task, index), (channel, path, value) in rows.writes.items():
            self._database.execute(
                f"INSERT INTO writes ({_WRITE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # no text of a user's
                (*place, task, path, index, channel, *value),
            )
        self._database.commit()

    def close(self) -> None:
        """Close the database, and remove its file if it has one."""
        self._database.close()
        if self.in_file:
            shutil.rmtree(Path(self.file).parent)


def in_a_file() -> SqliteSaver:
    """Return a saver whose database is in a temporary folder."""
    return SqliteSaver(str(Path(tempfile.mkdtemp(prefix="pure-")) / "checkpoints.sqlite"))


def _metadata_clause(key: str, value: Any) -> tuple[str, Any]:
    """Return the SQL condition that a metadata key has a value, and its parameter."""
    if not _FILTER_KEY.match(key):
        message = (
            f"Invalid filter key: '{key}'. Filter keys must contain only alphanumeric characters,"
            " underscores, dots, and hyphens."
        )
        raise ValueError(message)
    column = f"json_extract(CAST(metadata AS TEXT), '$.{key}')"
    if value is None:
        return f"{column} IS ?", None
    if isinstance(value, (str, int, float)):
        return f"{column} = ?", value
    if isinstance(value, (dict, list)):
        return f"{column} = ?", json.dumps(value, separators=(",", ":"))
    return f"{column} = ?", str(value)
