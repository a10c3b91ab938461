"""`PostgresSaver`: three tables of a real server.

Every session has its own schema. Schemas and their connections are reused, because making one takes
longer than most cases. TRUNCATE empties them, after which the server plans queries as for new
tables.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from typing import Any

from parity_kit.contract import UnsupportedSubjectError
from parity_kit.reference.postgres_server import missing, server
from parity_kit.reference.savers.entries import Tables, put_parent, put_typed

_free: list[Any] = []
_made: list[Any] = []
_inherited: list[Any] = []
"""Those of the process that this one was forked from, which closing here would close there."""


def make() -> Any:
    """Return a saver on empty tables.

    Raises:
        UnsupportedSubjectError: If the server or LangGraph's saver for it is not installed.
    """
    if reason := missing():
        raise UnsupportedSubjectError(reason)
    saver = _free.pop() if _free else None
    if saver is None or saver.conn.closed:
        return _connect()
    return saver


def reopened(saver: Any) -> Callable[[], Any]:
    """Return what connects to the same tables again."""
    schema = saver.conn.execute("SHOW search_path").fetchone()["search_path"]
    address = server().address  # a fork of this process knows no server
    return lambda: _connected(schema, address)


def _connect() -> Any:
    schema = f"session_{len(_made)}"
    saver = _connected(schema, server().address)
    if not _made:
        atexit.register(_disconnect)
    _made.append(saver)
    return saver


def _connected(schema: str, address: str) -> Any:
    from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415  # an optional extra

    saver = PostgresSaver(connect(schema, address))
    saver.setup()
    return saver


def connect(schema: str, address: str) -> Any:
    """Return a connection to a schema, which is made if it is not there."""
    import psycopg  # noqa: PLC0415  # an optional extra
    from psycopg.rows import dict_row  # noqa: PLC0415  # the same

    # As `PostgresSaver.from_conn_string` connects.
    connection: Any = psycopg.connect(
        address,
        autocommit=True,
        prepare_threshold=0,
        row_factory=dict_row,  # pyright: ignore[reportArgumentType]  # psycopg's own overloads
    )
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute(f"SET search_path TO {schema}")
    return connection


async def connect_awaited(path: str) -> Any:
    """Return an asynchronous connection that finds names on this search path."""
    from psycopg import AsyncConnection  # noqa: PLC0415  # an optional extra
    from psycopg.rows import dict_row  # noqa: PLC0415  # the same

    # As LangGraph's asynchronous savers and stores connect in `from_conn_string`.
    connection: Any = await AsyncConnection.connect(
        server().address,
        autocommit=True,
        prepare_threshold=0,
        row_factory=dict_row,  # pyright: ignore[reportArgumentType]  # psycopg's own overloads
    )
    await connection.execute(f"SET search_path TO {path}")
    return connection


def _disconnect() -> None:
    for saver in _made:
        saver.conn.close()


def close(saver: Any) -> None:
    """Empty the tables for the next session."""
    if not saver.conn.closed:
        saver.conn.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")
        _free.append(saver)


def _leave_to_parent() -> None:
    _inherited.extend(_made)
    _free.clear()
    _made.clear()
    server.cache_clear()


os.register_at_fork(after_in_child=_leave_to_parent)


def forget() -> None:
    """Close the savers that are kept for reuse, so that the next session makes its own."""
    while _free:
        _free.pop().conn.close()


def checkpoint(value: Any, saver: object) -> Any:
    """Return a checkpoint with its channel values in JSONB's order.

    They come from two tables, and a join decides the order of those from the blobs.
    """
    del saver
    values = value["channel_values"]
    return {**value, "channel_values": {name: values[name] for name in sorted(values, key=_order)}}


def _order(name: str) -> tuple[int, bytes]:
    data = name.encode()
    return len(data), data


def contents(saver: Any) -> dict[str, bytes]:
    """Return all byte strings in a saver, by name; JSONB as the text that the server prints."""
    entries: dict[str, bytes] = {}
    rows = saver.conn.execute(
        "SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id,"
        " checkpoint::text AS saved, metadata::text AS metadata FROM checkpoints"
    )
    for row in rows:
        place = (row["thread_id"], row["checkpoint_ns"], row["checkpoint_id"])
        put_typed(entries, ("checkpoint", *place), ("json", row["saved"].encode()))
        put_typed(entries, ("metadata", *place), ("json", row["metadata"].encode()))
        put_parent(entries, place, row["parent_checkpoint_id"])
    rows = saver.conn.execute(
        "SELECT thread_id, checkpoint_ns, channel, version, type, blob FROM checkpoint_blobs"
    )
    return entries | blobs(rows) | writes(saver)


def blobs(rows: Any) -> dict[str, bytes]:
    """Return the values of channels that rows hold, by name."""
    entries: dict[str, bytes] = {}
    for row in rows:
        where = ("blob", row["thread_id"], row["checkpoint_ns"], row["channel"], row["version"])
        put_typed(entries, where, (row["type"], row["blob"] or b""))
    return entries


def writes(saver: Any) -> dict[str, bytes]:
    """Return the pending writes in a saver, by name."""
    entries: dict[str, bytes] = {}
    rows = saver.conn.execute(
        "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, type,"
        " blob FROM checkpoint_writes"
    )
    for row in rows:
        place = (row["thread_id"], row["checkpoint_ns"], row["checkpoint_id"])
        where = ("write", *place, row["task_id"], str(row["idx"]), row["channel"], row["task_path"])
        put_typed(entries, where, (row["type"], row["blob"]))
    return entries


def load(saver: Any, tables: Tables) -> None:
    """Store what `contents` returned."""
    with saver.conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id,"
            " parent_checkpoint_id, checkpoint, metadata)"
            " VALUES (%s, %s, %s, %s, %s::jsonb, %s::jsonb)",
            [
                (
                    *place,
                    tables.parents.get(place),
                    saved[1].decode(),
                    tables.metadata[place][1].decode(),
                )
                for place, saved in tables.checkpoints.items()
            ],
        )
        cursor.executemany(
            "INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [(*where, *blob) for where, blob in tables.blobs.items()],
        )
        cursor.executemany(
            "INSERT INTO checkpoint_writes (thread_id, checkpoint_ns, checkpoint_id, task_path,"
            " task_id, idx, channel, type, blob) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(*place, *write, *value) for (place, *write), value in tables.writes.items()],
        )
