"""LangGraph's asynchronous savers, each beside a synchronous saver on the same tables.

The twin makes the tables, and reads every byte that they hold.
"""

from __future__ import annotations

import itertools
import sqlite3
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.contract import UnsupportedSubjectError
from parity_kit.reference.asynchronous import Awaited
from parity_kit.reference.savers import postgres, shallow, sqlite
from parity_kit.reference.savers.entries import Tables

_twins: WeakKeyDictionary[Any, tuple[ModuleType, Any]] = WeakKeyDictionary()
_numbers = itertools.count()


def make(name: str, awaited: Awaited) -> Any:
    """Return a fresh saver, whose calls are awaited on this loop.

    Raises:
        UnsupportedSubjectError: If its requirements are missing.
    """
    makers = {
        "async-sqlite": _make_sqlite,
        "async-postgres": _make_postgres,
        "async-shallow-postgres": _make_shallow,
    }
    saver, room, twin = makers[name](awaited)
    _twins[saver] = room, twin
    return saver


def _make_sqlite(awaited: Awaited) -> tuple[Any, ModuleType, Any]:
    try:
        import aiosqlite  # noqa: PLC0415  # heavy, and rarely asked for
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415  # the same
    except ImportError as error:
        raise UnsupportedSubjectError(f"no saver async-sqlite: {error}") from error
    database = f"file:parity-kit-{next(_numbers)}?mode=memory&cache=shared"
    twin = SqliteSaver(sqlite3.connect(database, uri=True, check_same_thread=False))
    twin.setup()
    # It reads beside a connection that may keep a statement open, and must not wait for its end.
    twin.conn.execute("PRAGMA read_uncommitted = 1")

    async def connect() -> Any:
        return AsyncSqliteSaver(await aiosqlite.connect(database, uri=True))

    return awaited.complete(connect()), sqlite, twin


def _make_postgres(awaited: Awaited) -> tuple[Any, ModuleType, Any]:
    twin = postgres.make()
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415  # an extra

    return _beside(twin, AsyncPostgresSaver, awaited), postgres, twin


def _make_shallow(awaited: Awaited) -> tuple[Any, ModuleType, Any]:
    twin = shallow.make()
    from langgraph.checkpoint.postgres.shallow import (  # noqa: PLC0415  # an extra
        AsyncShallowPostgresSaver,
    )

    return _beside(twin, AsyncShallowPostgresSaver, awaited), shallow, twin


def _beside(twin: Any, kind: Callable[[Any], Any], awaited: Awaited) -> Any:
    (place,) = twin.conn.execute("SHOW search_path").fetchone().values()

    async def connect() -> Any:
        connection = await postgres.connect_awaited(place)
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            return kind(connection)

    return awaited.complete(connect())


def close(saver: Any) -> None:
    """Close the connection, and release the twin."""
    room, twin = _twins.pop(saver)
    saver.loop.run_until_complete(saver.conn.close())
    room.close(twin)


def checkpoint(value: Any, saver: Any) -> Any:
    """Return a checkpoint as the synchronous saver's is returned."""
    room, twin = _twins[saver]
    return room.checkpoint(value, twin)


def load(saver: Any, tables: Tables) -> None:
    """Store what another saver of the kind held."""
    room, twin = _twins[saver]
    room.load(twin, tables)


def contents(saver: Any) -> dict[str, bytes]:
    """Return all byte strings in a saver, by name."""
    room, twin = _twins[saver]
    return room.contents(twin)
