"""`parity-kit upgrade`: threads of a database under two releases, on copies."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.apps.network import NetworkRefusedError, network_refused
from parity_kit.apps.upgrade.judging import (
    Asked,
    Judged,
    Upgrade,
    _changed,  # pyright: ignore[reportPrivateUsage]  # the words
    _differences,  # pyright: ignore[reportPrivateUsage]  # the words
    _known,  # pyright: ignore[reportPrivateUsage]  # a journal
    _other_than_chance,  # pyright: ignore[reportPrivateUsage]  # the words
    judge_upgrade,
)
from parity_kit.apps.upgrade.sides import Side
from parity_kit.apps.upgrade.sqlite_copies import SqliteDatabase
from parity_kit.candidates import environment
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import cli
from parity_kit.cli.upgrade import (
    _installed,  # pyright: ignore[reportPrivateUsage]  # the environment
)
from parity_kit.contract.errors import BadFileError, CandidateError, UsageError

LOGS = ("before.log", "after.log", "rollback.log", "forward.log")
APP = """
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict
from operator import add
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

@dataclass
class Own:
    x: int

class State(TypedDict):
    kind: str
    log: Annotated[list[Any], add]

def work(state):
    if state["kind"] == "asks":
        return {"log": [interrupt("really?")]}
    return {"log": [Own(1) if state["kind"] == "own" else 1]}

graph = StateGraph(State).add_node("work", work).add_edge(START, "work").compile()
"""
MAKE = """
import sqlite3, sys
import threads_app
from langgraph.checkpoint.sqlite import SqliteSaver
graph = threads_app.graph
connection = sqlite3.connect(sys.argv[1], check_same_thread=False)
graph.checkpointer = SqliteSaver(connection)
for kind in ("asks", "own", "plain"):
    graph.invoke({"kind": kind, "log": []}, {"configurable": {"thread_id": kind}})
