"""`parity-kit upgrade --postgres`: only read, copied with its migrations, encrypted or not."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parity_kit.apps.upgrade.databases import Copy
from parity_kit.apps.upgrade.postgres_copies import PostgresDatabase
from parity_kit.apps.upgrade.sqlite_copies import SqliteDatabase
from parity_kit.apps.upgrade.worker import Worker
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.reference.postgres_server import missing, server

needs_server = pytest.mark.skipif(bool(missing()), reason=missing())
APP = """
from operator import add
from typing import Annotated, Any, TypedDict
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

class State(TypedDict):
    log: Annotated[list[Any], add]

async def work(state):
    return {"log": [interrupt("really?")]}

inner = StateGraph(State).add_node("work", work).add_edge(START, "work").compile()
graph = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile()

def serde():
    return EncryptedSerializer.from_pycryptodome_aes(key=b"0123456789abcdef")
"""
TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "checkpoint_migrations")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An application whose node can only be awaited, in a subgraph; it asks."""
    (tmp_path / "awaited_app.py").write_text(APP)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "awaited_app", raising=False)
    import awaited_app  # noqa: PLC0415  # pyright: ignore[reportMissingImports]  # written above

    return awaited_app


async def fill(app: Any, saver: Any) -> None:
    app.graph.checkpointer = saver
    for thread in ("first", "second"):
        await app.graph.ainvoke({"log": [thread]}, {"configurable": {"thread_id": thread}})
    app.graph.checkpointer = None


def settings(copy: Copy) -> dict[str, Any]:
    return {
        "kind": copy.kind,
        "address": copy.address,
        "app": "awaited_app:graph",
        "path": (),
        "serde": "awaited_app:serde",
        "setup": True,
    }


@contextmanager
def database(name: str) -> Generator[str]:
    import psycopg  # noqa: PLC0415  # an optional extra

    with psycopg.connect(server().address, autocommit=True) as connection:
        execute: Callable[[str], object] = connection.execute  # pyright: ignore[reportAssignmentType]  # no text of a user's
        execute(f"CREATE DATABASE {name}")
        try:
            yield server().address.replace("dbname=postgres", f"dbname={name}")
        finally:
            execute(f"DROP DATABASE {name}")


@pytest.fixture
def threads(app: Any) -> Iterator[str]:
    """A PostgreSQL database with two encrypted threads that wait in a subgraph."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415  # an extra

    async def make(address: str) -> None:
        async with AsyncPostgresSaver.from_conn_string(address, serde=app.serde()) as saver:
            await saver.setup()
            await fill(app, saver)

    with database("upgraded") as address:
        asyncio.run(make(address))
        yield address


def rows(address: str) -> list[Any]:
    import psycopg  # noqa: PLC0415  # an optional extra

    with psycopg.connect(address) as connection:
        execute: Any = connection.execute
        # With the transaction that wrote each row.
        return [execute(f"SELECT xmin, * FROM {table}").fetchall() for table in TABLES]  # noqa: S608  # no text of a user's


@needs_server
def test_postgresql_is_read_and_its_copies_are_resumed(threads: str, tmp_path: Path) -> None:
    before = rows(threads)
    source = PostgresDatabase(threads, serde="awaited_app:serde")
    with source.copied(tmp_path) as copies:
        assert ([*copies.threads(None)], [*copies.threads("first")], copies.count()) == (
            ["first", "second"],
            ["second"],
            2,
        )
        old = Worker(settings(copies.before))
        waiting = old.judge("first", resume=False, answer=None)
        old.close()
        assert waiting["lost"] == {}
        assert {*waiting["values"]} == {
            *("log", "(next)", "(asks)"),
            *("inner/log", "inner/(next)", "inner/(asks)"),
        }
        assert waiting.get("history_error") is None
        assert waiting["history"]["checkpoints"] == 4  # two are the subgraph's
        new = Worker(settings(copies.after))
        resumed = new.judge("first", resume=True, answer="yes")
        new.close()
        assert resumed["values"] == waiting["values"]
        assert resumed["resumed"]["log"] != waiting["values"]["log"]
        # The other copy is another one.
        assert len(rows(copies.after.address)[0]) > len(rows(copies.before.address)[0])
    assert rows(threads) == before
    with PostgresDatabase(threads, ("second",), "awaited_app:serde").copied(tmp_path) as copies:
        assert [*copies.threads(None)] == ["second"]


@needs_server
def test_a_postgresql_database_that_cannot_be_copied_is_a_sentence(
    threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg  # noqa: PLC0415  # an optional extra

    def refused(address: str, *wanted: str, serde: str | None = "awaited_app:serde") -> str:
        with (
            pytest.raises((BadFileError, UsageError)) as caught,
            PostgresDatabase(address, wanted, serde).copied(tmp_path),
        ):
            pass
        return str(caught.value)

    assert "holds encrypted values (msgpack+aes)" in refused(threads, serde=None)
    assert "no thread 'third'" in refused(threads, "third")
    assert "has no table checkpoints" in refused(server().address)
    assert "cannot be reached" in refused("host=/nowhere dbname=x")
    monkeypatch.setattr("parity_kit.apps.upgrade.postgres_copies._LOCKED", "50ms")
    with psycopg.connect(threads) as other:
        other.execute("LOCK TABLE checkpoint_writes")
        assert "is locked by another session" in refused(threads)
    with psycopg.connect(threads) as other:
        other.execute("INSERT INTO checkpoint_migrations VALUES (99)")
    assert "is of a later PostgresSaver: migration 99" in refused(threads)


def test_an_async_saver_in_sqlite_is_read_and_resumed(app: Any, tmp_path: Path) -> None:
    import aiosqlite  # noqa: PLC0415  # slow to import
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415  # slow to import

    file = tmp_path / "own.sqlite"

    async def make() -> None:
        async with aiosqlite.connect(file) as connection:
            await fill(app, AsyncSqliteSaver(connection, serde=app.serde()))

    asyncio.run(make())
    with (
        pytest.raises(BadFileError, match=r"encrypted values \(msgpack\+aes\)"),
        SqliteDatabase(file).copied(tmp_path / "copies"),
    ):
        pass
    with SqliteDatabase(file, serde="awaited_app:serde").copied(tmp_path / "copies") as copies:
        worker = Worker(settings(copies.after))
        judged = worker.judge("second", resume=True, answer="yes")
        worker.close()
    assert judged["history"]["checkpoints"] == 4
    assert judged["resumed"].keys() == {"log", "(next)", "(asks)"}


def test_a_checkpoint_of_a_future_release_is_not_read_as_if_it_were_known(
    app: Any, tmp_path: Path
) -> None:
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415  # slow to import

    file = tmp_path / "own.sqlite"
    saver = SqliteSaver(sqlite3.connect(file), serde=app.serde())
    checkpoint: Any = {"v": 99, "id": "1", "ts": "", "channel_values": {}, "channel_versions": {}}
    place: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    saver.put(place, checkpoint, {}, {})
    saver.conn.close()
    worker = Worker({**settings(Copy("sqlite", str(file))), "app": None})
    problem = worker.judge("t", resume=False, answer=None)["history_error"]
    assert "format 99 of a checkpoint; this release knows 4" in problem
    worker.close()
