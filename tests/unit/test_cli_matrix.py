"""`parity-kit matrix` and a run of the matrix: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.matrix import command
from parity_kit.contract import Trace
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import (
    CandidateJudged,
    ClaimsRead,
    Event,
    RowJudged,
)
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.folder import read_corpora, write_corpora
from parity_kit.corpora.reach import REACH
from parity_kit.gates.matrix.rows import UNSEEN, all_rows, read_rows
from parity_kit.gates.runner import Judging, Plan

WORKSPACE = find_workspace(Path(__file__))
ENGINES = Path(__file__).parent / "engines"


HEAD = 'source = "https://it"\nversion = "1"\n'
SHOWN = (
    "channels/last-value/one",
    "channels/last-value/two-writes",
    "channels/topic/one-step",
    "channels/topic/accumulate",
    "channels/any-value/last-wins",
)


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few cases, so that what comes out does not change with the corpora."""
    folder = tmp_path_factory.mktemp("matrix") / "fixtures"
    traces: dict[str, Trace] = {
        trace.case.id: trace
        for corpus in read_corpora(WORKSPACE.fixtures, ["channels"])
        for trace in corpus.traces
    }
    corpus = Corpus(CorpusName("channels"), tuple(traces[case] for case in SHOWN))
    write_corpora(folder, [corpus], {}, "3.11")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, fixtures: Path) -> Path:
    """A workspace with a few fixtures and small engines as candidates."""
    (tmp_path / "parity.toml").touch()
    (tmp_path / "fixtures").symlink_to(fixtures, target_is_directory=True)
    kinds = {
        "good": "Engine",
        "bad": "OneByteOff",
        "partly": "WithoutTopics",
        "empty": "SupportsNothing",
        "broken": "FailsThroughout",
    }
    for name, kind in kinds.items():
        folder = tmp_path / "candidates" / name
        folder.mkdir(parents=True)
        claims = 'claims = "claims.toml"\n' if name == "partly" else ""
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
            f'object = "from_fixtures:{kind}"\npath = "{ENGINES}"\n{claims}'
            f'[env]\nPARITY_KIT_TEST_FIXTURES = "{fixtures}"\n'
        )
    (tmp_path / "candidates" / "partly" / "claims.toml").write_text(
        f'{HEAD}[channels]\nTopic = "yes"\nLastValue = "likely"\n'
    )
    return tmp_path


def call(workspace: Path, *args: str) -> Any:
    return CliRunner().invoke(
        command, [*args, "--workspace", str(workspace)], standalone_mode=False
    )


ROWS = ("--row", "LastValue", "--row", "Topic", "--row", "AnyValue")


@pytest.mark.parametrize(
    ("candidate", "code", "summary"),
    [
        ("good", ExitCode.PARITY, "bytes 3"),
        ("bad", ExitCode.DIVERGENCE, "trace 3"),
        ("partly", ExitCode.PARITY, "bytes 2, unsupported 1"),
        ("empty", ExitCode.NOT_JUDGED, "unsupported 3"),
        ("broken", ExitCode.NOT_JUDGED, "crashed 3"),
    ],
)
def test_the_command_ends_with_the_code_of_its_rows(
    workspace: Path, candidate: str, code: ExitCode, summary: str
) -> None:
    result = call(workspace, candidate, *ROWS)
    assert summary in result.output
    assert result.return_value == code, result.output


def test_a_row_without_a_case_is_no_pass(workspace: Path) -> None:
    result = call(workspace, "good", "--category", "channels")
    assert result.return_value == ExitCode.NOT_JUDGED
    assert "no case" in result.output


def test_a_candidate_that_is_not_there_ends_before_anything_runs(workspace: Path) -> None:
    assert "no candidate 'nobody'" in str(call(workspace, "good", "nobody").exception)
    assert "no category or row 'zzz'" in str(call(workspace, "good", "--row", "zzz").exception)


