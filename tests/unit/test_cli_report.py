from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.cli import cli
from parity_kit.contract.errors import BadFileError, ExitCode
from parity_kit.contract.events import CandidateJudged, RunFinished, RunStarted, event_to_json


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "parity.toml").touch()
    folder = tmp_path / "reports" / "parity-1"
    folder.mkdir(parents=True)
    events = [
        RunStarted("parity-1", "0.1.0", {}, {}, 7, ["port"]),
        CandidateJudged("port", "parity", "agrees", 0),
        RunFinished(0, 1.0),
    ]
    lines = [json.dumps(event_to_json(event)) for event in events]
    (folder / "journal.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return tmp_path


def test_a_run_is_found_by_name_and_gets_its_page(workspace: Path) -> None:
    result = CliRunner().invoke(cli, ["report", "parity-1", "--workspace", str(workspace)])

    page = Path(result.stdout.strip())
    assert result.exit_code == ExitCode.PARITY
    assert page.name == "report.html"
    assert "port agrees with LangGraph" in page.read_text(encoding="utf-8")


def test_the_same_journal_gives_the_same_bytes(workspace: Path) -> None:
    folder = workspace / "reports" / "parity-1"
    made: list[bytes] = []
    for _ in range(2):
        CliRunner().invoke(cli, ["report", str(folder), "--workspace", str(workspace)])
        made += [(folder / "report.json").read_bytes(), (folder / "report.html").read_bytes()]

    assert made[:2] == made[2:]


def test_json_prints_what_the_file_holds(workspace: Path) -> None:
    result = CliRunner().invoke(
        cli, ["report", "parity-1", "--json", "--workspace", str(workspace)]
    )

    file = workspace / "reports" / "parity-1" / "report.json"
    assert json.loads(result.stdout) == json.loads(file.read_text(encoding="utf-8"))


def test_a_run_that_is_not_there_names_those_that_are(workspace: Path) -> None:
    result = CliRunner().invoke(cli, ["report", "nothing", "--workspace", str(workspace)])

    assert isinstance(result.exception, BadFileError)
    assert "no run 'nothing'" in str(result.exception)
    assert "there are: parity-1" in result.exception.hint


def test_a_workspace_without_runs_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    result = CliRunner().invoke(cli, ["report", "nothing", "--workspace", str(tmp_path)])

    assert isinstance(result.exception, BadFileError)
    assert "parity-kit parity" in result.exception.hint


def test_the_files_for_ci_systems_are_made_from_a_journal_too(workspace: Path) -> None:
    files = {name: workspace / name for name in ("junit", "markdown", "badge")}
    options = [item for name, file in files.items() for item in (f"--{name}", str(file))]
    CliRunner().invoke(
        cli,
        ["report", "parity-1", *options, "--json", "--workspace", str(workspace)],
        env={"GITHUB_STEP_SUMMARY": str(workspace / "summary")},
    )
    text = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    assert 'failures="0"' in text["junit"]
    assert text["markdown"].startswith("## ✓ parity: ")
    assert json.loads(text["badge"])["isError"] is False
    assert not (workspace / "summary").exists()  # the run itself has told it


def test_a_journal_that_was_cut_off_gives_files_that_say_so(workspace: Path) -> None:
    journal = workspace / "reports" / "parity-1" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    file = workspace / "m.md"
    CliRunner().invoke(
        cli, ["report", "parity-1", "--markdown", str(file), "--workspace", str(workspace)]
    )
    text = file.read_text(encoding="utf-8")
    assert "**Partial:**" in text
    assert "cut off" in text


def _second_run(workspace: Path) -> Path:
    folder = workspace / "reports" / "parity-2"
    folder.mkdir()
    journal = (workspace / "reports" / "parity-1" / "journal.jsonl").read_text(encoding="utf-8")
    text = journal.replace("parity-1", "parity-2")
    (folder / "journal.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_earlier_runs_give_the_page_a_history(workspace: Path) -> None:
    folder = _second_run(workspace)
    result = CliRunner().invoke(
        cli, ["report", "parity-1", "parity-2", "--workspace", str(workspace)]
    )
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert result.stdout.strip() == str(folder / "report.html")
    assert '<section id="history">' in page
    assert "since parity-1" in page


def test_a_report_that_was_kept_is_enough_for_an_earlier_run(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = _second_run(workspace)
    CliRunner().invoke(cli, ["report", "parity-1", "--workspace", str(workspace)])
    kept = tmp_path_factory.mktemp("kept") / "last-week.json"
    kept.write_bytes((workspace / "reports" / "parity-1" / "report.json").read_bytes())
    CliRunner().invoke(cli, ["report", str(kept), "parity-2", "--workspace", str(workspace)])

    assert "since parity-1" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_run_is_no_history_of_itself(workspace: Path) -> None:
    CliRunner().invoke(cli, ["report", "parity-1", "parity-1", "--workspace", str(workspace)])
    page = workspace / "reports" / "parity-1" / "report.html"

    assert '<section id="history">' not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{", "is no report"), ("[]", "is no report"),
     ('{"schema": 99}', "a report of schema 99"), ('{"schema": 1}', "report.kit is missing")],
)  # fmt: skip
def test_an_earlier_report_that_is_none_is_an_error(
    workspace: Path, tmp_path: Path, content: str, problem: str
) -> None:
    kept = tmp_path / "last-week.json"
    kept.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(
        cli, ["report", str(kept), "parity-1", "--workspace", str(workspace)]
    )

    assert isinstance(result.exception, BadFileError)
    assert problem in str(result.exception)
