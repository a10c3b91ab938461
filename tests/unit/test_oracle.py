"""The oracle: what it is, and how it moves to another release."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.oracle import command
from parity_kit.contract.errors import KitError, UsageError
from parity_kit.corpora.corpus import read_corpus
from parity_kit.corpora.drift import bump as bumping
from parity_kit.corpora.drift import stale
from parity_kit.corpora.drift.pins import committed_pins, resolve, rewrite
from parity_kit.corpora.folder import write_corpora

WORKSPACE = find_workspace(Path(__file__))
BEFORE = {"langgraph": "1.2.0", "langgraph-prebuilt": "1.1.0", "pydantic": "2.14.3"}
AFTER = {"langgraph": "1.2.1", "langgraph-prebuilt": "1.1.0", "pydantic": "2.14.4"}
PROJECT = """[project]
name = "kit"
dependencies = ["click>=8", "langgraph==1.2.0", "langgraph-prebuilt==1.1.0", "pydantic==2.14.3"]
[project.optional-dependencies]
postgres = []
"""
OLDER = 'requirements = ["langgraph==1.1.10", "langgraph-prebuilt==1.0.13", "pydantic==2.14.3"]\n'


def git(folder: Path, arguments: str) -> None:
    """Run git in a folder."""
    command_line = [shutil.which("git") or "git", *arguments.split()]
    subprocess.run(command_line, cwd=folder, check=True)


@pytest.fixture
def clone(tmp_path: Path) -> Workspace:
    """A clone of a small kit: pins, one corpus, an older release among the candidates."""
    (tmp_path / "parity.toml").touch()
    (tmp_path / ".gitignore").write_text(".parity/\n")
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    older = tmp_path / "candidates/langgraph-1.1.10"
    older.mkdir(parents=True)
    (older / "candidate.toml").write_text(OLDER)
    (older / "expected.toml").write_text("# of runs against 1.2.0\n")
    corpus = read_corpus(WORKSPACE.fixtures / "channels.msgpack")
    write_corpora(tmp_path / "fixtures", [corpus], BEFORE, "CPython")
    for arguments in ("init -q", "add -A", "-c user.name=a -c user.email=b commit -qm first"):
        git(tmp_path, arguments)
    return Workspace(tmp_path)


@pytest.fixture
def steps(clone: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that child processes take, without taking them."""
    taken: list[str] = []

    def run(_: Workspace, module: str, *arguments: str) -> str:
        taken.append(" ".join((module, *arguments)))
        return '{"skipped": {}}'

    def no_environment(*_: Any) -> None:
        taken.append("environment")

    def after(*_: Any) -> dict[str, str]:
        return AFTER

    monkeypatch.setattr(bumping, "_run", run)
    monkeypatch.setattr(bumping, "_update_environment", no_environment)
    monkeypatch.setattr(bumping, "resolve", after)
    assert clone.root.is_dir()
    return taken


def emit(_: str) -> None:
    """Show nothing."""


def test_what_cannot_be_installed_is_named_and_nothing_is_changed() -> None:
    pins = committed_pins(WORKSPACE)
    with pytest.raises(UsageError, match=r"nothing satisfies langgraph==9\.9") as caught:
        resolve(WORKSPACE, pins, ["langgraph==9.9"])
    assert "nothing was changed" in caught.value.hint
    for requirement in ("langgraph>=1", "langchain==1.0", "langgraph"):
        with pytest.raises(UsageError, match="not an exact version of a part of the oracle"):
            resolve(WORKSPACE, pins, [requirement])


def test_pins_move_in_every_file_but_a_release_keeps_its_own(clone: Workspace) -> None:
    changed = {str(path.relative_to(clone.root)) for path in rewrite(clone, BEFORE, AFTER)}
    assert changed == {"pyproject.toml", "candidates/langgraph-1.1.10/candidate.toml"}
    project = (clone.root / "pyproject.toml").read_text()
    assert '"langgraph==1.2.1", "langgraph-prebuilt==1.1.0", "pydantic==2.14.4"' in project
    older = (clone.candidates / "langgraph-1.1.10/candidate.toml").read_text()
    assert older == OLDER.replace("pydantic==2.14.3", "pydantic==2.14.4")
    assert rewrite(clone, BEFORE, AFTER) == []