def test_only_and_worst_first_choose_and_order_what_is_shown(workspace: Path) -> None:
    def names(*args: str) -> list[str]:
        shown = json.loads(call(workspace, "partly", *ROWS, "--json", *args).stdout)
        return [row["row"] for row in shown["candidates"][0]["rows"]]

    assert names() == ["LastValue", "Topic", "AnyValue"]
    assert names("--only", "unsupported") == ["Topic"]
    assert names("--only", "agrees") == ["LastValue", "AnyValue"]
    assert names("--only", "differs") == []
    assert names("--worst-first") == ["Topic", "LastValue", "AnyValue"]


def test_json_holds_what_was_found_of_each_candidate(workspace: Path) -> None:
    result = call(workspace, "partly", "bad", *ROWS, "--json")
    partly, bad = json.loads(result.stdout)["candidates"]
    assert result.return_value == max(partly["exit_code"], bad["exit_code"]) == 1
    assert (partly["verdict"], partly["levels"]) == ("equal", {"bytes": 2, "unsupported": 1})
    topic = partly["rows"][1]
    assert topic["reasons"] == {"unsupported: not in the fixtures": 2}
    assert topic["claimed"] == "yes"
    assert partly["claims"] == {"source": "https://it", "version": "1"}
    assert bad["rows"][0]["differing"][0][0] == "channels/last-value/one"


def test_what_is_printed_is_this(workspace: Path) -> None:
    """`tests/gold/matrix.txt` holds it; where a change is meant, put the new text there."""
    gold = Path(__file__).parents[1] / "gold" / "matrix.txt"
    assert call(workspace, "partly", "bad", "--category", "channels").stdout == gold.read_text(
        encoding="utf-8"
    )


def test_a_run_tells_the_rows_and_what_is_claimed(workspace: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    opened = find_workspace(workspace)
    judging = Judging(opened, tmp_path / "run", events.append, lambda _: None)
    conclusion = judging.candidate(find(opened, "partly"), Plan(rows=read_rows()))
    assert conclusion.exit_code is ExitCode.PARITY

    rows = {event.row: event for event in events if isinstance(event, RowJudged)}
    assert len([event for event in events if isinstance(event, RowJudged)]) == len(read_rows())
    assert (rows["LastValue"].verdict, rows["LastValue"].claimed) == ("equal", "likely")
    assert rows["Topic"].reasons == {"unsupported: not in the fixtures": 2}
    assert [event.source for event in events if isinstance(event, ClaimsRead)] == ["https://it"]
    assert isinstance(events[-1], CandidateJudged), "the verdict comes last"


def test_it_loads_none_of_what_it_must_not_need(workspace: Path) -> None:
    program = """
import sys
from parity_kit.cli import cli
code = cli(["matrix", "good", "--row", "Topic", "--workspace", sys.argv[1]], standalone_mode=False)
roots = {name.partition(".")[0] for name in sys.modules}
heavy = {"langgraph", "langchain_core", "pandas", "numpy", "matplotlib", "hypothesis", "pydantic"}
print("loaded:", sorted(roots & heavy), "exit", int(code))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(workspace)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(WORKSPACE.root)},
    )
    assert "loaded: [] exit 0" in done.stdout


def test_an_area_that_no_case_runs_is_a_row(workspace: Path) -> None:
    fixtures = workspace / "fixtures"
    shutil.copytree(fixtures.resolve(), workspace / "copy")
    fixtures.unlink()
    (workspace / "copy").rename(fixtures)
    assert all_rows(fixtures) == read_rows(), "without a record of what the cases run"
    shutil.copy(find_workspace(Path(__file__)).fixtures / REACH, fixtures)
    rows = {row.key: row for row in all_rows(fixtures)}
    assert rows.keys() > {row.key for row in read_rows()}
    row = rows[UNSEEN, "remote graphs"]
    assert not row.shown_by("channels/last-value/one")
    shown = call(workspace, "good", "--category", UNSEEN)
    assert re.search("remote graphs .*no case", shown.stdout)
    assert shown.return_value == ExitCode.NOT_JUDGED
