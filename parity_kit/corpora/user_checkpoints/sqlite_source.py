"""Checkpoints in a SQLite file (`langgraph.checkpoint.sqlite`), which is not touched.

A database in WAL mode, as LangGraph's are, cannot be opened read-only without SQLite making two
files beside it, unless it is opened as immutable. That is done where no `-wal` file shows that
somebody has it open; afterwards a check makes sure that nobody changed it meanwhile.

The file may come from anybody. Only tables are read, as a view could compute anything and never
end; no value is longer than `MOST_BYTES`; and no row may take longer than `ROW_SECONDS`.
"""

from __future__ import annotations

import os
import sqlite3
import time
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
MOST_BYTES = 1 << 28
"""No value, and no row, is longer."""
ROW_SECONDS = 60.0
_STEPS = 100_000  # of SQLite's virtual machine between two looks at the clock
_BESIDE = ("-wal", "-shm", "-journal")


class SqliteSource:
    """An open database."""

    kind = "sqlite"

    def __init__(self, database: sqlite3.Connection, selection: Selection, where: str) -> None:
        self._database = database
        self._where = where
        self._started = time.monotonic()
        database.set_progress_handler(self._is_late, _STEPS)
        columns = _check_tables(database, where)
        self._path = "task_path" if "task_path" in columns else "''"
        check_threads(selection.threads, self._threads(selection.threads), where=where)
        self._chosen, self._parameters = _chosen(selection)

    def _is_late(self) -> bool:
        return time.monotonic() - self._started > ROW_SECONDS

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
        self._started = time.monotonic()
        query = f"SELECT count(*) FROM ({self._chosen})"  # noqa: S608  # no text of a user's
        return int(self._database.execute(query, self._parameters).fetchone()[0])

    def values(self) -> Iterator[StoredValue]:
        """Yield the checkpoints with their metadata, then the writes."""
        yield from self._checkpoints()
        yield from self._writes()

    def _checkpoints(self) -> Iterator[StoredValue]:
        rows = self._rows(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, metadata"
            " FROM checkpoints"
        )
        for thread, workspace, name, kind, checkpoint, metadata in rows:
            place = (str(thread), str(workspace), str(name))
            data = self._bytes(checkpoint)
            yield StoredValue(("checkpoint", *place), self._type(kind, "msgpack"), data)
            if metadata is not None:
                yield StoredValue(("metadata", *place), "json", self._bytes(metadata))

    def _writes(self) -> Iterator[StoredValue]:
        rows = self._rows(
            f"SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, {self._path},"  # noqa: S608  # a column's name, or none
            " type, value FROM writes"
        )
        for *place, kind, value in rows:
            data = self._bytes(value)
            yield StoredValue(("write", *map(str, place)), self._type(kind, "null"), data)

    def _type(self, kind: Any, default: str) -> str:
        if kind is None or isinstance(kind, str):
            return kind or default
        raise BadFileError(f"a type tag is {type(kind).__name__}, not text", where=self._where)

    def _bytes(self, value: Any) -> bytes:
        if value is None or isinstance(value, (str, bytes)):
            return value.encode() if isinstance(value, str) else value or b""
        raise BadFileError(f"a value is {type(value).__name__}, not bytes", where=self._where)

    def _rows(self, query: str) -> Iterator[Any]:
        keys = "thread_id, checkpoint_ns, checkpoint_id"
        if self._parameters:
            query += f" WHERE ({keys}) IN ({self._chosen})"
        # In the order of the primary key: SQLite walks its index and sorts nothing.
        for row in self._database.execute(f"{query} ORDER BY {keys}", self._parameters):
            self._started = time.monotonic()
            yield row
            self._started = time.monotonic()  # what is done with a row takes its own time


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


def _check_tables(database: sqlite3.Connection, where: str) -> set[str]:
    """Check that the tables are LangGraph's, and return the columns of the writes."""
    columns: set[str] = set()
    schema = "SELECT type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    for table, wanted in _COLUMNS.items():
        for kind, sql in database.execute(schema, (table,)).fetchall():
            if kind != "table" or not str(sql).upper().startswith("CREATE TABLE"):
                problem = f"{table} is a {'virtual table' if kind == 'table' else kind}"
                raise BadFileError(f"{problem}, not a table", where=where, hint=_MADE_BY)
        rows = database.execute(f"PRAGMA table_info({table})").fetchall()
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
    for beside in (path.with_name(f"{path.name}{suffix}") for suffix in _BESIDE):
        if os.path.lexists(beside) and (beside.is_symlink() or not beside.is_file()):
            raise BadFileError("is not a regular file", where=str(beside), hint="remove it")
    in_use = _log_of(path).exists()
    before = _state(path)
    mode = "mode=ro" if in_use else "mode=ro&immutable=1"
    try:
        database = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?{mode}", uri=True, isolation_level=None
        )
    except sqlite3.Error as error:
        raise BadFileError(f"cannot be opened: {error}", where=file) from error
    with closing(database), _named(file):
        database.text_factory = _text
        for setting in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            database.execute(f"PRAGMA {setting}")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.execute("BEGIN")  # one state of it, whatever is written meanwhile
        yield SqliteSource(database, selection, file)
    if not in_use and (_log_of(path).exists() or _state(path) != before):
        raise UsageError("was changed while it was read", where=file, hint="run it again")


@contextmanager
def _named(file: str) -> Generator[None]:
    """Turn what SQLite raises into an error that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        late = getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
        problem = f"a row took over {ROW_SECONDS:.0f} seconds" if late else str(error)
        raise BadFileError(
            f"cannot be read: {problem}", where=file, hint="name the file that SqliteSaver writes"
        ) from error


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
