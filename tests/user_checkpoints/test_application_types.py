"""Types of the user's own application: who cannot import them is unsupported, and told the fix."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.explain import command as explain
from parity_kit.cli.gate import command as gate
from parity_kit.cli.replay import command as replay
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import ExitCode, UsageError
from parity_kit.contract.plain import Ext
from parity_kit.corpora.imported import read_imported
from parity_kit.corpora.user_checkpoints.importing import application_types

MANIFEST = """
name = "copy"
title = "LangGraph itself"
kind = "python"
language = "Python"
object = "parity_kit.reference:Engine"
"""
CARELESS = """
import pure_engine

from parity_kit.contract import Subject


class Engine(pure_engine.Engine):
    def open(self, subject, pins):
        spec = {key: value for key, value in subject.spec.items() if key != "types"}
        return super().open(Subject(subject.kind, spec), pins)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The application's module, which this process can import; its name."""
    name = f"app_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / "app"
    folder.mkdir()
    text = "import dataclasses\n\n\n@dataclasses.dataclass\nclass Order:\n    total: int\n"
    (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return name


@pytest.fixture
def imported(
    database: Path, module: str, workspace: Workspace, call: Callable[..., str]
) -> Workspace:
    """A workspace with an imported corpus of values of the application's type."""
    order = pack(Ext(2, pack([module, "Order", {"total": 5}])))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE writes SET value = ? WHERE channel = 'n'", (order,))
        connection.commit()
    summary = json.loads(call("import", "--sqlite", database, "--permissive", "--json"))
    assert summary["cases"] == 24 + 6
    return workspace


@pytest.fixture
def copy(imported: Workspace) -> Path:
    """The manifest of a candidate that is LangGraph itself, in a process of its own."""
    imported.candidates.unlink()
    folder = imported.candidates / "copy"
    folder.mkdir(parents=True)
    (folder / "candidate.toml").write_text(MANIFEST)
    return folder / "candidate.toml"


def test_a_case_names_the_types_that_langgraph_had_to_import(
    imported: Workspace, module: str
) -> None:
    specs = [trace.case.subject.spec for trace in read_imported(imported, "own").traces]
    permissive = [spec for spec in specs if not spec["strict"]]
    assert permissive == [{"strict": False, "types": [[module, "Order"]]}] * 6
    assert all("types" not in spec for spec in specs if spec["strict"])


def test_types_are_found_wherever_they_are_nested() -> None:
    inner = Ext(0, pack(["app", "Inner", 1]))
    value = {"a": [Ext(7, pack(Ext(5, pack(["app", "Outer", {"x": inner}, "f"])))), {1: inner}]}
    plain = {"a": Ext(0, pack(["uuid", "UUID", "0" * 32]))}
    assert application_types(pack(value)) == [("app", "Inner"), ("app", "Outer")]
    assert application_types(pack(plain)) == []


def test_a_candidate_that_imports_nothing_needs_no_types(
    imported: Workspace, judge: Callable[..., Any]
) -> None:
    assert imported.candidates.is_dir()
    answer = judge("own", "pure")
    assert (answer["verdict"], answer["compared"]) == ("equal", 30)


@pytest.mark.slow
def test_a_candidate_that_cannot_import_them_is_unsupported_and_named(
    imported: Workspace,
    copy: Path,
    module: str,
    judge: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = judge("own", "copy")
    (corpus,) = answer["gates"]
    assert corpus["verdicts"] == {"equal": 24, "unsupported": 6}
    assert answer["divergences"] == []
    (note,) = corpus["notes"]
    assert note.startswith(f"unsupported in 6 cases: cannot import {module}.Order")
    assert "PYTHONPATH" in note
    args = ["copy", "--corpus", "imported:own", "--workspace", str(imported.root)]
    assert note[:120] in CliRunner().invoke(gate, args, standalone_mode=False).stdout
    monkeypatch.setenv("PYTHONPATH", str(copy.parents[3] / "app"))
    answer = judge("own", "copy")
    assert (answer["verdict"], answer["gates"][0]["verdicts"]) == ("equal", {"equal": 30})


@pytest.mark.usefixtures("copy")
@pytest.mark.parametrize("command", [replay, explain])
def test_replay_and_explain_say_the_same_as_the_gate(
    imported: Workspace, module: str, command: click.Command
) -> None:
    traces = read_imported(imported, "own").traces
    case = next(trace.case.id for trace in traces if trace.case.id.endswith("/permissive"))
    args = [case, "--candidate", "copy", "--workspace", str(imported.root)]
    result = CliRunner().invoke(command, args, standalone_mode=False)
    assert f"cannot import {module}.Order, which the data names" in result.stdout
    assert "PYTHONPATH" in result.stdout
    if command is replay:
        assert result.return_value == ExitCode.NOT_JUDGED
        assert "unsupported" in result.stdout
        assert "≠" not in result.stdout


def test_an_engine_that_ignores_the_types_is_not_divergent_either(
    copy: Path, module: str, judge: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pure = Path(__file__).parents[2] / "candidates/pure"
    (copy.parent / "careless.py").write_text(
        f"import sys\n\nsys.path.append({str(pure)!r}){CARELESS}"
    )
    copy.write_text(MANIFEST.replace("parity_kit.reference:Engine", "careless:Engine"))
    (corpus,) = judge("own", "copy")["gates"]
    assert corpus["verdicts"] == {"equal": 24, "unsupported": 6}
    assert f"cannot import {module}.Order" in corpus["notes"][0]
    monkeypatch.setenv("PYTHONPATH", str(copy.parents[3] / "app"))
    assert judge("own", "copy")["gates"][0]["verdicts"] == {"equal": 30}


def test_a_kit_that_cannot_import_them_does_not_replay_the_case(
    imported: Workspace, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    traces = read_imported(imported, "own").traces
    case = next(trace.case.id for trace in traces if trace.case.id.endswith("/permissive"))
    args = [case, "--candidate", "pure", "--workspace", str(imported.root)]
    result = CliRunner().invoke(replay, args, standalone_mode=False)
    assert result.return_value == 0, result.output
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr("sys.path", [path for path in sys.path if "/app" not in path])
    result = CliRunner().invoke(replay, args, standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert f"cannot import {module}.Order" in str(result.exception)
    assert result.exception.exit_code is ExitCode.USAGE
