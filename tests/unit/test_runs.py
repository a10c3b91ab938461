"""A run as DataFrames: columns, types and units hold whatever the run has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from parity_kit import runs
from parity_kit.bench.plan import CONTROL
from parity_kit.cli import cli
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import (
    JOURNAL,
    BenchMeasured,
    CaseJudged,
    DivergenceFound,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
    event_to_json,
)
from parity_kit.report.write import write_data

STARTED = RunStarted("r1", "0.1.0", {}, {}, 7, ["port"])
FINISHED = RunFinished(0, 1.0)


def _bench(candidate: str) -> BenchMeasured:
    return BenchMeasured(
        candidate, "fan", "parallel", "faster", 2.0, 1.9, 2.1, 0.004, 0.002, 2, 1,
        series="width", size=10,
        seen=[[0, 0.004, 0.002, 0.25, 1], [1, 0.003, 0.001, None, 0]],
        memory={"reference": [100, 200], "candidate": [10, 30]},
    )  # fmt: skip


EVENTS: list[Event] = [
    STARTED,
    CaseJudged("port", "corpus codec", "before the resume", "equal", "bytes", ""),
    STARTED,
    CaseJudged("port", "corpus codec", "c1", "equal", "bytes", "equal at level bytes"),
    CaseJudged("port", "corpus codec", "c2", "divergent", "none", "differs\ud800"),
    DivergenceFound(
        "port", "corpus codec", "c2", "divergent", "h", "result", "1", "2", "", "", "cases/c2", 3,
        4, cause="h",
    ),
    GateFinished(
        "port", "corpus codec", "corpus", "divergent", "bytes", "none", 2, {}, {}, 0.1,
        subjects={"codec": {"reached": "none", "verdicts": {"equal": 1, "divergent": 1}}},
    ),
    _bench(CONTROL),
    _bench("port"),
    FINISHED,
]  # fmt: skip


def _journal(folder: Path, events: list[Event]) -> Path:
    lines = [json.dumps(event_to_json(event)) for event in events]
    (folder / JOURNAL).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def _frames(run: runs.Run) -> dict[str, Any]:
    """Return the frames untyped: pandas types its own methods only in part."""
    return {name: getattr(run, name) for name in runs.FRAMES}


def _rows(frame: Any) -> list[list[object]]:
    return [list(row) for row in frame.itertuples(index=False, name=None)]


def test_a_run_is_tidy_frames(tmp_path: Path) -> None:
    run: Any = runs.load(_journal(tmp_path, EVENTS))

    assert run.name == "r1"
    assert _rows(run.cases)[0] == [
        "port", "corpus codec", "c1", "equal", "bytes", "equal at level bytes",
    ]  # fmt: skip
    assert list(run.cases["case"]) == ["c1", "c2"], "a resumed run repeats what came before"
    assert _rows(run.counts) == [
        ["port", "corpus codec", "corpus", "codec", "equal", 1],
        ["port", "corpus codec", "corpus", "codec", "divergent", 1],
    ]
    assert _rows(run.divergences[["case", "level", "cause", "cases", "operations"]]) == [
        ["c2", "result", "h", 4, 3]
    ]
    assert list(run.benchmarks["candidate"]) == [CONTROL, "port"]
    assert list(run.pairs["ratio"]) == [2.0, 3.0] * 2
    assert list(run.pairs["kept"]) == [True, False] * 2
    assert list(run.pairs["cpu_pressure"].isna()) == [False, True] * 2
    assert _rows(run.memory[run.memory["candidate"] == "port"]) == [
        ["port", "fan", "reference", 100, 200],
        ["port", "fan", "candidate", 10, 30],
    ]


def test_every_frame_has_its_documented_columns_and_types(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    empty = runs.load(_journal(tmp_path / "empty", [STARTED, FINISHED]))
    full = runs.load(_journal(tmp_path / "full", EVENTS))

    for run, is_empty in ((empty, True), (full, False)):
        for name, frame in _frames(run).items():
            types = {column: str(kind) for column, kind in frame.dtypes.items()}
            assert types == runs.FRAMES[name]
            assert frame.empty is is_empty


def test_folder_journal_and_report_give_the_same_run(tmp_path: Path) -> None:
    folder = _journal(tmp_path, EVENTS)
    write_data(folder)
    by_folder = runs.load(folder)
    by_journal = runs.load(str(folder / JOURNAL))
    by_report = runs.load(folder / "report.json")

    for name, frame in _frames(by_folder).items():
        pd.testing.assert_frame_equal(frame, getattr(by_journal, name))
        if name != "cases":
            pd.testing.assert_frame_equal(frame, getattr(by_report, name))
    assert by_report.cases.empty, "report.json counts cases and lists none"


def test_what_is_no_run_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadFileError):
        runs.load(tmp_path)


def test_report_writes_the_frames_as_csv(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    folder = tmp_path / "reports" / "r1"
    folder.mkdir(parents=True)
    _journal(folder, EVENTS)
    result = CliRunner().invoke(
        cli, ["report", "r1", "--csv", str(tmp_path / "csv"), "--workspace", str(tmp_path)]
    )

    assert result.exit_code == 0
    assert sorted(file.stem for file in (tmp_path / "csv").iterdir()) == sorted(runs.FRAMES)
    pairs: Any = pd.read_csv(tmp_path / "csv/pairs.csv")
    assert list(pairs.columns) == list(runs.FRAMES["pairs"])
    assert list(pairs["ratio"]) == [2.0, 3.0] * 2
    assert "differs\\ud800" in (tmp_path / "csv/cases.csv").read_text(encoding="utf-8")


def test_importing_runs_loads_no_pandas() -> None:
    code = "import sys, parity_kit.runs; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
