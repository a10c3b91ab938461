"""`ShallowPostgresSaver`: three tables of a real server, in which a thread has one checkpoint.

Its tables have other keys than `PostgresSaver`'s, so every session makes a schema and drops it.
"""

from __future__ import annotations

import itertools
import warnings
from typing import Any

from parity_kit.contract import UnsupportedSubjectError
from parity_kit.reference.postgres_server import missing, server
from parity_kit.reference.savers import postgres
from parity_kit.reference.savers.entries import Tables, put_typed

_numbers = itertools.count()


def make() -> Any:
    """Return a saver on empty tables.

    Raises:
        UnsupportedSubjectError: If the server or LangGraph's saver for it is not installed.
    """
    if reason := missing():
        raise UnsupportedSubjectError(reason)
    from langgraph.checkpoint.postgres import ShallowPostgresSaver  # noqa: PLC0415  # an extra

    connection = postgres.connect(f"shallow_{next(_numbers)}", server().address)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        saver = ShallowPostgresSaver(connection)
    saver.setup()
    return saver


def close(saver: Any) -> None:
    """Drop the tables."""
    (schema,) = saver.conn.execute("SHOW search_path").fetchone().values()
    saver.conn.execute(f"DROP SCHEMA {schema} CASCADE")
    saver.conn.close()


checkpoint = postgres.checkpoint


def contents(saver: Any) -> dict[str, bytes]:
    """Return all byte strings in a saver, by name; a channel's value has no version."""
    entries: dict[str, bytes] = {}
    rows = saver.conn.execute(
        "SELECT thread_id, checkpoint_ns, checkpoint->>'id' AS id, checkpoint::text AS saved,"
        " metadata::text AS metadata FROM checkpoints"
    )
    for row in rows:
        place = (row["thread_id"], row["checkpoint_ns"], str(row["id"]))
        put_typed(entries, ("checkpoint", *place), ("json", row["saved"].encode()))
        put_typed(entries, ("metadata", *place), ("json", row["metadata"].encode()))
    rows = saver.conn.execute("SELECT *, '' AS version FROM checkpoint_blobs")
    return entries | postgres.blobs(rows) | postgres.writes(saver)


def load(saver: Any, tables: Tables) -> None:
    """Refuse: no case continues from what a saver stores that keeps no history."""
    del tables
    raise UnsupportedSubjectError(f"{type(saver).__name__} loads no stored bytes")
