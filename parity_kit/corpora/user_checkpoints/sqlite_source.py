"""Checkpoints in a SQLite file (`langgraph.checkpoint.sqlite`), which is not touched.

A database in WAL mode, as LangGraph's are, cannot be opened read-only without SQLite making two
files beside it, unless it is opened as immutable. That is done where no `-wal` file shows that
somebody has it open; afterwards a check makes sure that nobody changed it meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.corpora.user_checkpoints.source import Selection, Source, StoredValue, check_threads

_COLUMNS = {
    "checkpoints": (
        "thread_id",
        "checkpoint_ns",
        "checkpoint_id",
        "type",
        "checkpoint",
        "metadata",
    ),
    "writes": (
        *("thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx", "channel"),
        *("type", "value"),
    ),
}
_MADE_BY = "LangGraph's SqliteSaver makes them: langgraph-checkpoint-sqlite 2 and later"
_SOME = 5


class SqliteSource:
    """An open database."""

    kind = "sqlite"

    def __init__(self, database: sqlite3.Connection, selection: Selection, where: str) -> None:
        self._database = database
        self._where = where
        columns = _check_tables(database, where)
        self._path = "task_path" if "task_path" in columns else "''"
        check_threads(selection.threads, self._threads(selection.threads), where=where)
        self._chosen, self._parameters = _chosen(selection)

    def _threads(self, wanted: tuple[str, ...]) -> list[str]:
        query = "SELECT 1 FROM checkpoints WHERE thread_id = ? LIMIT 1"
        present = [name for name in wanted if self._database.execute(query, (name,)).fetchone()]
        if len(present) == len(wanted):
            return present
        some = self._database.execute(
            "SELECT DISTINCT thread_id FROM checkpoints LIMIT ?", (_SOME,)
        )
        return [*present, *(str(name) for (name,) in some)]

    def count(self) -> int:
        """Return how many checkpoints are selected."""
        query = f"SELECT count(*) FROM ({self._chosen})"  # noqa: S608  # no text of a user's
        return int(self._database.execute(query, self._parameters).fetchone()[0])

    def values(self) -> Iterator[StoredValue]:
        """Yield the checkpoints with their metadata, then the writes."""
        try:
            yield from self._checkpoints()
            yield from self._writes()
        except sqlite3.DatabaseError as error:
            raise BadFileError(f"cannot be read on: {error}", where=self._where) from error

    def _checkpoints(self) -> Iterator[StoredValue]:
        rows = self._rows(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, metadata"
            " FROM checkpoints"
        )
        for thread, workspace, name, kind, checkpoint, metadata in rows:
            place = (str(thread), str(workspace), str(name))
            yield StoredValue(("checkpoint", *place), kind or "msgpack", _bytes(checkpoint))
            if metadata is not None:
                yield StoredValue(("metadata", *place), "json", _bytes(metadata))

    def _writes(self) -> Iterator[StoredValue]:
        rows = self._rows(
            f"SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, {self._path},"  # noqa: S608  # a column's name, or none
            " type, value FROM writes"
        )
        for *place, kind, value in rows:
            yield StoredValue(("write", *map(str, place)), kind or "null", _bytes(value))

    def _rows(self, query: str) -> Iterator[Any]:
        keys = "thread_id, checkpoint_ns, checkpoint_id"
        if self._parameters:
            query += f" WHERE ({keys}) IN ({self._chosen})"
        # In the order of the primary key: SQLite walks its index and sorts nothing.
        return iter(self._database.execute(f"{query} ORDER BY {keys}", self._parameters))


def _chosen(selection: Selection) -> tuple[str, list[Any]]:
    """Return the query for the keys of the selected checkpoints, and its parameters."""
    query = "SELECT thread_id, checkpoint_ns, checkpoint_id FROM checkpoints"
    parameters: list[Any] = list(selection.threads)
    if selection.threads:
        query += f" WHERE thread_id IN ({', '.join('?' * len(selection.threads))})"
    if selection.limit is not None:
        query += " ORDER BY checkpoint_id DESC LIMIT ?"
        parameters.append(selection.limit)
    return query, parameters


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value or b"")


def _check_tables(database: sqlite3.Connection, where: str) -> set[str]:
    """Check that the tables are LangGraph's, and return the columns of the writes."""
    columns: set[str] = set()
    for table, wanted in _COLUMNS.items():
        try:
            rows = database.execute(f"PRAGMA table_info({table})").fetchall()
        except sqlite3.DatabaseError as error:
            raise BadFileError(
                f"is no SQLite database ({error})", where=where, hint="name the file of a saver"
            ) from error
        columns = {str(row[1]) for row in rows}
        if not columns:
            raise BadFileError(f"has no table {table}", where=where, hint=_MADE_BY)
        if absent := [column for column in wanted if column not in columns]:
            raise BadFileError(f"table {table} has no {absent[0]}", where=where, hint=_MADE_BY)
    return columns


@contextmanager
def open_sqlite(file: str, selection: Selection) -> Generator[Source]:
    """Open a file for reading.

    Raises:
        BadFileError: If it is missing, no such database, or changed while it was read.
        UsageError: If a thread that is asked for is not there.
    """
    path = Path(file)
    if not path.is_file():
        raise BadFileError("is no file", where=file, hint="name the file that SqliteSaver writes")
    in_use = _log_of(path).exists()
    before = _state(path)
    mode = "mode=ro" if in_use else "mode=ro&immutable=1"
    try:
        database = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?{mode}", uri=True, isolation_level=None
        )
    except sqlite3.Error as error:
        raise BadFileError(f"cannot be opened: {error}", where=file) from error
    with closing(database):
        database.text_factory = _text
        database.execute("PRAGMA query_only = ON")
        database.execute("BEGIN")  # one state of it, whatever is written meanwhile
        yield SqliteSource(database, selection, file)
    if not in_use and (_log_of(path).exists() or _state(path) != before):
        raise UsageError("was changed while it was read", where=file, hint="run it again")


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
