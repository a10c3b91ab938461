"""The parts of an upgrade's workers: kept rows, keys, the thread at which one ends, and pins."""

from __future__ import annotations

import importlib
import json
import sqlite3
import sys
from contextlib import closing
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parity_kit.apps.network import network_refused
from parity_kit.apps.upgrade.pinning import mending_pin
from parity_kit.apps.upgrade.savers import StoredValues
from parity_kit.apps.upgrade.sides import Side
from parity_kit.apps.upgrade.worker import (
    Worker,
    _check_key,  # pyright: ignore[reportPrivateUsage]  # the words
)
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import CandidateError, UsageError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A file with three threads, in the tables of a SqliteSaver."""
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415  # as its release makes them

    path = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        SqliteSaver(connection).setup()
        for number in (1, 2, 3):
            row = (f"thread-{number}", "", "1", None, "msgpack", b"\x80", b"{}")
            connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        connection.commit()
    return path


def test_the_rows_of_a_thread_come_back_as_they_were(copy: Path) -> None:
    query = "SELECT * FROM checkpoints ORDER BY thread_id, checkpoint_id"
    with (
        closing(StoredValues("sqlite", str(copy))) as stored,
        closing(StoredValues("sqlite", str(copy))) as other,
        closing(sqlite3.connect(copy, isolation_level=None)) as connection,
    ):
        before = connection.execute(query).fetchall()
        stored.keep("thread-1")
        connection.execute("DELETE FROM checkpoints WHERE thread_id = 'thread-1'")
        assert connection.execute(query).fetchall() != before
        other.restore("thread-1")
        assert connection.execute(query).fetchall() == before
        for _ in range(20):
            stored.keep("thread-2")
        kept = connection.execute("SELECT DISTINCT thread_id FROM kept_checkpoints").fetchall()
        assert kept == [("thread-2",)]


def test_a_key_that_decrypts_nothing_is_a_sentence(copy: Path) -> None:

    def refuse(_: str, data: bytes) -> bytes:
        if data != b"right":
            raise ValueError("MAC check failed")
        return data

    serializer = SimpleNamespace(cipher=SimpleNamespace(decrypt=refuse))
    with (
        closing(StoredValues("sqlite", str(copy))) as stored,
        closing(sqlite3.connect(copy, isolation_level=None)) as connection,
    ):
        _check_key(serializer, stored, "--serde a:b")  # nothing is encrypted
        connection.execute(
            "UPDATE checkpoints SET type = 'msgpack+aes' WHERE thread_id <> 'thread-2'"
        )
        with pytest.raises(UsageError, match=r"--serde a:b: decrypts nothing .* MAC check failed"):
            _check_key(serializer, stored, "--serde a:b")
        connection.execute(
            "UPDATE checkpoints SET checkpoint = 'right' WHERE thread_id = 'thread-3'"
        )
        connection.execute("UPDATE checkpoints SET checkpoint = CAST(checkpoint AS BLOB)")
        _check_key(serializer, stored, "--serde a:b")  # some threads may have another key


APP = """
import socket
from typing import TypedDict
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

class State(TypedDict):
    n: int

def calls(state):
    interrupt("go on?")
    try:
        socket.create_connection(("127.0.0.1", 9))
    except OSError:
        return {"n": 1}

graph = StateGraph(State).add_node("calls", calls).add_edge(START, "calls").compile()
"""


def test_a_node_that_goes_on_without_the_network_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "calls_app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    settings = {"kind": "sqlite", "address": str(tmp_path / "threads.sqlite"), "path": ()}
    worker = Worker({**settings, "app": "calls_app:graph", "serde": None, "setup": True})
    graph: Any = sys.modules["calls_app"].graph
    graph.invoke({"n": 0}, {"configurable": {"thread_id": "1"}})
    with network_refused() as worker.refused:
        judged = worker.judge("1", resume=True, answer="yes")
        worker.close()
    assert judged["resumed"] is None
    assert judged["resumed_error"] == (
        "NetworkRefusedError: the network is refused: ('127.0.0.1', 9) (calls_app.py:13)"
    )


def test_a_process_that_ends_names_its_thread(tmp_path: Path) -> None:
    python = tmp_path / "ends"
    hello = json.dumps({"packages": {}, "error": None})
    python.write_text(f"#!/bin/sh\necho '{hello}'\nread -r line\necho broken >&2\nexit 7\n")
    python.chmod(0o755)
    side = Side.start("after", python, {}, tmp_path / "log", Workspace(tmp_path))
    side.greet()
    for thread in ("a", "b"):
        side.ask({"thread": thread})
    ended = r"the other release: its process ended with exit code 7 at thread 'a'\n    broken\n"
    with pytest.raises(CandidateError, match=ended):
        side.answered()
    side.close()


def test_the_pin_that_mends_a_part_of_langgraph_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_part.py").write_text("from langgraph.runtime import NoSuchName\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ImportError) as failed:
        importlib.import_module("broken_part")
    assert not mending_pin(failed.value)  # no part of LangGraph's

    def parts(name: str) -> Any:
        held = ["broken_part.py"] if name == "langgraph-prebuilt" else []
        return SimpleNamespace(version="1.0.13", files=held, locate_file=tmp_path.joinpath)

    def requires(name: str) -> list[str]:
        assert name == "langgraph"
        return ["langgraph-checkpoint<5.0.0,>=4.1.0", "langgraph-prebuilt<1.1.0,>=1.0.8"]

    def version(name: str) -> str:
        assert name == "langgraph"
        return "1.0.10"

    monkeypatch.setattr(metadata, "requires", requires)
    monkeypatch.setattr(metadata, "distribution", parts)
    monkeypatch.setattr(metadata, "version", version)
    assert mending_pin(failed.value) == (
        "langgraph-prebuilt 1.0.13 does not fit langgraph 1.0.10; the oldest that it allows is "
        "1.0.8: --with langgraph-prebuilt==1.0.8"
    )
