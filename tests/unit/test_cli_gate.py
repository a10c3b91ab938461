"""`parity-kit gate`: its exit codes, its output and its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.gate import command
from parity_kit.contract.errors import (
    ExitCode,
)
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.manifest import read_manifest

WORKSPACE = find_workspace(Path(__file__))
ENGINES = Path(__file__).parent / "engines"


@pytest.fixture
def workspace(tmp_path: Path, some_corpora: Callable[..., object]) -> Path:
    """A workspace with a corpus of each kind of subject, and small engines as candidates."""
    (tmp_path / "parity.toml").write_text("")
    some_corpora(tmp_path, "arrays", "channels", "graphs", "savers", every=10)
    kinds = {
        "good": "Engine",
        "bad": "OneByteOff",
        "empty": "SupportsNothing",
        "broken": "FailsThroughout",
    }
    for name, kind in kinds.items():
        folder = tmp_path / "candidates" / name
        folder.mkdir(parents=True)
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
            f'description = "for a test"\nobject = "from_fixtures:{kind}"\npath = "{ENGINES}"\n'
            f'[env]\nPARITY_KIT_TEST_FIXTURES = "{tmp_path / "fixtures"}"\n'
        )
    return tmp_path


def call(workspace: Path, *args: str) -> Any:
    return CliRunner().invoke(
        command, [*args, "--workspace", str(workspace)], standalone_mode=False
    )


def test_the_command_ends_with_the_code_of_the_verdict(workspace: Path) -> None:
    good = call(workspace, "good")
    assert good.return_value == ExitCode.PARITY, good.output
    assert "equal at level bytes" in good.output
    bad = call(workspace, "bad")
    assert bad.return_value == ExitCode.DIVERGENCE
    assert "stored" in bad.output
    assert call(workspace, "bad", "--level", "trace").return_value == ExitCode.PARITY
    empty = call(workspace, "empty")
    assert empty.return_value == ExitCode.NOT_JUDGED
    known = read_manifest(workspace / "fixtures").corpora
    cases = sum(corpus.cases for corpus in known.values())
    assert f"? unknown: 0 of {cases:,} cases compared, {cases:,} unsupported" in empty.output
    broken = call(workspace, "broken", "--corpus", "channels")
    assert broken.return_value == ExitCode.NOT_JUDGED
    channels = known[CorpusName("channels")].cases
    assert broken.stdout.startswith(f"✕ crashed: {channels} of {channels} cases, first ")


def test_the_first_line_says_the_verdict_and_why(workspace: Path) -> None:
    first_lines = {
        name: call(workspace, name, "--corpus", "graphs").stdout.splitlines()[0]
        for name in ("good", "bad", "empty")
    }
    assert re.fullmatch(r"✓ equal: ([\d,]+) of \1 cases equal at level bytes", first_lines["good"])
    assert re.fullmatch(
        r"≠ divergent: [\d,]+ of [\d,]+ cases, first \S+: oper.*", first_lines["bad"]
    )
    assert re.fullmatch(
        r"\? unknown: 0 of (\d+) cases compared, \1 unsupported", first_lines["empty"]
    )
    floor = call(workspace, "good", "--corpus", "channels", "--floor", "1000").stdout
    assert re.match(r"\? unknown: (\d+) of \1 cases equal, the floor is 1,000\n", floor)


def test_the_files_that_are_asked_for_are_written(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    files = {
        "--junit": "j.xml",
        "--sarif": "s.sarif",
        "--markdown": "m.md",
        "--badge": "b.svg",
        "--cases": "found",
    }
    options = [item for name, file in files.items() for item in (name, str(tmp_path / file))]
    result = call(workspace, "bad", "--corpus", "graphs", "--json", *options)
    output = json.loads(result.stdout)
    annotated = result.stderr.count("::error file=fixtures/graphs.index,line=")
    assert annotated == len(output["divergences"]) > 1
    junit = (tmp_path / "j.xml").read_text(encoding="utf-8")
    failing = sum(gate["verdicts"].get("divergent", 0) for gate in output["gates"])
    assert junit.count("<failure ") == failing + 1  # and the verdict
    log = json.loads((tmp_path / "s.sarif").read_text(encoding="utf-8"))
    assert len(log["runs"][0]["results"]) == len(output["divergences"])
    markdown = (tmp_path / "m.md").read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == markdown
    assert "again: `parity-kit replay found/cases/bad-corpus-" in markdown
    assert "divergent" in (tmp_path / "b.svg").read_text(encoding="utf-8")


def test_files_of_a_candidate_that_does_not_start_say_so(workspace: Path, tmp_path: Path) -> None:
    manifest = workspace / "candidates" / "good" / "candidate.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("from_fixtures:Engine", "nowhere:Engine"), encoding="utf-8")
    result = call(workspace, "good", "--junit", str(tmp_path / "j.xml"))
    assert result.return_value == ExitCode.NOT_JUDGED
    assert result.stdout.startswith("? unknown: ")
    assert "nowhere" in result.stdout.splitlines()[0]
    assert "nowhere" in result.stderr
    junit = (tmp_path / "j.xml").read_text(encoding="utf-8")
    assert 'errors="2"' in junit  # the verdict, and that the run is a part
    output = json.loads(call(workspace, "good", "--json").stdout)
    assert output["error"]["exit_code"] == output["exit_code"] == ExitCode.NOT_JUDGED
    assert output["error"]["problem"].split() == output["reason"].split()
    assert "nowhere" in junit


def test_fewer_cases_than_the_floor_are_no_pass(workspace: Path) -> None:
    result = call(workspace, "good", "--corpus", "channels", "--floor", "1000")
    assert result.return_value == ExitCode.DIVERGENCE
    assert "the floor is 1,000" in result.output


def test_the_gate_loads_none_of_what_it_must_not_need(workspace: Path) -> None:
    program = """
import sys
from parity_kit.cli import cli
code = cli(["gate", "good", "--workspace", sys.argv[1]], standalone_mode=False)
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
