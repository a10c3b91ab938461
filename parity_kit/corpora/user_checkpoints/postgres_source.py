"""Checkpoints in a PostgreSQL database (`langgraph.checkpoint.postgres`), which is not touched.

Everything is read in one transaction that the server itself holds to be read-only, through cursors
that keep a few rows on this side.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.corpora.user_checkpoints.source import Selection, StoredValue, check_threads

_ROWS = 200  # fetched at once
_SOME = 5
_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
_MADE_BY = "LangGraph's PostgresSaver makes them; another schema is named in the address: "
_SCHEMA = "?options=-csearch_path%3DNAME"


class PostgresSource:
    """An open database."""

    kind = "postgres"

    def __init__(self, connection: Any, selection: Selection, where: str) -> None:
        self.connection = connection
        self._where = where
        _check_tables(connection, where)
        check_threads(selection.threads, self._threads(selection.threads), where=where)
        self._chosen, self._parameters = _chosen(selection)

    def _threads(self, wanted: tuple[str, ...]) -> list[str]:
        query = "SELECT 1 FROM checkpoints WHERE thread_id = %s LIMIT 1"
        present = [name for name in wanted if self.connection.execute(query, (name,)).fetchone()]
        if len(present) == len(wanted):
            return present
        query = "SELECT DISTINCT thread_id FROM checkpoints LIMIT %s"
        return [*present, *(name for (name,) in self.connection.execute(query, (_SOME,)))]

    def count(self) -> int:
        """Return how many checkpoints are selected."""
        query = f"SELECT count(*) FROM ({self._chosen}) AS chosen"  # noqa: S608  # no text of a user's
        return int(self.connection.execute(query, self._parameters).fetchone()[0])

    def values(self) -> Iterator[StoredValue]:
        """Yield the checkpoints with their metadata, then the blobs, then the writes."""
        import psycopg  # noqa: PLC0415  # an optional extra

        try:
            yield from self._checkpoints()
            yield from self._blobs()
            yield from self._writes()
        except psycopg.Error as error:
            raise BadFileError(f"cannot be read on: {error}", where=self._where) from error

    def _checkpoints(self) -> Iterator[StoredValue]:
        rows = self._rows(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, checkpoint::text, metadata::text"
            " FROM checkpoints",
            "(thread_id, checkpoint_ns, checkpoint_id)",
            self._chosen,
        )
        for *place, checkpoint, metadata in rows:
            yield StoredValue(("checkpoint", *place), "json", checkpoint.encode(), jsonb=True)
            yield StoredValue(("metadata", *place), "json", metadata.encode(), jsonb=True)

    def _blobs(self) -> Iterator[StoredValue]:
        used = (
            "SELECT c.thread_id, c.checkpoint_ns, v.key, v.value FROM checkpoints c"  # noqa: S608  # the same
            " CROSS JOIN LATERAL jsonb_each_text(c.checkpoint -> 'channel_versions') AS v"
            f" WHERE (c.thread_id, c.checkpoint_ns, c.checkpoint_id) IN ({self._chosen})"
        )
        rows = self._rows(
            "SELECT thread_id, checkpoint_ns, channel, version, type, blob FROM checkpoint_blobs",
            "(thread_id, checkpoint_ns, channel, version)",
            used,
        )
        for *place, kind, blob in rows:
            if kind != "empty":  # which is how a saver says that there is no value
                yield StoredValue(("blob", *place), kind, bytes(blob or b""))

    def _writes(self) -> Iterator[StoredValue]:
        rows = self._rows(
            "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path,"
            " type, blob FROM checkpoint_writes",
            "(thread_id, checkpoint_ns, checkpoint_id)",
            self._chosen,
        )
        for *place, kind, blob in rows:
            yield StoredValue(("write", *map(str, place)), kind or "null", bytes(blob or b""))

    def _rows(self, query: str, keys: str, chosen: str) -> Iterator[Any]:
        if self._parameters:
            query += f" WHERE {keys} IN ({chosen})"
        with self.connection.cursor(name="parity_kit", binary=True) as cursor:
            cursor.itersize = _ROWS
            cursor.execute(query, self._parameters)
            yield from cursor


def _chosen(selection: Selection) -> tuple[str, list[Any]]:
    """Return the query for the keys of the selected checkpoints, and its parameters."""
    query = "SELECT thread_id, checkpoint_ns, checkpoint_id FROM checkpoints"
    parameters: list[Any] = []
    if selection.threads:
        query += " WHERE thread_id = ANY(%s)"
        parameters.append(list(selection.threads))
    if selection.limit is not None:
        query += " ORDER BY checkpoint_id DESC LIMIT %s"
        parameters.append(selection.limit)
    return query, parameters


def _check_tables(connection: Any, where: str) -> None:
    for table in _TABLES:
        if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()[0] is None:
            raise BadFileError(f"has no table {table}", where=where, hint=f"{_MADE_BY}{_SCHEMA}")


@contextmanager
def open_postgres(
    address: str, selection: Selection, *, lock: str = "0"
) -> Generator[PostgresSource]:
    """Open a database for reading; `lock` is how long it waits for one, "0" for ever.

    Raises:
        BadFileError: If it has not LangGraph's tables.
        UsageError: If it cannot be reached, or a thread that is asked for is not there.
    """
    if find_spec("psycopg") is None:
        raise UsageError(
            "reading from PostgreSQL needs psycopg", hint="pip install 'parity-kit[postgres]'"
        )
    import psycopg  # noqa: PLC0415  # an optional extra

    where = shown_address(address)
    try:
        connection: Any = psycopg.connect(address)
    except psycopg.Error as error:
        raise UsageError(
            f"cannot be reached: {str(error).strip()}",
            where=where,
            hint="an address is like postgresql://user@host:5432/name",
        ) from error
    with connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (lock,))
        yield PostgresSource(connection, selection, where)


def shown_address(address: str) -> str:
    """Return an address without its password."""
    from psycopg import Error, conninfo  # noqa: PLC0415  # an optional extra

    try:
        parts = conninfo.conninfo_to_dict(address)
    except Error:
        return "the PostgreSQL address"
    shown = [
        f"{name}={parts[name]}" for name in ("host", "port", "user", "dbname") if name in parts
    ]
    return " ".join(shown) or "the PostgreSQL address"