connection.close()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an application and the database of its threads."""
    folder = tmp_path_factory.mktemp("upgrade")
    (folder / "threads_app.py").write_text(APP)
    (folder / "make.py").write_text(MAKE)
    (folder / "parity.toml").write_text("")
    command = [sys.executable, "make.py", "threads.sqlite"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def strict(place: Path) -> Path:
    """An interpreter that stands for a release which builds no type of an application."""
    script = place / "strict-python"
    script.write_text(f'#!/bin/sh\nLANGGRAPH_STRICT_MSGPACK=true exec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return script


def test_threads_stay_the_same_differ_or_are_lost_on_copies(
    place: Path, strict: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    database, workspace = place / "threads.sqlite", Workspace(place)
    before = (database.read_bytes(), database.stat().st_mtime_ns)
    beside = {*place.iterdir()}
    answers = {"asks": "yes"}
    source = SqliteDatabase(database)
    asked = Asked(source, Path(sys.executable), strict, "threads_app:graph", answers)
    # As if an earlier run had been stopped behind its first thread, while it wrote the second.
    folder = asked.folder(workspace)
    folder.mkdir(parents=True)
    known = json.dumps(asdict(Judged("a", {"resumed": "same"}, checkpoints=2)))
    (folder / "threads.jsonl").write_text(known + '\n{"thread": "as')
    seen: list[int] = []
    upgrade = judge_upgrade(workspace, asked, folder, lambda done, _: seen.append(done))
    assert seen == [2, 3, 4]
    assert (upgrade.threads, upgrade.same) == (4, 3)
    assert len([*_known(folder / "threads.jsonl")]) == 4
    assert upgrade.checks == {
        "values": {"same": 2, "differs": 1},
        "history": {"same": 2, "differs": 1},
        "resumed": {"same": 2},
        "rollback": {"same": 1},
        "forward": {"same": 1},
    }
    (judged,) = upgrade.differing
    counts = "3 checkpoints before, 3 after"
    assert judged.thread == "own"
    assert judged.problems == ("state differs: log", f"history differs ({counts})")
    assert [*upgrade.lost] == ["threads_app.Own"]
    assert (database.read_bytes(), database.stat().st_mtime_ns) == before
    assert {*place.iterdir()} == {*beside, place / ".parity"}
    assert {file.name for file in folder.iterdir()} <= {"threads.jsonl", *LOGS}


def test_an_application_that_cannot_be_imported_there_is_named(place: Path) -> None:
    settings = {
        "kind": "sqlite",
        "address": "x",
        "app": "none:g",
        "path": (),
        "serde": None,
        "setup": True,
    }
    log = place / "after.log"
    side = Side.start("after", Path(sys.executable), settings, log, Workspace(place))
    missing = (
        r"the other release: none:g: .* cannot be imported: .*No module named 'none'\n.*--with"
    )
    with pytest.raises(CandidateError, match=missing):
        side.greet()
    side.close()


def test_the_network_is_refused_by_name() -> None:
    before = (socket.socket.connect, socket.getaddrinfo)
    refused = r"the network is refused: \('127.0.0.1', 9\)"
    with network_refused() as asked, socket.socket() as bare:
        for call in (socket.create_connection, bare.connect):
            with pytest.raises(NetworkRefusedError, match=refused):
                call(("127.0.0.1", 9))
    assert [one.partition(" (/")[0].partition(" (tests")[0] for one in asked] == [
        "('127.0.0.1', 9)"
    ] * 2
    assert (socket.socket.connect, socket.getaddrinfo) == before


def test_what_differs_is_said_in_words() -> None:
    same: dict[str, Any] = {"values": {"n": "1"}, "history": {"checkpoints": 2, "digest": "a"}}
    assert not [*_differences(same, same)]
    other: dict[str, Any] = {
        "values": {"n": "2", "m": "3"},
        "history": {"checkpoints": 1, "digest": "b"},
        "resumed": None,
        "resumed_error": "ValueError: no",
    }
    assert [words for _, words in _differences(same, other)] == [
        "state differs: n, m",
        "history differs (2 checkpoints before, 1 after)",
        "resumed state is lost: ValueError: no",
    ]
    failed = {"values": None, "values_error": "ValueError: no"}
    ((part, words),) = _differences(failed, failed)
    assert part == "values"
    assert words == "state is not judged, as both releases fail: ValueError: no"
    changed = _changed({"langgraph": "1", "other": "1"}, {"langgraph": "2", "more": "1"})
    assert changed == {"langgraph": ("1", "2")}


def test_what_both_releases_fail_on_is_not_judged_and_no_difference() -> None:
    upgrade = Upgrade()
    upgrade.add(Judged("a", {"values": "not judged", "history": "same"}, ("both fail",)))
    upgrade.add(Judged("b", {"values": "not judged", "history": "lost"}, ("both fail", "lost")))
    assert (upgrade.threads, upgrade.same, upgrade.unjudged) == (2, 0, 1)
    assert [judged.thread for judged in upgrade.differing] == ["a", "b"]


def test_what_the_same_release_gives_otherwise_is_no_difference() -> None:
    ours, theirs = {"at": "1", "n": "1"}, {"at": "2", "n": "2"}
    assert _other_than_chance(ours, theirs, ours) == "resumed state differs: at, n"
    assert _other_than_chance(ours, theirs, {"at": "3", "n": "1"}) == "resumed state differs: n"
    assert _other_than_chance(ours, theirs, {"at": "3", "n": "4"}) == (
        "resumed state is not judged, as the application is not deterministic: the installed "
        "release itself gives others when it resumes again: at, n"
    )


def test_a_lost_type_alone_is_no_pass() -> None:
    upgrade = Upgrade()
    upgrade.add(Judged("a", lost={"app.Own": 2}))
    assert (upgrade.same, upgrade.threads, upgrade.lost["app.Own"]) == (0, 1, 2)


def test_a_database_that_cannot_be_judged_is_a_sentence(tmp_path: Path, place: Path) -> None:
    (tmp_path / "text.sqlite").write_text("no database, only text" * 50)
    connection = sqlite3.connect(tmp_path / "other.sqlite")
    connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()
    data = (place / "threads.sqlite").read_bytes()
    (tmp_path / "half.sqlite").write_bytes(data[: len(data) // 2])
    for name, problem in (
        ("none.sqlite", "is no file"),
        ("text.sqlite", "is no database of SQLite"),
        ("other.sqlite", "has no table checkpoints"),
        ("half.sqlite", "malformed|broken|has no table"),
    ):
        with (
            pytest.raises(BadFileError, match=problem) as refused,
            SqliteDatabase(tmp_path / name).copied(tmp_path / "copies"),
        ):
            pass
        assert name in refused.value.where


def test_a_log_that_is_not_in_the_file_yet_is_copied_too(tmp_path: Path, place: Path) -> None:
    source = tmp_path / "open.sqlite"
    source.write_bytes((place / "threads.sqlite").read_bytes())
    writer = sqlite3.connect(source)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("UPDATE checkpoints SET thread_id = 'written' WHERE thread_id = 'plain'")
    writer.commit()
    with SqliteDatabase(source).copied(tmp_path / "copies") as copies:
        assert [*copies.threads(None)] == ["asks", "own", "written"]
        assert [*copies.threads("asks")] == ["own", "written"]
        assert copies.count() == 3
    writer.close()


def test_a_half_written_database_is_a_sentence(tmp_path: Path, place: Path) -> None:
    source = tmp_path / "open.sqlite"
    source.write_bytes((place / "threads.sqlite").read_bytes())
    writer = sqlite3.connect(source, isolation_level=None)
    writer.execute("PRAGMA journal_mode=DELETE")
    writer.execute("PRAGMA cache_size=1")
    writer.execute("BEGIN EXCLUSIVE")
    writer.execute("UPDATE checkpoints SET checkpoint = zeroblob(90000)")
    with (
        pytest.raises(UsageError, match=r"half-written: open\.sqlite-journal"),
        SqliteDatabase(source).copied(tmp_path / "copies"),
    ):
        pass
    writer.close()


@pytest.mark.parametrize("mode", ["TRUNCATE", "PERSIST"])
def test_a_journal_that_is_kept_without_a_transaction_is_no_obstacle(
    tmp_path: Path, place: Path, mode: str
) -> None:
    source = tmp_path / "kept.sqlite"
    source.write_bytes((place / "threads.sqlite").read_bytes())
    with closing(sqlite3.connect(source)) as writer:
        writer.execute("PRAGMA journal_mode=DELETE")
        writer.execute(f"PRAGMA journal_mode={mode}")
        writer.execute("UPDATE checkpoints SET thread_id = 'written' WHERE thread_id = 'plain'")
        writer.commit()
    assert source.with_name("kept.sqlite-journal").exists()
    with SqliteDatabase(source).copied(tmp_path / "copies") as copies:
        assert [*copies.threads("own")] == ["written"]


def test_a_database_in_use_and_a_full_disk_are_sentences(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "busy.sqlite"
    source.write_bytes((place / "threads.sqlite").read_bytes())
    copyfile = shutil.copyfile

    def copy(file: Path, target: Path) -> None:
        copyfile(file, target)
        with source.open("ab") as writer:
            writer.write(bytes(4096))

    def free_space(folder: Path) -> Any:
        assert folder == tmp_path / "copies"
        return SimpleNamespace(free=1_000_000_000)

    monkeypatch.setattr(shutil, "copyfile", copy)
    with (
        pytest.raises(UsageError, match=r"changed while it was copied, 3 times\n.*\.backup COPY"),
        SqliteDatabase(source).copied(tmp_path / "copies"),
    ):
        pass
    monkeypatch.setattr(shutil, "disk_usage", free_space)
    with source.open("ab") as writer:
        writer.truncate(600_000_000)
    with (
        pytest.raises(UsageError, match=r"1,200 MB are needed for its copies, 1,000 MB are free"),
        SqliteDatabase(source).copied(tmp_path / "copies"),
    ):
        pass


def test_what_the_application_requires_is_in_both_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[environment.Recipe] = []

    def make(recipe: environment.Recipe, *_: object) -> Path:
        made.append(recipe)
        return tmp_path / "python"

    monkeypatch.setattr(environment, "make", make)
    workspace = Workspace(tmp_path)
    assert _installed(workspace, (), print) == Path(sys.executable)
    assert _installed(workspace, ("langchain-openai==1.1.0",), print) == tmp_path / "python"
    (recipe,) = made
    wanted = {f"langgraph=={metadata.version('langgraph')}", "langchain-openai==1.1.0"}
    assert wanted <= {*recipe.requirements}


def test_the_command_says_what_is_wrong_with_its_arguments(place: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text("[]")
    database = str(place / "threads.sqlite")
    for arguments, problem in (
        (["langgraph==1.2.22", "--sqlite", "none"], "is no file"),
        (["langgraph>1", "--sqlite", database], "not a release of LangGraph"),
        (["langgraph==1.2.22", "--sqlite", database, "--answers", str(answers)], "needs --app"),
        (
            ["langgraph==1.2.22", "--sqlite", database, "--app", "a:b", "--answers", str(answers)],
            "holds no map",
        ),
    ):
        given = ["upgrade", *arguments, "--workspace", str(place)]
        result = CliRunner().invoke(cli, given, standalone_mode=False)
        assert isinstance(result.exception, UsageError)
        assert problem in str(result.exception)
