"""A run as pandas DataFrames, for notebooks and `--csv`.

    run = parity_kit.runs.load("reports/20260101-120000-parity")
    run.pairs.groupby(["candidate", "workload"])["ratio"].median()

Every frame has its columns and types whatever the run holds; `FRAMES` lists them. Times are in
seconds, memory in bytes, ratios are LangGraph's time over the candidate's. Benchmark rows of
`reference (A/A control)` are LangGraph measured against itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity_kit.bench.plan import CONTROL
from parity_kit.contract.events import (
    JOURNAL,
    SEEN_FIELDS,
    BenchMeasured,
    CaseJudged,
    Event,
    RunStarted,
)
from parity_kit.contract.files import is_there, write_atomically
from parity_kit.contract.journal import read_journal
from parity_kit.report.summary import summarize
from parity_kit.report.write import read_data

if TYPE_CHECKING:
    import pandas as pd

_TEXT, _COUNT, _REAL = "string", "int64", "float64"

FRAMES: Mapping[str, Mapping[str, str]] = {
    "cases": {
        "candidate": _TEXT,
        "gate": _TEXT,
        "case": _TEXT,
        "verdict": _TEXT,
        "level": _TEXT,
        "reason": _TEXT,
    },
    "counts": {
        "candidate": _TEXT,
        "gate": _TEXT,
        "kind": _TEXT,
        "subject": _TEXT,
        "verdict": _TEXT,
        "cases": _COUNT,
    },
    "divergences": {
        "candidate": _TEXT,
        "gate": _TEXT,
        "case": _TEXT,
        "verdict": _TEXT,
        "level": _TEXT,
        "cause": _TEXT,
        "headline": _TEXT,
        "reference": _TEXT,
        "candidate_side": _TEXT,
        "cases": _COUNT,
        "operations": _COUNT,
        "file": _TEXT,
    },
    "benchmarks": {
        "candidate": _TEXT,
        "workload": _TEXT,
        "family": _TEXT,
        "series": _TEXT,
        "size": _COUNT,
        "verdict": _TEXT,
        "ratio": _REAL,
        "low": _REAL,
        "high": _REAL,
        "reference_seconds": _REAL,
        "candidate_seconds": _REAL,
        "pairs": _COUNT,
        "dropped": _COUNT,
        "detail": _TEXT,
    },
    "pairs": {
        "candidate": _TEXT,
        "workload": _TEXT,
        "pair": _COUNT,
        "reference_seconds": _REAL,
        "candidate_seconds": _REAL,
        "ratio": _REAL,
        "cpu_pressure": _REAL,
        "kept": "bool",
    },
    "memory": {
        "candidate": _TEXT,
        "workload": _TEXT,
        "engine": _TEXT,
        "idle_bytes": _COUNT,
        "peak_bytes": _COUNT,
    },
}
"""The columns of each frame with their pandas types."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A run's data, one frame for each kind of row.

    `cases`: the verdict on every committed case, and the `level` at which it agrees. Searches count
    their cases and journal none of them; a `report.json` alone has no single case either.
    `counts`: cases by gate, kind of subject and verdict, searches included.
    `divergences`: what differs, with its cause; `cases` is how many cases of the gate share it.
    `benchmarks`: each workload's ratio with its 95 % interval.
    `pairs`: the pairs behind them; those not `kept` were too disturbed, and not used.
    `memory`: resident bytes before any workload and at the height of one; `engine` is `reference`
    or `candidate`.
    """

    name: str
    cases: pd.DataFrame
    counts: pd.DataFrame
    divergences: pd.DataFrame
    benchmarks: pd.DataFrame
    pairs: pd.DataFrame
    memory: pd.DataFrame

    def write_csv(self, folder: Path) -> list[Path]:
        """Write each frame to `folder/NAME.csv` and return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: folder / f"{name}.csv" for name in FRAMES}
        for name, file in files.items():
            _write(getattr(self, name), file)
        return list(files.values())


def load(path: Path | str) -> Run:
    """Return a run from its folder, its `journal.jsonl` or its `report.json`.

    Raises:
        BadFileError: If there is no run, or it cannot be read.
    """
    path = Path(path)
    folder = path.parent if path.name == JOURNAL else path
    if not (folder.is_dir() and is_there(folder / JOURNAL)):
        return _run(read_data(path), ())
    events, notes = read_journal(folder)
    return _run(summarize(events).to_json(notes), _last(events))


def write_pairs(measured: Iterable[BenchMeasured], file: Path) -> None:
    """Write the pairs of a benchmark session as CSV, in the columns of `Run.pairs`."""
    rows = [row for event in measured for row in _pairs(event.candidate, dataclasses.asdict(event))]
    _write(_frame("pairs", rows), file)


def _last(events: Iterable[Event]) -> list[CaseJudged]:
    """Return the cases since the run last began: a resumed run repeats those before it."""
    judged: list[CaseJudged] = []
    for event in events:
        if isinstance(event, RunStarted):
            judged = []
        elif isinstance(event, CaseJudged):
            judged.append(event)
    return judged


def _run(report: Row, judged: Iterable[CaseJudged]) -> Run:
    candidates = [(candidate["name"], candidate) for candidate in report["candidates"]]
    measured = [
        *((CONTROL, row) for row in report["control"]),
        *((name, row) for name, candidate in candidates for row in candidate["benchmarks"]),
    ]
    rows: dict[str, Iterable[Row]] = {
        "cases": (
            {**dataclasses.asdict(case), "level": case.reached, "reason": case.said}
            for case in judged
        ),
        "counts": (row for name, candidate in candidates for row in _counts(name, candidate)),
        "divergences": (
            {**row, "candidate": name, "cases": row["count"], "operations": row["size"]}
            for name, candidate in candidates
            for row in candidate["divergences"]
        ),
        "benchmarks": ({**row, "candidate": name} for name, row in measured),
        "pairs": (pair for name, row in measured for pair in _pairs(name, row)),
        "memory": (
            {
                "candidate": name,
                "workload": row["workload"],
                "engine": engine,
                "idle_bytes": idle,
                "peak_bytes": peak,
            }
            for name, row in measured
            for engine, (idle, peak) in row["memory"].items()
        ),
    }
    return Run(report["run"]["name"], **{name: _frame(name, rows[name]) for name in FRAMES})


def _counts(name: str, candidate: Row) -> Iterator[Row]:
    for gate in candidate["gates"]:
        for subject, counted in gate["subjects"].items():
            for verdict, cases in counted["verdicts"].items():
                yield {
                    "candidate": name,
                    "gate": gate["gate"],
                    "kind": gate["kind"],
                    "subject": subject,
                    "verdict": verdict,
                    "cases": cases,
                }


def _pairs(candidate: str, row: Row) -> Iterator[Row]:
    for values in row["seen"]:
        pair = dict(zip(SEEN_FIELDS, values, strict=True))
        yield {
            **pair,
            "candidate": candidate,
            "workload": row["workload"],
            "ratio": pair["reference_seconds"] / pair["candidate_seconds"],
        }


def _frame(name: str, rows: Iterable[Row]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  # heavy

    columns = FRAMES[name]
    frame: Any = pd.DataFrame(list(rows), columns=list(columns))  # pandas types astype in part
    return frame.astype(dict(columns))


def _write(frame: Any, file: Path) -> None:
    # A candidate's text may hold lone surrogates, which UTF-8 cannot.
    text = frame.to_csv(index=False, lineterminator="\n")
    write_atomically(file, text.encode(errors="backslashreplace"))