def test_a_bump_that_stopped_goes_on_with_the_step_that_failed(
    clone: Workspace, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise KitError("the network is gone")

    working = bumping._update_environment  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(bumping, "_update_environment", fail)
    bump = bumping.planned(clone, ["langgraph==1.2.1"])
    with pytest.raises(KitError, match="the network is gone"):
        bumping.carry_out(clone, bump, emit)
    with pytest.raises(UsageError, match=r"a bump to langgraph==1\.2\.1 was stopped"):
        bumping.planned(clone, ["langgraph==1.3.0"])

    monkeypatch.setattr(bumping, "_update_environment", working)
    again = bumping.planned(clone, ["langgraph==1.2.1"])
    assert list(again.seconds) == ["pins"]
    bumping.carry_out(clone, again, emit)
    assert steps[0] == "environment"
    assert steps[1].startswith("parity_kit fixtures build")
    assert list(again.seconds) == ["pins", "environment", "corpora", "masks", "pairs"]
    assert again.rewritten == ["pyproject.toml", "candidates/langgraph-1.1.10/candidate.toml"]
    bumping.finish(clone)
    assert not list(clone.cache.glob("*.json"))


def test_the_corpora_of_before_are_kept_and_compared(clone: Workspace, steps: list[str]) -> None:
    bump = bumping.planned(clone, ["langgraph==1.2.1"])
    bumping.carry_out(clone, bump, emit)
    assert steps
    kept = bumping.kept_folder(clone, BEFORE)
    assert kept.name == "langgraph-1.2.0"
    assert "langgraph==1.2.0" in json.loads((kept / "BASELINE.json").read_text())["requirements"]
    assert bumping.changed_cases(clone, bump) == {}
    corpus = read_corpus(clone.fixtures / "channels.msgpack")
    fewer = type(corpus)(corpus.name, corpus.traces[1:])
    write_corpora(clone.fixtures, [fewer], AFTER, "CPython")
    ((name, changes),) = bumping.changed_cases(clone, bump).items()
    assert (name, [change.kind for change in changes]) == ("channels", ["removed"])


def test_a_bump_is_a_diff_of_its_own(clone: Workspace, steps: list[str]) -> None:
    (clone.candidates / "new.txt").touch()
    with pytest.raises(UsageError, match="uncommitted changes where a bump writes"):
        bumping.planned(clone, ["langgraph==1.2.1"])
    assert steps == []


def test_a_port_has_no_pins_to_bump(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not pin the oracle") as caught:
        bumping.planned(Workspace(tmp_path), ["langgraph==1.2.1"])
    assert "[oracle]" in caught.value.hint


def test_what_speaks_of_the_former_oracle_is_listed(clone: Workspace) -> None:
    readme = "LangGraph 1.2.0 and 1.2.01\nno 11.2.0\n`pydantic` 2.14.3\n2.14.3 alone\n"
    (clone.root / "README.md").write_text(readme)
    (clone.root / "CHANGELOG.md").write_text("LangGraph 1.2.0\n")
    git(clone.root, "add -A")
    listed = stale.mentions(clone, BEFORE, AFTER)
    assert listed["README.md"] == [1, 3]
    assert listed["candidates/langgraph-1.1.10/expected.toml"] == [1]
    assert not {"CHANGELOG.md", "fixtures/MANIFEST.json"} & set(listed)
    assert stale.mentions(clone, BEFORE, BEFORE) == {}
    assert stale.ledgers(clone) == ["candidates/langgraph-1.1.10/expected.toml"]


def test_the_command_shows_the_oracle(tmp_path: Path) -> None:
    shown = CliRunner().invoke(command, ["--json"], standalone_mode=False).output
    pins = committed_pins(WORKSPACE)
    assert json.loads(shown)["oracle"] == pins == json.loads(shown)["installed"]
    assert pins["langgraph-checkpoint-postgres"]
    assert json.loads(shown)["committed"].startswith("20")
    (tmp_path / "parity.toml").touch()
    shutil.copytree(WORKSPACE.fixtures, tmp_path / "fixtures")
    manifest = tmp_path / "fixtures/MANIFEST.json"
    manifest.write_text(manifest.read_text().replace(f'"{pins["langgraph"]}"', '"1.2.3"'))
    text = CliRunner().invoke(command, ["--workspace", str(tmp_path)], standalone_mode=False).output
    (line,) = (line for line in text.splitlines() if line.split()[:1] == ["langgraph"])
    assert line.split() == ["langgraph", "1.2.3", pins["langgraph"]]


def test_a_bump_says_what_changed_and_what_is_stale(
    clone: Workspace, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any) -> str:
        return "not compared: no environment"

    monkeypatch.setattr(bumping, "changed_functions", unknown)
    arguments = ["bump", "langgraph==1.2.1", "--workspace", str(clone.root)]
    dry = CliRunner().invoke(command, [*arguments, "--dry-run", "--json"], standalone_mode=False)
    assert json.loads(dry.output) == {"before": BEFORE, "after": AFTER}
    assert steps == []
    shown = CliRunner().invoke(command, arguments, standalone_mode=False).output
    assert "cases that differ: 0" in shown
    assert "functions of LangGraph: not compared: no environment" in shown
    assert "pins rewritten: pyproject.toml, candidates/langgraph-1.1.10/candidate.toml" in shown
    assert "  candidates/langgraph-1.1.10/expected.toml: 1" in shown
    assert not list(clone.cache.glob("*.json"))
