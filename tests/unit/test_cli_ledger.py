"""`parity-kit ledger`: what is proposed covers what was found, and what is stale is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.cli.ledger import command as ledger
from parity_kit.cli.replay import command as replay
from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind
from parity_kit.contract.casefile import CaseFile
from parity_kit.judging.ledger import FILE

WORKSPACE = find_workspace(Path(__file__))
# Says the opposite of whether a channel is available.
ENGINE = """
from dataclasses import replace

import pure_engine
from parity_kit.contract import Returned


class Session:
    def __init__(self, session):
        self.session = session

    def apply(self, operation):
        outcome = self.session.apply(operation)
        if operation.name == "is_available" and isinstance(outcome, Returned):
            return replace(outcome, value=not outcome.value)
        return outcome

    def close(self):
        self.session.close()


class Engine(pure_engine.Engine):
    def open(self, subject, pins):
        return Session(super().open(subject, pins))
"""
MANIFEST = """
name = "wrong"
title = "Wrong in one way"
kind = "python"
language = "Python"
object = "wrong:Engine"
"""
KNOWN = """
[[difference]]
case = "*"
differs = "operation * (is_available): value*"
level = "none"
reason = "It says the opposite"
until = 2099-12-31
wide = true
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with one corpus and a candidate that is wrong in one way."""
    (tmp_path / "parity.toml").write_text("")
    fixtures, candidate = tmp_path / "fixtures", tmp_path / "candidates" / "wrong"
    fixtures.mkdir()
    candidate.mkdir(parents=True)
    for name in ("channels.msgpack", "channels.index"):
        (fixtures / name).symlink_to(WORKSPACE.fixtures / name)
    manifest = json.loads((WORKSPACE.fixtures / "MANIFEST.json").read_text())
    manifest["corpora"] = {"channels": manifest["corpora"]["channels"]}
    (fixtures / "MANIFEST.json").write_text(json.dumps(manifest))
    (candidate / "candidate.toml").write_text(MANIFEST)
    (candidate / "wrong.py").write_text(ENGINE)
    (candidate / "pure_engine").symlink_to(WORKSPACE.candidates / "pure" / "pure_engine")
    return tmp_path


def call(workspace: Path, *args: str) -> Result:
    group = {"gate": gate, "replay": replay}.get(args[0], ledger)
    given = args if group is ledger else args[1:]
    return CliRunner().invoke(
        group,
        [*given, "--workspace", str(workspace)],
        standalone_mode=False,
        catch_exceptions=False,
    )


def test_what_is_proposed_covers_what_was_found_until_it_is_mended(workspace: Path) -> None:
    kept = workspace / "candidates" / "wrong" / FILE
    assert call(workspace, "gate", "wrong").return_value == 1
    assert call(workspace, "propose", "wrong", "--write").return_value == 0
    assert "is_available" in kept.read_text()

    unexplained = call(workspace, "check", "wrong")
    assert unexplained.return_value == 1
    assert "its reason is still `not explained yet`" in unexplained.stdout
    kept.write_text(kept.read_text().replace("not explained yet", "always says yes"))
    result = call(workspace, "gate", "wrong", "--json")
    assert result.return_value == 0
    output = json.loads(result.stdout)
    assert output["verdict"] == "expected"
    assert output["reached"] == "none"
    assert output["gates"][0]["verdicts"]["expected"] > 0

    checked = call(workspace, "check", "wrong")
    assert checked.return_value == 0
    assert "0 stale" in checked.stdout

    (workspace / "candidates" / "wrong" / "wrong.py").write_text("from pure_engine import Engine\n")
    result = call(workspace, "gate", "wrong")
    assert result.return_value == 1
    checked = call(workspace, "check", "wrong", "--json")
    assert checked.return_value == 1
    assert all(
        "shows that difference" in entry["problem"]
        for entry in json.loads(checked.stdout)["entries"]
    )


def test_case_replayed_is_held_against_the_ledger_too(workspace: Path) -> None:
    subject = Subject(SubjectKind.CHANNEL, {"class": "LastValue", "type": "int"})
    case = Case(CaseId("asked"), subject, (Operation("is_available"),))
    path = workspace / "asked.case.msgpack"
    CaseFile(case, "wrong", (Returned(value=False),), (Returned(value=True),)).write(path)
    assert call(workspace, "replay", str(path)).return_value == 1
    (workspace / "candidates" / "wrong" / FILE).write_text(KNOWN)
    result = call(workspace, "replay", str(path), "--json")
    assert result.return_value == 0
    assert json.loads(result.stdout)["verdict"] == "expected"


def test_entry_that_ends_before_today_is_proposed_by_nobody_and_fails(workspace: Path) -> None:
    call(workspace, "propose", "wrong", "--write", "--until", "2020-01-01")
    result = call(workspace, "check", "wrong")
    assert result.return_value == 1
    assert "ended on 2020-01-01" in result.stdout


def test_engine_without_failures_has_nothing_to_propose(workspace: Path) -> None:
    (workspace / "candidates" / "wrong" / "wrong.py").write_text("from pure_engine import Engine\n")
    result = call(workspace, "propose", "wrong")
    assert result.stdout == ""
    assert "nothing to propose" in result.stderr
