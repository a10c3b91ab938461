"""`PostgresStore` and `AsyncPostgresStore`, in the schema of a saver's session, at its clock.

The server's clock cannot be set, so the schema has its own: a function `now` that is found before
the built-in one, and a trigger for CURRENT_TIMESTAMP, which no function stands for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from parity_kit.reference.savers import postgres

_CLOCK = """
CREATE TABLE IF NOT EXISTS clock (at timestamptz);
CREATE OR REPLACE FUNCTION now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM clock';
CREATE OR REPLACE FUNCTION set_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only a time that LangGraph took from the server in this very statement.
    IF NEW.created_at = pg_catalog.now() THEN NEW.created_at := now(); END IF;
    IF NEW.updated_at = pg_catalog.now() THEN NEW.updated_at := now(); END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER set_times BEFORE INSERT OR UPDATE ON store
    FOR EACH ROW EXECUTE FUNCTION set_times();
"""
_ROWS = (
    "SELECT prefix, key, convert_to(value::text, 'UTF8') AS value, expires_at::text AS expires_at,"
    " ttl_minutes FROM store"
)


class PostgresTable:
    """A store's table: the connection that made it reads it, and tells it the time."""

    def __init__(self, ttl: Any, loop: asyncio.Runner | None) -> None:
        self._saver = postgres.make()
        from langgraph.store.postgres import PostgresStore  # noqa: PLC0415  # an optional extra

        connection = self._saver.conn
        (self._schema,) = connection.execute("SHOW search_path").fetchone().values()
        self._search(f"{self._schema}, pg_catalog")
        self.store: Any = PostgresStore(connection, ttl=ttl)
        self.store.setup()
        connection.execute(_CLOCK, prepare=False)  # several statements
        self._loop = loop
        if loop is not None:
            self.store = loop.run(self._awaited(ttl))

    async def _awaited(self, ttl: Any) -> Any:
        from langgraph.store.postgres import AsyncPostgresStore  # noqa: PLC0415  # an extra

        connection = await postgres.connect_awaited(f"{self._schema}, pg_catalog")
        return AsyncPostgresStore(connection, ttl=ttl)

    def _search(self, path: str) -> None:
        self._saver.conn.execute(f"SET search_path TO {path}")

    def set_clock(self, now: datetime) -> None:
        """Let the server's time be this one."""
        self._saver.conn.execute("DELETE FROM clock")
        self._saver.conn.execute("INSERT INTO clock VALUES (%s)", [now])

    def rows(self) -> list[Sequence[Any]]:
        """Return what `StoreSession` reads from any database."""
        return [tuple(row.values()) for row in self._saver.conn.execute(_ROWS)]

    def close(self) -> None:
        """Empty the table, and leave the schema to the next session."""
        if self._loop is not None:
            self._loop.run(self.store.conn.close())
        self._saver.conn.execute("TRUNCATE store")
        self._search(self._schema)
        postgres.close(self._saver)
