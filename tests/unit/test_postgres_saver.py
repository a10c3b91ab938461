"""The PostgreSQL saver as a subject: a server of the kit's own, which leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.contract import Case, CaseId, Operation, Pins, Returned, Subject, SubjectKind, run
from parity_kit.contract.errors import DriftError, UsageError
from parity_kit.corpora import requirements
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.reach import ReachedBy
from parity_kit.corpora.regenerate import check, regenerate
from parity_kit.reference.engine import Engine
from parity_kit.reference.functions import Function
from parity_kit.reference.postgres_server import missing

WORKSPACE = find_workspace(Path(__file__))
needs_server = pytest.mark.skipif(bool(missing()), reason=missing())
POSTGRES = Subject(SubjectKind.SAVER, {"saver": "postgres"})


def checkpoint(name: str, **parts: Any) -> dict[str, Any]:
    values, versions = {"log": [name]}, {"log": "1"}
    base: dict[str, Any] = {"v": 4, "id": name, "ts": "2024-01-01T00:00:00+00:00"}
    return base | {"channel_values": values, "channel_versions": versions} | parts


def put(name: str, **parts: Any) -> Operation:
    place: dict[str, Any] = {"thread": "t", "ns": "", "metadata": {}, "new_versions": {"log": "1"}}
    return Operation("put", {**place, "checkpoint": checkpoint(name, **parts)})


@needs_server
def test_sessions_do_not_see_each_other() -> None:
    engine = Engine()
    first, second = engine.open(POSTGRES, Pins()), engine.open(POSTGRES, Pins())
    first.apply(put("a"))
    outcomes = [item.apply(Operation("list", {"thread": "t"})) for item in (first, second)]
    first.close()
    third = engine.open(POSTGRES, Pins())
    outcomes.append(third.apply(Operation("list", {"thread": "t"})))
    second.close()
    third.close()
    values = [outcome.value for outcome in outcomes if isinstance(outcome, Returned)]
    assert [len(value) for value in values if isinstance(value, list)] == [1, 0, 0]


@needs_server
def test_what_its_setup_runs_is_reached_whatever_ran_before() -> None:
    name, reached = CorpusName("savers_postgres"), ReachedBy()
    run(Engine(), Case(CaseId("x"), POSTGRES, (put("a"),)))
    regenerate(WORKSPACE, [name], reached=reached)
    assert (
        Function("langgraph.checkpoint.base", "BaseCheckpointSaver.__init__")
        in reached[name].functions
    )


@needs_server
def test_versions_end_in_the_number_of_checkpoints() -> None:
    operations = (put("a"), put("b"), Operation("next_version"))
    outcome = run(Engine(), Case(CaseId("c"), POSTGRES, operations))[-1]
    assert isinstance(outcome, Returned)
    assert outcome.value == f"{1:032}.{2:016}"


@needs_server
def test_a_session_goes_on_after_what_the_server_refuses() -> None:
    operations = (put("a", channel_values={"x": float("nan")}), put("a"))
    refused, accepted = run(Engine(), Case(CaseId("c"), POSTGRES, operations))
    assert getattr(refused, "error", "") == "postgres.22P02"
    assert isinstance(accepted, Returned)


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder that the user who runs the server may read, unlike pytest's."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "servers").mkdir()
        (folder / "servers").chmod(0o777)
        yield folder


def test_a_server_that_is_still_being_made_leaves_nothing(open_folder: Path) -> None:
    servers = open_folder / "servers"
    for name, body in {"initdb": "echo made; sleep 0.3", "postgres": "exec sleep 60"}.items():
        (program := open_folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    program = "from parity_kit.reference.postgres_server import server; server()"
    path = f"{open_folder}:{os.environ['PATH']}"
    more = {"PYTHONPATH": str(WORKSPACE.root), "TMPDIR": str(servers), "PATH": path}
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, **more})
    try:
        wait_until(lambda: any(log.stat().st_size for log in servers.glob("*/log")))
    finally:
        process.kill()
        process.wait()
    assert [*servers.iterdir()], "initdb still runs"
    wait_until(lambda: not [*servers.iterdir()])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@needs_server
@pytest.mark.parametrize("how", ["normally", "killed"])
def test_the_server_ends_with_its_process_and_leaves_nothing(tmp_path: Path, how: str) -> None:
    program = (
        "import sys; from parity_kit.reference.postgres_server import server\n"
        "print(server().folder, flush=True); sys.stdin.read()\n"
    )
    # Under a short name: a socket's path has a limit.
    env = {**os.environ, "PYTHONPATH": str(WORKSPACE.root)}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert (folder / "data" / "postmaster.pid").is_file()
    if how == "killed":
        process.send_signal(signal.SIGKILL)
    process.stdin.close()
    process.stdout.close()
    process.wait(20)
    wait_until(lambda: not folder.exists())
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)  # noqa: S607  # where ps lies is the system's business
    assert str(folder) not in running.stdout


@pytest.fixture
def demo(tmp_path: Path) -> Workspace:
    """A workspace with a corpus that needs PostgreSQL and one that does not, both committed."""
    for place in ("generators", "fixtures"):
        (tmp_path / place).mkdir()
    (tmp_path / "parity.toml").write_text("")
    for name in ("savers_postgres", "plain"):
        needs = 'REQUIRES = ("postgresql",)\n' if name != "plain" else ""
        (tmp_path / "generators" / f"{name}.py").write_text(
            f"from parity_kit.corpora.authoring import channel, op\n{needs}"
            "def cases():\n"
            f"    yield channel('{name}/one', {{'class': 'LastValue', 'type': 'int'}}, op('get'))\n"
        )
    return Workspace(tmp_path)


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = requirements.Requirement(lambda: "there is no PostgreSQL server: apt install it", ())
    monkeypatch.setattr(requirements, "KNOWN", {"postgresql": absent})


@pytest.mark.usefixtures("no_server")
def test_without_a_server_the_corpus_is_named_and_is_no_drift(demo: Workspace) -> None:
    shutil.copytree(WORKSPACE.fixtures, demo.root / "fixtures", dirs_exist_ok=True)
    checked = check(demo)
    assert checked.skipped == {"savers_postgres": "there is no PostgreSQL server: apt install it"}
    assert "savers_postgres" not in {**checked.drifted, **checked.cases}
    assert checked.cases == {"plain": 1}
    assert set(regenerate(demo)) == {"plain"}


@pytest.mark.usefixtures("no_server")
def test_build_leaves_the_corpus_alone_and_says_so(demo: Workspace) -> None:
    shutil.copytree(WORKSPACE.fixtures, demo.root / "fixtures", dirs_exist_ok=True)
    args = ["build", "--workspace", str(demo.root)]
    result = CliRunner().invoke(command, args, standalone_mode=False)
    assert result.exception is None
    assert "savers_postgres: not regenerated: there is no PostgreSQL server" in result.output
    for file in ("savers_postgres.msgpack", "savers_postgres.index"):
        assert (demo.fixtures / file).read_bytes() == (WORKSPACE.fixtures / file).read_bytes()
    entries = [read_manifest(workspace.fixtures).corpora for workspace in (demo, WORKSPACE)]
    assert entries[0]["savers_postgres"] == entries[1]["savers_postgres"]  # pyright: ignore[reportArgumentType]  # a corpus's name


@pytest.mark.usefixtures("no_server")
def test_asked_for_by_name_a_corpus_that_cannot_be_made_is_an_error(demo: Workspace) -> None:
    with pytest.raises(UsageError, match="savers_postgres cannot be regenerated here: there is no"):
        regenerate(demo, ["savers_postgres"])


@needs_server
def test_another_release_of_the_saver_is_another_oracle(demo: Workspace) -> None:
    shutil.copytree(WORKSPACE.fixtures, demo.root / "fixtures", dirs_exist_ok=True)
    manifest = demo.fixtures / "MANIFEST.json"
    needs = '"langgraph-checkpoint-postgres": "'
    assert needs in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(needs, f"{needs}0."))
    with pytest.raises(DriftError, match="langgraph-checkpoint-postgres is"):
        check(demo, ["savers_postgres"])
