"""A manifest is read strictly: every mistake names its file, its key and a next step."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.candidates import launch
from parity_kit.candidates.manifest import CommandSetup, Kind, PipSetup, PythonSetup, load
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.candidates import command
from parity_kit.contract.errors import BadManifestError, ExitCode, UnknownCandidateError
from parity_kit.wire.limits import MIB, Limits

HEAD = 'name = "mine"\ntitle = "My port"\nlanguage = "Go"\n'
PYTHON = HEAD + 'kind = "python"\nobject = "engine:Engine"\n'
PIP = HEAD + 'kind = "pip"\nrequirements = ["langgraph==1.2.24"]\n'
COMMAND = HEAD + 'kind = "command"\ncommand = ["./engine", "--stdio"]\n'


def folder(base: Path, text: str, name: str = "mine") -> Path:
    home = base / "candidates" / name
    home.mkdir(parents=True)
    (home / "candidate.toml").write_text(text, encoding="utf-8")
    return home


def test_least_of_each_kind(tmp_path: Path) -> None:
    python = load(folder(tmp_path / "a", PYTHON))
    assert python.kind is Kind.PYTHON
    assert python.setup == PythonSetup("engine:Engine", tmp_path / "a/candidates/mine")
    assert (python.limits, python.description, dict(python.env)) == (Limits(), "", {})
    pip = load(folder(tmp_path / "b", PIP))
    assert pip.setup == PipSetup(("langgraph==1.2.24",), None, tmp_path / "b/candidates/mine")
    command = load(folder(tmp_path / "c", COMMAND))
    assert command.setup == CommandSetup(("./engine", "--stdio"))


def test_a_saver_of_its_own(tmp_path: Path) -> None:
    own = load(folder(tmp_path / "a", PIP + 'saver = "savers:duckdb"\n'))
    assert isinstance(own.setup, PipSetup)
    assert own.setup.saver == "savers:duckdb"
    with pytest.raises(BadManifestError, match="saver"):
        load(folder(tmp_path / "b", PIP + 'saver = "no function"\n'))
    with pytest.raises(BadManifestError, match="saver"):
        load(folder(tmp_path / "c", PYTHON + 'saver = "savers:duckdb"\n'))


def test_everything_there_is(tmp_path: Path) -> None:
    text = (
        'description = "Why"\npath = "../common"\npatch = "patch:engage"\n'
        "[limits]\nseconds = 5\nmemory_mib = 64\nprocesses = 3\nopen_files = 50\nframe_mib = 1\n"
        'restarts = 7\nnetwork = true\n[env]\nPYTHONHASHSEED = "0"\nEMPTY = ""\n'
    )
    (tmp_path / "candidates/common").mkdir(parents=True)
    candidate = load(folder(tmp_path, PIP + text))
    assert candidate.description == "Why"
    assert candidate.limits == Limits(
        seconds=5.0,
        cpu_seconds=20.0,
        memory_bytes=64 * MIB,
        processes=3,
        open_files=50,
        frame_bytes=MIB,
        restarts=7,
        network=True,
    )
    assert candidate.env == {"PYTHONHASHSEED": "0", "EMPTY": ""}
    assert isinstance(candidate.setup, PipSetup)
    assert candidate.setup.patch == "patch:engage"
    assert candidate.setup.path == tmp_path / "candidates/common"


MISTAKES = [
    (
        PYTHON.replace('title = "My port"\n', ""),
        "title",
        "is missing",
        "parity-kit docs candidates",
    ),
    (PYTHON.replace("title", "titel"), "titel", "unknown key", "did you mean `title`?"),
    (PYTHON + "titel = 1\n", "titel", "unknown key", "did you mean `title`?"),
    (PYTHON + "requirements = []\n", "requirements", "unknown key", "keys: name"),
    (PYTHON.replace('"My port"', "7"), "title", "must be a string, not 7", ""),
    (PYTHON.replace('"My port"', '" "'), "title", "is empty", ""),
    (PYTHON.replace('"mine"', '"Mine!"'), "name", "characters other than", ""),
    (PYTHON.replace('"mine"', '"other"'), "name", "not the name of its folder", ""),
    (PYTHON.replace('"python"', '"wasm"'), "kind", "unknown kind 'wasm'", "python, pip, command"),
    (PYTHON.replace("engine:Engine", "engine"), "object", "`module:name`", ""),
    (PYTHON + 'path = "nowhere"\n', "path", "no folder", "relative to candidate.toml"),
    (PIP.replace('["langgraph==1.2.24"]', "[]"), "requirements", "at least one", ""),
    (PIP.replace('"langgraph==1.2.24"', "1"), "requirements", "list of strings", ""),
    (PIP + 'patch = "a-b:c"\n', "patch", "`module:name`", ""),
    (COMMAND.replace('["./engine", "--stdio"]', '"./engine"'), "command", "a list of strings", ""),
    (COMMAND + 'setup = ["make"]\n', "setup_files", "is missing", ""),
    (COMMAND + 'setup_files = ["*"]\n', "setup_files", "unknown key", ""),
    (COMMAND + 'setup = ["make"]\nsetup_files = ["src/*"]\n', "setup_files", "no file 'src/*'", ""),
    (COMMAND + 'setup = ["make"]\nsetup_files = ["../x"]\n', "setup_files", "is outside", ""),
    (COMMAND + "[limits]\nsecond = 1\n", "limits.second", "unknown key", "`seconds`"),
    (COMMAND + "[limits]\nseconds = 0\n", "limits.seconds", "above 0", ""),
    (COMMAND + "[limits]\nseconds = true\n", "limits.seconds", "above 0", ""),
    (COMMAND + '[limits]\nseconds = "1"\n', "limits.seconds", "must be a number", ""),
    (COMMAND + "[limits]\nprocesses = 1.5\n", "limits.processes", "a whole number", ""),
    (COMMAND + "[limits]\nnetwork = 1\n", "limits.network", "true or false", ""),
    (COMMAND + "[env]\nPORT = 80\n", "env.PORT", "must be a string", ""),
    (COMMAND + 'limits = "none"\n', "limits", "must be a table", ""),
    (PYTHON.replace('"My port"', "2026-01-31"), "title", "a string, not 2026-01-31", ""),
    (PYTHON.replace('"My port"', str([7] * 999)), "title", "7, 7, 7,…", ""),
    (PYTHON.replace('"My port"', "{a = 1}"), "title", "a string, not a table", ""),
    (PYTHON.replace('"My port"', r'"a\u0000b"'), "title", "has a NUL character", ""),
    (PYTHON + r'path = "a\u0000b"' + "\n", "path", "has a NUL character", ""),
    (PYTHON + 'path = "candidate.toml"\n', "path", "no folder", ""),
    (PYTHON + 'claims = "."\n', "claims", "no file", ""),
    (COMMAND.replace("--stdio", r"\u0000"), "command", "has a NUL character", ""),
    (COMMAND.replace('"--stdio"', '""'), "command", "strings that are not empty", ""),
    (COMMAND + 'setup = ["make"]\nsetup_files = ["**a"]\n', "setup_files", "", ""),
    (COMMAND + 'setup = ["make"]\nsetup_files = ["."]\n', "setup_files", "", ""),
    (COMMAND + "[limits]\nopen_files = 99999999999999999999\n", "limits.open_files", "at most", ""),
    (COMMAND + "[limits]\nseconds = inf\n", "limits.seconds", "above 0", ""),
    (COMMAND + '[env]\n"A=B" = "1"\n', "env.A=B", "'A=B' is not a name for a variable", ""),
    (COMMAND + '[env]\n"" = "1"\n', "env.", "'' is not a name for a variable", ""),
    (COMMAND + r"[env]" + '\nA = "\\u0000"\n', "env.A", "has a NUL character", ""),
    (COMMAND + "[env]\nA = {b = 1}\n", "env.A", "must be a string, not a table", ""),
    (COMMAND + "env = [1]\n", "env", "must be a table", ""),
]


@pytest.mark.parametrize(("text", "key", "problem", "hint"), MISTAKES)
def test_mistake_is_named(tmp_path: Path, text: str, key: str, problem: str, hint: str) -> None:
    home = folder(tmp_path, text)
    with pytest.raises(BadManifestError) as caught:
        load(home)
    assert caught.value.where == f"{home / 'candidate.toml'}: key `{key}`"
    assert problem in caught.value.problem
    assert hint in caught.value.hint


def as_bytes(data: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(data)


def unreadable(file: Path) -> None:
    file.touch()
    file.chmod(0)


BAD_FILES: list[tuple[str, Callable[[Path], object], str]] = [
    ("nothing", lambda _: None, "cannot be read: No such file"),
    ("half a line", as_bytes(b"name = "), "is not TOML: Invalid value"),
    ("a key twice", as_bytes(b"a = 1\na = 2"), "is not TOML: Cannot overwrite"),
    ("deep", as_bytes(b"a = " + b"[" * 9999), "is not TOML: nested too deeply"),
    ("Latin-1", as_bytes('title = "é"'.encode("latin-1")), "is not UTF-8: byte 9 is 0xe9"),
    ("UTF-16", as_bytes("a = 1".encode("utf-16")), "is not UTF-8: byte 0 is 0xff"),
    ("a BOM", as_bytes(b"\xef\xbb\xbf" + COMMAND.encode()), "begins with a byte order mark"),
    ("NUL bytes", as_bytes(b"\0" * 9), "is not TOML"),
    ("2 MiB", as_bytes(b"#" * (2 << 20)), "is over 1 MiB long"),
    ("a directory", Path.mkdir, "is a directory, not a text file"),
    ("a FIFO", os.mkfifo, "is a FIFO, not a text file"),
    ("a device", lambda file: file.symlink_to("/dev/zero"), "is a device, not a text file"),
    ("a loop", lambda file: file.symlink_to(file), "cannot be read: Too many levels"),
    ("a broken link", lambda file: file.symlink_to("gone"), "cannot be read: No such file"),
    ("no permission", unreadable, "cannot be read: Permission denied"),
]


@pytest.mark.parametrize(("make", "problem"), [(make, problem) for _, make, problem in BAD_FILES])
def test_a_file_that_is_not_a_manifest_is_named(
    tmp_path: Path, make: Callable[[Path], object], problem: str
) -> None:
    if make is unreadable and os.getuid() == 0:
        pytest.skip("root may read every file")
    home = tmp_path / "candidates" / "mine"
    home.mkdir(parents=True)
    make(home / "candidate.toml")
    workspace = Workspace(tmp_path)
    with pytest.raises(BadManifestError) as caught:
        launch.find(workspace, "mine")
    assert caught.value.where == str(home / "candidate.toml")
    assert problem in caught.value.problem
    assert caught.value.hint
    # A folder that holds code for several candidates has no manifest, which is no problem.
    assert len(launch.readable(workspace)[1]) == os.path.lexists(home / "candidate.toml")


def test_candidates_that_are_not_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "candidates").touch()
    assert launch.readable(Workspace(tmp_path)) == ([], [])
    with pytest.raises(UnknownCandidateError):
        launch.find(Workspace(tmp_path), "mine")


def test_unknown_candidate_gets_the_nearest_name(tmp_path: Path) -> None:
    folder(tmp_path, COMMAND)
    folder(tmp_path, COMMAND.replace('"mine"', '"other"'), "other")
    workspace = Workspace(tmp_path)
    assert [candidate.name for candidate in launch.readable(workspace)[0]] == ["mine", "other"]
    assert launch.find(workspace, "other").title == "My port"
    with pytest.raises(UnknownCandidateError, match=re.escape("did you mean 'mine'?")):
        launch.find(workspace, "mime")
    with pytest.raises(UnknownCandidateError, match="candidates: mine, other, pure"):
        launch.find(workspace, "xyz")


def test_a_wrong_manifest_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    folder(tmp_path, COMMAND)
    folder(tmp_path, "name = ", "other")
    listed = CliRunner(catch_exceptions=False).invoke(
        command, ["list", "--workspace", str(tmp_path)], standalone_mode=False
    )
    assert listed.return_value == ExitCode.USAGE
    assert "My port" in listed.stdout
    assert str(tmp_path / "candidates" / "other" / "candidate.toml") in listed.stderr


def test_what_a_command_still_needs(tmp_path: Path) -> None:
    home = folder(tmp_path, COMMAND)
    candidate = load(home)
    assert isinstance(candidate.setup, CommandSetup)
    assert launch.missing(candidate, Workspace(tmp_path)) == "no program ./engine"
    (home / "engine").write_text("#!/bin/sh\n", encoding="utf-8")
    not_executable = "./engine is not executable: chmod +x"
    assert launch.missing(candidate, Workspace(tmp_path)) == not_executable
    (home / "engine").chmod(0o755)
    assert launch.missing(candidate, Workspace(tmp_path)) == ""
    assert (
        launch.missing(
            replace(candidate, setup=replace(candidate.setup, needs=("sh", "no-such-tool"))),
            Workspace(tmp_path),
        )
        == "no program no-such-tool: put `no-such-tool` on PATH"
    )
