from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from parity_kit.bench import results
from parity_kit.bench.begun import Settings, read_begun
from parity_kit.bench.catalogue import Effort, Workload, families, select, workloads
from parity_kit.bench.noise import MAX_STEAL
from parity_kit.bench.plan import CONTROL, Answer, Plan, Request
from parity_kit.bench.processes import Process
from parity_kit.bench.results import load
from parity_kit.bench.session import run_benchmarks
from parity_kit.bench.worker import runs_functions
from parity_kit.candidates.launch import BUNDLED_ENGINE
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import SubjectKind, run
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.events import (
    SEEN_FIELDS,
    BenchMeasured,
    CandidateFailed,
    Event,
    GateProgress,
)
from parity_kit.programs.parsing import parse_graph
from parity_kit.reference import Engine

_LARGE = pytest.mark.slow

# The bundled engine answers like LangGraph, and starts without its two seconds of import: so does
# the reference in a session.
SUPPORT = Path(__file__).parents[1] / "support"
LIGHT_REFERENCE = f"{SUPPORT / 'light_reference'}{os.pathsep}{BUNDLED_ENGINE}"
BASE = f"import sys\nsys.path.insert(0, {str(BUNDLED_ENGINE)!r})\nfrom pure_engine import Engine\n"
WRONG = """
from dataclasses import replace

Honest = Engine

class Session:
    def __init__(self, inner):
        self.inner = inner
        self.close = inner.close
        self.prepare = inner.prepare

    def apply(self, operation):
        outcome = self.inner.apply(operation)
        return replace(outcome, value=0) if operation.name == "get" else outcome

class Engine(Honest):
    def open(self, subject, pins):
        return Session(super().open(subject, pins))
"""
CRASHING = """
import os

Honest = Engine

class Engine(Honest):
    def measure(self, case, loops):
        os._exit(9)
"""
HALF = """
import os

Honest = Engine

class Engine(Honest):
    def measure(self, case, loops):
        if "channels" in case.id:
            os._exit(9)
        return super().measure(case, loops)
"""


