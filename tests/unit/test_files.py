"""Files that the kit writes: whole or not at all, over no input, the cache where it is wanted."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import parity_kit

from parity_kit.candidates.workspace import CACHE, Workspace
from parity_kit.contract.errors import BadFileError, ExitCode
from parity_kit.contract.events import JOURNAL
from parity_kit.contract.files import write_atomically
from parity_kit.contract.journal import read_journal
from parity_kit.report.ci.journal import Journal


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    home = tmp_path / "port"
    home.mkdir()
    assert parity_kit("init", "mine", "--language", "python", cwd=home).returncode == 0
    return home


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode_and_links(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    write_atomically(file, "old")
    file.chmod(0o640)
    link.symlink_to("file")
    write_atomically(link, b"new")
    assert (file.read_bytes(), link.is_symlink()) == (b"new", True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [file, link]


FILLS_THE_DISK = """
import resource, sys
from pathlib import Path
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import RunFinished
from parity_kit.contract.files import write_atomically
from parity_kit.report.ci.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
path = Path(sys.argv[1])
try:
    if path.is_dir():
        journal = Journal(path)
        for _ in range(1000):
            journal.emit(RunFinished(0, 1.0, ["a note"]))
    else:
        write_atomically(path, "x" * 10_000)
except BadFileError as error:
    print(error)
    if path.is_dir():
        journal.close()
"""


def test_a_disk_without_space_leaves_the_old_file_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("old", encoding="utf-8")
    assert full_disk(file).startswith(f"{file}: could not be written: File too large")
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_journal_on_a_full_disk_is_named_and_keeps_its_whole_lines(tmp_path: Path) -> None:
    assert full_disk(tmp_path).startswith(f"{tmp_path / JOURNAL}: could not be written")
    Journal(tmp_path).close()  # which takes a line away that was cut off
    events, _ = read_journal(tmp_path)
    assert len(events) > 10


def full_disk(path: Path) -> str:
    """Write to a path, or a journal in a folder, until no byte more may be written."""
    done = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_named() -> None:
    with pytest.raises(BadFileError, match="/dev/full: could not be written: No space left"):
        write_atomically(Path("/dev/full"), "text")


WRITES_FOR_EVER = """
import sys
from pathlib import Path
from parity_kit.contract.files import write_atomically
file = Path(sys.argv[1])
while True:
    for letter in "abc":
        write_atomically(file, letter * 3_000_000)
"""


def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for delay in (0.0, 0.003, 0.011, 0.017):
        writer = subprocess.Popen([sys.executable, "-c", WRITES_FOR_EVER, str(file)])
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        text = file.read_text(encoding="utf-8")
        assert len(text) == 3_000_000
        assert len(set(text)) == 1
        file.unlink()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--junit", "parity.toml"], "parity.toml is one of the workspace's own files"),
        (["--sarif", "candidates/mine/engine.py"], "is one of the workspace's own files"),
        (["--trace", "candidates/mine/candidate.toml"], "is one of the workspace's own files"),
        (["--junit", "out", "--sarif", "./out"], "out is also the file of --junit"),
        (["--junit", "out", "--trace", "out"], "out is also the file of --"),
        (["--junit", "link"], "link is one of the workspace's own files"),
    ],
)
def test_an_output_that_would_replace_an_input_or_another_is_refused(
    workspace: Path, arguments: list[str], problem: str
) -> None:
    (workspace / "link").symlink_to("parity.toml")
    before = {file: file.read_bytes() for file in workspace.rglob("*") if file.is_file()}
    done = parity_kit("gate", *arguments, cwd=workspace)
    assert done.returncode == ExitCode.USAGE
    assert problem in " ".join(done.stderr.split())
    assert {file: file.read_bytes() for file in workspace.rglob("*") if file.is_file()} == before


def test_one_stream_may_be_named_twice(workspace: Path) -> None:
    arguments = ["--corpus", "msgpack", "--junit", "/dev/null", "--sarif", "/dev/null"]
    assert parity_kit("gate", *arguments, cwd=workspace).returncode == ExitCode.PARITY


def test_a_gate_writes_nothing_to_the_workspace_with_a_cache_elsewhere(
    workspace: Path, tmp_path: Path
) -> None:
    before = sorted(workspace.rglob("*"))
    cache = tmp_path / "cache"
    arguments = ["gate", "--corpus", "msgpack", "--json", "--cache", str(cache)]
    done = parity_kit(*arguments, cwd=workspace)
    assert done.returncode == ExitCode.PARITY, done.stderr
    (mine,) = json.loads(done.stdout)["candidates"]
    assert mine["compared"] > 0
    assert sorted(workspace.rglob("*")) == before
    assert (cache / "kit").is_dir()


def test_a_workspace_that_cannot_be_written_has_its_cache_with_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CACHE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert Workspace(tmp_path).cache == tmp_path / ".parity"

    def denied(path: Path, mode: int) -> bool:
        return not (path or mode)

    monkeypatch.setattr(os, "access", denied)
    workspace = Workspace(tmp_path)
    assert workspace.cache.parent == tmp_path / "user" / "parity-kit"
    assert workspace.cache != Workspace(tmp_path / "other").cache
    assert workspace.imported == tmp_path / ".parity" / "imported"
    monkeypatch.setenv(CACHE, "named")
    assert workspace.cache == Path.cwd() / "named"
