from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parity_kit.bench import begun, results
from parity_kit.bench.catalogue import workloads
from parity_kit.candidates.launch import BUNDLED_ENGINE
from parity_kit.cli import cli
from parity_kit.contract.errors import ExitCode, UnknownCandidateError, UsageError

# The bundled engine answers like LangGraph, and starts without its two seconds of import.
SUPPORT = Path(__file__).parents[1] / "support"
LIGHT_REFERENCE = f"{SUPPORT / 'light_reference'}{os.pathsep}{BUNDLED_ENGINE}"
BASE = f"import sys\nsys.path.insert(0, {str(BUNDLED_ENGINE)!r})\nfrom pure_engine import Engine\n"
ENGINES = {
    "honest": "",
    "broken": (
        "import os\n"
        "Honest = Engine\n"
        "class Engine(Honest):\n"
        "    def measure(self, case, loops):\n"
        "        os._exit(9)\n"
    ),
    "untimed": (
        "from parity_kit.contract import UnsupportedSubjectError\n"
        "Honest = Engine\n"
        "class Engine(Honest):\n"
        "    def measure(self, case, loops):\n"
        "        raise UnsupportedSubjectError('not yet')\n"
    ),
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Nothing here depends on exact figures, and in so short a time one tick of steal is a tenth.
    monkeypatch.setattr(begun, "VALUE_SECONDS", 0.001)
    monkeypatch.setattr(results, "MAX_STEAL", 1.0)
    (tmp_path / "parity.toml").touch()
    for name, source in ENGINES.items():
        folder = tmp_path / "candidates" / name
        folder.mkdir(parents=True)
        (folder / "engine_of_test.py").write_text(BASE + source, encoding="utf-8")
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
            'object = "engine_of_test:Engine"\n',
            encoding="utf-8",
        )
    return tmp_path


def _bench(workspace: Path, *arguments: str) -> Result:
    short = ("--workload", "channels-binop", "--pairs", "1", "--max-pairs", "1", "--seed", "5")
    return CliRunner().invoke(
        cli, ["bench", *arguments, *short, "--workspace", str(workspace)], standalone_mode=False
    )


def test_json_holds_the_rows_and_leaves_pyperf_files(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", LIGHT_REFERENCE)
    result = _bench(workspace, "honest", "--json", "--csv", str(workspace / "pairs.csv"))
    output = json.loads(result.stdout)
    header, *pairs = (workspace / "pairs.csv").read_text(encoding="utf-8").splitlines()

    assert result.return_value == ExitCode.PARITY
    assert [row["candidate"] for row in output["rows"]] == ["reference (A/A control)", "honest"]
    assert output["rows"][1]["ratio"] > 0
    assert output["seed"] == 5
    assert header.startswith("candidate,workload,pair,reference_seconds,candidate_seconds,ratio")
    assert [pair.split(",")[0] for pair in pairs] == ["reference (A/A control)", "honest"]
    assert sorted(path.name for path in Path(output["folder"]).iterdir()) == [
        "honest.json",
        "journal.jsonl",
        "reference.json",
        "session.json",
    ]
    again = CliRunner().invoke(
        cli,
        ["bench", "--resume", output["folder"], "--json", "--workspace", str(workspace)],
        standalone_mode=False,
    )
    assert [row["seen"] for row in json.loads(again.stdout)["rows"]] == [
        row["seen"] for row in output["rows"]
    ]


def test_the_list_says_what_each_workload_is() -> None:
    listed = CliRunner().invoke(cli, ["bench", "--list", "--family", "interrupts", "--json"])
    names = [row["workload"] for row in json.loads(listed.stdout)]
    assert names == ["interrupt-resume", "interrupt-resume-10", "interrupt-before"]
    shown = CliRunner().invoke(cli, ["bench", "--list", "--quick"]).stdout
    assert "one node that a conditional edge runs five times" in shown
    assert "wide-dict" not in shown


@pytest.mark.slow
def test_a_candidate_that_breaks_down_on_everything_could_not_be_judged(workspace: Path) -> None:
    result = _bench(workspace, "broken")

    assert result.return_value == ExitCode.NOT_JUDGED
    assert "not comparable" in result.stdout
    assert "could not be judged [PK302]" in result.stdout


@pytest.mark.slow
def test_a_candidate_that_times_nothing_is_not_comparable_and_no_fault(workspace: Path) -> None:
    result = _bench(workspace, "untimed", "--json")

    assert result.return_value == ExitCode.PARITY
    (row,) = [row for row in json.loads(result.stdout)["rows"] if row["candidate"] == "untimed"]
    assert (row["verdict"], row["detail"]) == ("not comparable", "not timed: not yet")


def test_wrong_names_are_users_mistakes(workspace: Path) -> None:
    assert isinstance(_bench(workspace, "nobody").exception, UnknownCandidateError)
    assert isinstance(_bench(workspace, "honest", "--workload", "no").exception, UsageError)


def test_the_docs_list_what_the_catalogue_has() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    rows = [
        f"| {workload.family} | `{workload.name}` | {workload.effort.name.lower()} "
        f"| {workload.about} |"
        for workload in workloads()
    ]
    listed = docs[docs.index("| family | workload |") :].partition("\n\n")[0]
    assert listed.splitlines()[2:] == rows
