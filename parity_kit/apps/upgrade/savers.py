"""LangGraph's savers on a copy of a database, sync or async, and the copy's values."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from typing import Any

from parity_kit.reference.asynchronous import Awaited

_QUERIES = {
    "sqlite": (
        "SELECT type, checkpoint FROM checkpoints WHERE thread_id = ?",
        "SELECT type, value FROM writes WHERE thread_id = ?",
    ),
    "postgres": (
        "SELECT type, blob FROM checkpoint_blobs WHERE thread_id = %s",
        "SELECT type, blob FROM checkpoint_writes WHERE thread_id = %s",
    ),
}

_TABLES = {
    "sqlite": ("checkpoints", "writes"),
    "postgres": ("checkpoints", "checkpoint_blobs", "checkpoint_writes"),
}
_SOME = 100
_MOST_KEPT = 16  # threads; more than a side reads ahead


def open_saver(kind: str, address: str, serde: Any, awaited: Awaited | None, *, setup: bool) -> Any:
    """Return a saver on a copy; `setup` lets its release migrate the tables."""
    if kind == "sqlite":
        return _sqlite(address, serde, awaited)
    saver = _postgres(address, serde, awaited)
    if setup:
        saver.setup() if awaited is None else awaited.complete(saver.setup())
    return saver


def close_saver(saver: Any, awaited: Awaited | None) -> None:
    """Close a saver's connection."""
    if awaited is None:
        saver.conn.close()
    else:
        awaited.complete(saver.conn.close())
        awaited.close()


def _sqlite(address: str, serde: Any, awaited: Awaited | None) -> Any:
    careless = "PRAGMA synchronous=OFF"  # a copy need not outlive a crash
    if awaited is None:
        from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415  # one of four

        connection = sqlite3.connect(address, check_same_thread=False)
        connection.execute(careless)
        return SqliteSaver(connection, serde=serde)
    import aiosqlite  # noqa: PLC0415  # one of four
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415  # one of four

    async def connect() -> Any:
        connected = await aiosqlite.connect(address)
        await connected.execute(careless)
        return AsyncSqliteSaver(connected, serde=serde)

    return awaited.complete(connect())


def _postgres(address: str, serde: Any, awaited: Awaited | None) -> Any:
    import psycopg  # noqa: PLC0415  # an optional extra
    from psycopg.rows import dict_row  # noqa: PLC0415  # an optional extra

    # As `from_conn_string` connects.
    options: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    if awaited is None:
        from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415  # one of four

        connection: Any = psycopg.connect(address, **options)
        return PostgresSaver(connection, serde=serde)
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415  # one of four

    async def connected() -> Any:
        awaited_one = await psycopg.AsyncConnection[Any].connect(address, **options)
        return AsyncPostgresSaver(awaited_one, serde=serde)

    return awaited.complete(connected())


class StoredValues:
    """The values that a copy holds, as bytes."""

    def __init__(self, kind: str, address: str) -> None:
        self._queries, self._tables = _QUERIES[kind], _TABLES[kind]
        self._mark = "?" if kind == "sqlite" else "%s"
        self._kept = deque[str](maxlen=_MOST_KEPT)
        if kind == "sqlite":
            self._connection: Any = sqlite3.connect(address, isolation_level=None)
        else:
            import psycopg  # noqa: PLC0415  # an optional extra

            self._connection = psycopg.connect(address, autocommit=True)

    def of(self, thread: str) -> Iterator[tuple[str | None, bytes | None]]:
        """Yield type and bytes of each value of a thread."""
        for query in self._queries:
            yield from self._connection.execute(query, (thread,))

    def keep(self, thread: str) -> None:
        """Keep the rows of a thread in the copy, so that any worker on it can `restore` them."""
        for table in self._tables:
            if not self._kept:
                empty = f"AS SELECT * FROM {table} WHERE 1 = 0"  # noqa: S608  # one of ours
                self._connection.execute(f"CREATE TABLE IF NOT EXISTS kept_{table} {empty}")
            if len(self._kept) == _MOST_KEPT:
                self._clear(f"kept_{table}", self._kept[0])
            self._copy(table, f"kept_{table}", thread)
        self._kept.append(thread)

    def restore(self, thread: str) -> None:
        """Bring back the rows of a thread that was one of the last to be kept."""
        for table in self._tables:
            self._clear(table, thread)
            self._copy(f"kept_{table}", table, thread)

    def _clear(self, table: str, thread: str) -> None:
        statement = f"DELETE FROM {table} WHERE thread_id = {self._mark}"  # noqa: S608  # one of ours
        self._connection.execute(statement, (thread,))

    def _copy(self, source: str, target: str, thread: str) -> None:
        rows = f"SELECT * FROM {source} WHERE thread_id = {self._mark}"  # noqa: S608  # one of ours
        self._connection.execute(f"INSERT INTO {target} {rows}", (thread,))

    def encrypted(self) -> Iterator[tuple[str, bytes]]:
        """Yield type and bytes of some encrypted values."""
        for query in self._queries:
            some = f"{query.partition(' WHERE ')[0]} WHERE type LIKE '%+%' LIMIT {_SOME}"
            yield from self._connection.execute(some)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
