"""The setup of a `command` candidate: run once, in the cache, again when what it reads changes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from parity_kit.candidates.launch import NOT_MADE, find, missing, start
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind
from parity_kit.contract.errors import EnvironmentBuildError

ENGINE = """
import os, pathlib, sys
sys.path.insert(0, os.environ["PLACE"])
import miniature
miniature.OUTCOME["value"] = pathlib.Path(sys.argv[1]).read_text()
miniature.serve(lambda msgid: None)
"""
MINIATURE = Path(__file__).parents[1] / "faults/engines/miniature.py"
CASE = Case(CaseId("c"), Subject(SubjectKind.CODEC, {}), (Operation("decode"),))
COPY = "echo copying; tr a-z A-Z < part.txt > made"


def make_workspace(base: Path, setup: str = COPY, needs: str = "sh") -> Workspace:
    """Make a candidate whose setup makes a file, which its engine answers with."""
    home = base / "candidates/mine"
    (home / "src").mkdir(parents=True)
    (home / "candidate.toml").write_text(
        f"""
        name = "mine"
        title = "My port"
        language = "Python"
        kind = "command"
        command = ["{sys.executable}", "engine.py", "{{environment}}/made"]
        needs = ["{needs}"]
        setup = ["sh", "-c", "{setup}"]
        setup_files = ["part.txt", "src/*"]
        [env]
        PLACE = "{{environment}}/src"
        """,
        encoding="utf-8",
    )
    (home / "engine.py").write_text(ENGINE, encoding="utf-8")
    (home / "part.txt").write_text("first", encoding="utf-8")
    shutil.copy(MINIATURE, home / "src")
    return Workspace(base)


def answer(workspace: Workspace, progress: list[str]) -> object:
    with start(find(workspace, "mine"), workspace, progress.append) as engine:
        outcome = engine.run(CASE)[0]
    assert isinstance(outcome, Returned)
    return outcome.value


def test_setup_is_run_once_and_again_when_a_file_of_it_changes(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    home = workspace.candidates / "mine"
    before = sorted(home.rglob("*"))
    assert missing(find(workspace, "mine"), workspace) == NOT_MADE

    progress: list[str] = []
    assert answer(workspace, progress) == "FIRST"
    assert "mine: copying" in progress
    assert missing(find(workspace, "mine"), workspace) == ""
    assert sorted(home.rglob("*")) == before, "the candidate's own folder is as it was"

    progress.clear()
    (home / "engine.py").write_text(ENGINE + "# not read by the setup\n", encoding="utf-8")
    assert answer(workspace, progress) == "FIRST"
    assert progress == ["mine: starting"]

    (home / "part.txt").write_text("second", encoding="utf-8")
    assert answer(workspace, progress) == "SECOND"


def test_setup_that_fails_is_quoted_and_tried_again(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "echo no such library; exit 7")
    for _ in range(2):
        with pytest.raises(EnvironmentBuildError, match=r"(?s)exit code 7.*no such library"):
            start(find(workspace, "mine"), workspace)
    assert missing(find(workspace, "mine"), workspace) == NOT_MADE


def test_setup_that_is_no_program_is_named(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    manifest = workspace.candidates / "mine/candidate.toml"
    text = manifest.read_text(encoding="utf-8").replace('"sh", "-c"', '"no-such-tool", "-c"')
    manifest.write_text(text, encoding="utf-8")
    with pytest.raises(EnvironmentBuildError, match="no-such-tool could not be started"):
        start(find(workspace, "mine"), workspace)


def test_missing_toolchain_is_named_with_what_would_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(tmp_path, needs="node")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing(find(workspace, "mine"), workspace).startswith(
        "no program node: apt install nodejs"
    )
    with pytest.raises(EnvironmentBuildError, match="needs node, which is not on PATH") as caught:
        start(find(workspace, "mine"), workspace)
    assert "apt install nodejs" in caught.value.hint


def test_colours_of_what_a_setup_says_are_left_out(tmp_path: Path) -> None:
    printed = r"\\033[1mbuilding\\033[0m\\n\\033[0m\\033[0m\\n"
    colourful = f"printf '{printed}'; tr a-z A-Z < part.txt > made"
    progress: list[str] = []
    answer(make_workspace(tmp_path, colourful), progress)
    assert "mine: building" in progress
    assert not any("[0m" in line for line in progress)
