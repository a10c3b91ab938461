"""A user's own checkpoints, in SQLite and PostgreSQL, and a workspace to import them into."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.cli.gate import command as gate
from parity_kit.reference.postgres_server import server

WORKSPACE = find_workspace(Path(__file__))
THREADS = ("thread-a", "thread-b")
PER_THREAD = 3


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with the bundled candidates and no corpora of its own."""
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "parity.toml").write_text("")
    (root / "candidates").symlink_to(WORKSPACE.candidates)
    return Workspace(root)


def fill(saver: Any) -> None:
    """Put the same checkpoints into any saver."""
    for thread in THREADS:
        config: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
        for number in range(1, PER_THREAD + 1):
            messages = [HumanMessage("hello", id="h"), AIMessage("there", id="a")]
            versions = {"messages": str(number), "n": str(number)}
            checkpoint = {
                "v": 4,
                "id": f"{number}-{thread}",
                "ts": "2024-01-01T00:00:00+00:00",
                "channel_values": {"messages": messages, "n": number},
                "channel_versions": versions,
                "versions_seen": {},
                "updated_channels": None,
            }
            metadata: dict[str, Any] = {"source": "loop", "step": number, "parents": {}}
            config = saver.put(config, checkpoint, metadata, versions)
            saver.put_writes(config, [("n", number), ("messages", messages[:1])], "task", "path")


@pytest.fixture(name="fill")
def fill_fixture() -> Callable[[Any], None]:
    """Return what fills a saver."""
    return fill


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A SQLite database, filled, alone in its folder."""
    path = tmp_path / "data" / "own.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        fill(SqliteSaver(connection))
    return path


@pytest.fixture
def address() -> Iterator[str]:
    """A PostgreSQL database, filled."""
    import psycopg  # noqa: PLC0415  # an optional extra
    from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415  # the same

    name = "own_data"
    with psycopg.connect(server().address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportArgumentType]  # no text of a user's
    own = server().address.replace("dbname=postgres", f"dbname={name}")
    with PostgresSaver.from_conn_string(own) as saver:
        saver.setup()
        fill(saver)
    yield own
    with psycopg.connect(server().address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}")  # pyright: ignore[reportArgumentType]  # the same


@pytest.fixture
def call(workspace: Workspace) -> Callable[..., str]:
    """Run a command on fixtures in the workspace, and return its standard output."""

    def call(*args: str | Path, code: int = 0) -> str:
        name, *more = map(str, args)
        result = CliRunner().invoke(
            command, [name, "--workspace", str(workspace.root), *more], standalone_mode=False
        )
        if result.exception is not None:
            raise result.exception
        assert (result.return_value or 0) == code, result.output
        return result.stdout

    return call


@pytest.fixture
def judge(workspace: Workspace) -> Callable[..., Any]:
    """Gate a candidate by an imported corpus, and return what the gate says for machines."""

    def judge(name: str, candidate: str = "pure") -> Any:
        args = [
            candidate,
            "--corpus",
            f"imported:{name}",
            "--json",
            "--workspace",
            str(workspace.root),
        ]
        result = CliRunner().invoke(gate, args, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return json.loads(result.stdout)

    return judge