def _candidate(root: Path, name: str, source: str) -> None:
    folder = root / "candidates" / name
    folder.mkdir(parents=True)
    (folder / f"{name}_engine.py").write_text(BASE + source, encoding="utf-8")
    (folder / "candidate.toml").write_text(
        f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
        f'object = "{name}_engine:Engine"\n',
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """Measure an honest engine, a wrong one and two that crash, one pair each."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "parity.toml").touch()
    sources = {"honest": "", "wrong": WRONG, "crashing": CRASHING, "half": HALF}
    for name, source in sources.items():
        _candidate(root, name, source)
    events: list[Event] = []
    # In so short a time one tick of steal is more than a tenth: no pair of these is dropped for it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "MAX_STEAL", 1.0)
        patch.setenv("PYTHONPATH", LIGHT_REFERENCE)
        run_benchmarks(
            Workspace(root),
            list(sources),
            root / "bench",
            Settings(
                pairs=1,
                value_seconds=0.001,
                workloads=("channels-binop", "serialization-medium"),
            ),
            seed=3,
            emit=events.append,
        )
    return root / "bench", events


def _rows(events: list[Event]) -> dict[tuple[str, str], BenchMeasured]:
    return {
        (event.candidate, event.workload): event
        for event in events
        if isinstance(event, BenchMeasured)
    }


def test_every_candidate_and_the_control_has_a_row_a_workload(
    session: tuple[Path, list[Event]],
) -> None:
    names = ("serialization-medium", "channels-binop")
    engines = (CONTROL, "honest", "wrong", "crashing", "half")

    assert list(_rows(session[1])) == [(engine, name) for engine in engines for name in names]


def test_an_equal_engine_gets_figures_and_one_pair_decides_nothing(
    session: tuple[Path, list[Event]],
) -> None:
    row = _rows(session[1])["honest", "channels-binop"]

    assert row.verdict == "inconclusive"
    assert row.pairs == 1
    assert row.ratio is not None
    assert row.reference_seconds is not None
    assert 1e-6 < row.reference_seconds < 0.1


def test_a_row_carries_its_pairs_for_the_page(session: tuple[Path, list[Event]]) -> None:
    row = _rows(session[1])["honest", "channels-binop"]
    (only,) = row.seen
    pair = dict(zip(SEEN_FIELDS, only, strict=True))

    assert pair["pair"] == 0
    assert pair["kept"] == 1
    assert pair["reference_seconds"] == pytest.approx(row.reference_seconds, rel=1e-3)
    assert pair["candidate_seconds"] == pytest.approx(row.candidate_seconds, rel=1e-3)
    assert pair["cpu_pressure"] is None or pair["cpu_pressure"] >= 0


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux only"
)
def test_memory_is_the_engines_own_and_only_where_the_outcome_is_equal(
    session: tuple[Path, list[Event]],
) -> None:
    rows = _rows(session[1])
    memory = rows["honest", "channels-binop"].memory

    assert memory.keys() == {"reference", "candidate"}
    for idle, most in memory.values():
        assert 10_000_000 < idle < 1_000_000_000
        assert most > idle / 2
    assert rows["wrong", "channels-binop"].memory == {}


def test_workloads_of_a_series_differ_in_size_alone() -> None:
    series: dict[str, list[Workload]] = {}
    for workload in workloads():
        if workload.series:
            series.setdefault(workload.series, []).append(workload)

    assert len(series) == 2
    for group in series.values():
        assert tuple(workload.size for workload in group) == (10, 30, 100, 300, 1000)
        assert len({workload.family for workload in group}) == 1


def test_where_the_outcome_differs_there_is_no_figure(session: tuple[Path, list[Event]]) -> None:
    rows = _rows(session[1])
    wrong = rows["wrong", "channels-binop"]

    assert wrong.verdict == "not comparable"
    assert (wrong.ratio, wrong.candidate_seconds, wrong.pairs) == (None, None, 0)
    assert wrong.detail.startswith("the outcomes differ")
    assert rows["wrong", "serialization-medium"].ratio is not None


def test_an_engine_that_crashes_is_named_and_stops_nobody(
    session: tuple[Path, list[Event]],
) -> None:
    failures = [event for event in session[1] if isinstance(event, CandidateFailed)]

    assert [(failure.candidate, failure.code) for failure in failures] == [("crashing", "PK302")]
    assert _rows(session[1])["crashing", "channels-binop"].verdict == "not comparable"
    assert _rows(session[1])["crashing", "channels-binop"].detail.startswith("[PK302]")


def test_a_crash_costs_one_workload(session: tuple[Path, list[Event]]) -> None:
    rows = _rows(session[1])

    assert rows["half", "channels-binop"].detail.startswith("[PK302]")
    assert rows["half", "serialization-medium"].ratio is not None


def test_progress_reaches_its_total(session: tuple[Path, list[Event]]) -> None:
    shown = [event for event in session[1] if isinstance(event, GateProgress)]

    assert shown[0].done == 0
    assert all(before.done <= after.done for before, after in itertools.pairwise(shown))
    # 2 calibrated; then the reference and 5 opponents, one of which ended after its first workload.
    assert shown[-1].done == shown[-1].total == 2 + 6 * 2


def test_each_engine_has_a_pyperf_file_that_says_what_was_measured(
    session: tuple[Path, list[Event]],
) -> None:
    data: dict[str, Any] = json.loads((session[0] / "honest.json").read_text(encoding="utf-8"))
    (first, *_) = data["benchmarks"]
    labels = data["metadata"] | first.get("metadata", {}) | first["runs"][0].get("metadata", {})

    assert {"pair": 0, "seed": 3, "opponent": "honest"}.items() <= labels.items()
    assert labels["slot"] in range(6)
    assert len(labels["digest"]) == 64
    assert {"noise_steal", "noise_involuntary_switches"} <= labels.keys()
    assert labels["hostname"] == "-"
    assert len(first["runs"][0]["values"]) == 3


def test_the_control_is_measured_between_processes_of_the_reference_alone(
    session: tuple[Path, list[Event]],
) -> None:
    pairs = load(session[0], CONTROL)["channels-binop"]
    (pair,) = (pairs.kept | pairs.dropped).values()

    assert pair.reference != pair.candidate


def test_a_pair_of_which_one_process_was_disturbed_is_dropped_whole(
    session: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    for name in ("reference.json", "honest.json"):
        (tmp_path / name).write_bytes((session[0] / name).read_bytes())
    path = tmp_path / "honest.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    for place in (
        data,
        *data["benchmarks"],
        *(benchmark["runs"][0] for benchmark in data["benchmarks"]),
    ):
        place.get("metadata", {}).pop("noise_steal", None)
    data["metadata"]["noise_steal"] = MAX_STEAL + 0.01
    path.write_text(json.dumps(data), encoding="utf-8")

    pairs = load(tmp_path, "honest")["channels-binop"]

    assert pairs.kept == {}
    assert list(pairs.dropped) == [0]


@pytest.mark.parametrize(
    "workload",
    [
        pytest.param(workload, id=workload.name, marks=_LARGE if workload.size > 100 else ())
        for workload in workloads()
    ],
)
def test_a_workload_gives_the_reference_a_result(workload: Any) -> None:
    if workload.case.subject.kind is SubjectKind.GRAPH:
        parse_graph(workload.case.subject.spec["program"])
    outcomes = run(Engine(), workload.case)

    assert {type(outcome).__name__ for outcome in outcomes} == {"Returned"}


@pytest.mark.parametrize(
    "name", ["sequential-3", "send-map-subgraph-10", "interrupt-resume", "app-batch-pipeline"]
)
def test_functions_as_nodes_store_the_same_bytes_as_bodies(name: str) -> None:
    (bodies,), (functions,) = select((name,)), select((f"functions-{name}",))

    assert run(Engine(), functions.case) == run(Engine(), bodies.case)


def test_only_langgraph_has_functions_as_nodes() -> None:
    root = str(Path(__file__).parents[2])
    engines = ("reference", "langgraph-1.2.0", "fast-langgraph", "pure", "rust")

    assert [engine for engine in engines if runs_functions(Plan(engine, root))] == [*engines[:3]]


def test_serialized_documents_are_of_medium_size_and_come_back_the_same() -> None:
    (workload,) = select(("serialization-medium",))
    outcomes: Any = run(Engine(), workload.case)

    for operation, outcome in zip(workload.case.operations, outcomes, strict=True):
        data: Any = operation.args["data"]
        assert 1_000 <= len(data) <= 10_000
        assert outcome.stored["data"] == data


def test_an_unknown_workload_or_family_is_a_users_mistake() -> None:
    with pytest.raises(UsageError, match="no workload 'nothing'"):
        select(("nothing",))
    with pytest.raises(UsageError, match="no family 'nothing'") as caught:
        select((), ("nothing",))
    assert "applications" in caught.value.hint


def test_a_longer_session_measures_all_that_a_shorter_one_does() -> None:
    quick, usual, all_of_them = (select(effort=effort) for effort in Effort)
    named = [{workload.name for workload in some} for some in (quick, usual, all_of_them)]
    assert named[0] < named[1] < named[2] == {workload.name for workload in workloads()}
    assert {workload.family for workload in usual} == set(families())
    both = select(("sequential-5",), ("interrupts",))
    assert [workload.family for workload in both] == ["sequential", *["interrupts"] * 3]


def test_a_session_that_stops_goes_on_with_the_pairs_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", LIGHT_REFERENCE)
    (tmp_path / "parity.toml").touch()
    _candidate(tmp_path, "honest", "")
    folder, settings = tmp_path / "bench", Settings(2, 0, 0.001, ["channels-binop"])
    measured: list[str] = []

    def stopping(event: Event) -> None:
        if isinstance(event, GateProgress) and event.done == 5:
            raise KeyboardInterrupt

    def measure(emit: Any, *, resume: bool) -> None:
        run_benchmarks(
            Workspace(tmp_path), ["honest"], folder, settings, seed=1, emit=emit, resume=resume
        )

    with pytest.raises(KeyboardInterrupt):
        measure(stopping, resume=False)
    begun = read_begun(folder)
    assert (begun.candidates, begun.seed, begun.settings) == (["honest"], 1, settings)
    before = load(folder, "honest")["channels-binop"]
    assert [*before.kept, *before.dropped] == [0]
    events: list[Event] = []
    asked = Process.ask

    def counting(process: Process, request: Request) -> Answer:
        measured.append(request.workload)
        return asked(process, request)

    monkeypatch.setattr(Process, "ask", counting)
    measure(events.append, resume=True)
    after = load(folder, "honest")["channels-binop"]
    assert sorted([*after.kept, *after.dropped]) == [0, 1]
    assert (after.kept | after.dropped)[0] == (before.kept | before.dropped)[0]
    assert len(measured) == 3, "one round is left"
    assert {event.pairs + event.dropped for event in _rows(events).values()} == {2}


def test_a_folder_without_a_session_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="no session began here"):
        read_begun(tmp_path)
    (tmp_path / "session.json").write_text('{"candidates": 5}')
    with pytest.raises(BadFileError, match="is not a session that this version can resume"):
        read_begun(tmp_path)


def test_no_candidate_may_take_the_references_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be called"):
        run_benchmarks(
            Workspace(tmp_path), ["reference"], tmp_path, Settings(), seed=1, emit=lambda _: None
        )
