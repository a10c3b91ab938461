"""Copies a PostgreSQL database of threads into this process's own server.

The original is read in one transaction that its server holds to be read-only. Tables, keys and
indexes are made as the original has them, with the number of its last migration, so that a release
migrates its copy as it would migrate the original.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity_kit.apps.upgrade.databases import Copy, check_readable
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.corpora.user_checkpoints.postgres_source import open_postgres, shown_address
from parity_kit.corpora.user_checkpoints.source import Selection
from parity_kit.reference import postgres_server

_TABLES = ("checkpoint_migrations", "checkpoints", "checkpoint_blobs", "checkpoint_writes")
_LOCKED = "10s"
"""How long a lock of somebody else is waited for."""
_COLUMNS = """
SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
       || CASE WHEN d.adbin IS NULL THEN '' ELSE ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = %s"


@dataclass(frozen=True, slots=True)
class PostgresCopies:
    """Two databases of this process's server."""

    before: Copy
    after: Copy

    def threads(self, behind: str | None) -> Iterator[str]:
        """Yield the wanted threads in order, from the one behind `behind` on."""
        query = "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id > %s ORDER BY thread_id"
        with _connected(self.before.address) as connection, connection.cursor("threads") as cursor:
            cursor.execute(query, (behind or "",))
            for (thread,) in cursor:
                yield thread

    def count(self) -> int:
        """Return how many threads are wanted."""
        with _connected(self.before.address) as connection:
            query = "SELECT count(DISTINCT thread_id) FROM checkpoints"
            return connection.execute(query).fetchone()[0]


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """The tables of a PostgresSaver, by their address."""

    address: str
    threads: tuple[str, ...] = ()
    serde: str | None = None

    def state(self) -> list[Any]:
        """Return what tells this database, and what is in it now, from others."""
        with self._opened() as source:
            counts = [
                source.execute(f"SELECT count(*), max(checkpoint_id) FROM {table}").fetchone()  # noqa: S608  # one of ours
                for table in ("checkpoints", "checkpoint_writes")
            ]
        return [shown_address(self.address), *counts]

    @contextmanager
    def copied(self, folder: Path) -> Generator[PostgresCopies]:
        """Copy the tables, for as long as the context lasts.

        Raises:
            BadFileError: If they are none of LangGraph's, or of a later one than is installed.
            UsageError: If the database cannot be reached, or is locked.
        """
        if reason := postgres_server.missing():
            raise UsageError("the copies need a PostgreSQL server here", hint=reason)
        names = [f"parity_{side}_{folder.name}" for side in ("before", "after")]
        server = postgres_server.server().address
        before, after = (server.replace("dbname=postgres", f"dbname={name}") for name in names)
        try:
            _administer(*(f'DROP DATABASE IF EXISTS "{name}"' for name in names))
            _administer(f'CREATE DATABASE "{names[0]}"')
            schema = self._copy(before)
            _administer(f'CREATE DATABASE "{names[1]}" TEMPLATE "{names[0]}"')
            option = f" options='-csearch_path={schema}'"
            yield PostgresCopies(
                Copy("postgres", before + option), Copy("postgres", after + option)
            )
        finally:
            _administer(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names))

    def _copy(self, target: str) -> str:
        """Copy the tables into an empty database, and return their schema."""
        with self._opened() as source, _connected(target) as copy:
            (schema,) = source.execute(
                "SELECT quote_ident(nspname) FROM pg_class c JOIN pg_namespace n"
                " ON n.oid = c.relnamespace WHERE c.oid = to_regclass('checkpoints')"
            ).fetchone()
            copy.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            copy.execute(f"SET search_path TO {schema}")
            for table in _TABLES:
                self._copy_table(source, copy, schema, table)
            self._check(source)
            copy.execute("ANALYZE")
            return schema

    def _copy_table(self, source: Any, copy: Any, schema: str, table: str) -> None:
        from psycopg import sql  # noqa: PLC0415  # an optional extra

        columns = source.execute(_COLUMNS, (table,)).fetchall()
        names = ", ".join(name for name, _ in columns)
        copy.execute(f"CREATE TABLE {table} ({', '.join(' '.join(pair) for pair in columns)})")
        chosen = sql.SQL("")
        if self.threads and table != _TABLES[0]:
            chosen = sql.SQL(" WHERE thread_id = ANY({})").format(list(self.threads))
        query = sql.SQL(f"COPY (SELECT {names} FROM {table}{{}}) TO STDOUT (FORMAT binary)")  # noqa: S608  # pyright: ignore[reportArgumentType]  # names of its catalogue
        into = f"COPY {table} ({names}) FROM STDIN (FORMAT binary)"
        with (
            source.cursor().copy(query.format(chosen)) as rows,
            copy.cursor().copy(into) as copied,
        ):
            for data in rows:
                copied.write(data)
        # Behind the rows: an index is made faster than it is kept.
        for (index,) in source.execute(_INDEXES, (schema.strip('"'), table)):
            copy.execute(index)

    def _check(self, source: Any) -> None:
        from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415  # an optional extra

        where = shown_address(self.address)
        (version,) = source.execute("SELECT max(v) FROM checkpoint_migrations").fetchone()
        known = len(PostgresSaver.MIGRATIONS) - 1
        if version is not None and version > known:
            raise BadFileError(
                f"is of a later PostgresSaver: migration {version}, this one knows {known}",
                where=where,
                hint="install the langgraph-checkpoint-postgres that wrote it beside the kit",
            )
        query = "SELECT type FROM checkpoint_blobs WHERE type LIKE '%+%' LIMIT 1"
        encrypted = source.execute(query).fetchone()
        check_readable(encrypted and encrypted[0], self.serde, where=where)

    @contextmanager
    def _opened(self) -> Generator[Any]:
        """Open the original in a transaction that only reads."""
        import psycopg  # noqa: PLC0415  # an optional extra

        where = shown_address(self.address)
        try:
            with open_postgres(self.address, Selection(self.threads), lock=_LOCKED) as source:
                yield source.connection
        except psycopg.errors.LockNotAvailable as error:
            raise UsageError(
                f"is locked by another session for over {_LOCKED}",
                where=where,
                hint="wait until its migration or dump has ended",
            ) from error
        except psycopg.Error as error:
            raise BadFileError(f"cannot be read: {str(error).strip()}", where=where) from error


@contextmanager
def _connected(address: str) -> Generator[Any]:
    import psycopg  # noqa: PLC0415  # an optional extra

    with psycopg.connect(address) as connection:
        yield connection


def _administer(*statements: str) -> None:
    import psycopg  # noqa: PLC0415  # an optional extra

    with psycopg.connect(postgres_server.server().address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]  # no text of a user's
