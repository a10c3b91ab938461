"""LangGraph's own tests as judges: how a candidate's results stand beside LangGraph's."""

from __future__ import annotations

import json
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import cli
from parity_kit.contract.errors import UsageError
from parity_kit.contract.events import Event, GateFinished
from parity_kit.gates.rules import Rules
from parity_kit.gates.upstream_gate import conclude_tests
from parity_kit.judging.ledger import Ledger
from parity_kit.upstream import bench
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.comparing import Standing, Verdict, compare, suspects
from parity_kit.upstream.process import Runner
from parity_kit.upstream.results import FileResult, Journal
from parity_kit.upstream.session import Selection, UpstreamSession
from parity_kit.upstream.suites import Suite
from tests.support.upstream import MANIFEST, bench_of, result, suite
from tests.support.upstream import workspace as workspace  # noqa: PLC0414  # a fixture


def test_a_stopped_session_goes_on_where_it_was(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = suite(tmp_path, "")
    it, other = "tests/test_it.py", "tests/test_other.py"
    (one.folder / other).touch()
    runs: list[tuple[str, str]] = []

    def run(runner: Runner, suite: Suite, file: str, _select: str) -> FileResult:
        if len(runs) == 3:
            runs.clear()
            raise KeyboardInterrupt
        runs.append((runner.candidate.name if runner.candidate else "LangGraph", file))
        outcome = "failed" if runner.candidate and file == it else "passed"
        return FileResult(suite.name, file, (result(f"{file}::test", outcome, 1),), 0.0)

    def run_alone(_: Runner, suite: Suite, file: str, tests: list[str]) -> FileResult:
        runs.append(("alone", file))
        return FileResult(suite.name, file, tuple(result(test, "failed") for test in tests), 0.0)

    def check(_: Runner) -> None:
        pass

    for method in (run, run_alone, check):
        monkeypatch.setattr(Runner, method.__name__, method)

    def judge() -> Verdict:
        candidate = find(workspace, "mine")
        return UpstreamSession(bench_of(one), workspace, candidate, Selection(), 1, print).judge()

    with pytest.raises(KeyboardInterrupt):
        judge()
    verdict = judge()
    assert runs == [("LangGraph", other), ("mine", it), ("mine", other), ("alone", it)]
    assert [test.standing for test in verdict.tests] == [Standing.REGRESSION, Standing.PASSED]


def test_the_rounds_of_a_release_as_it_is_are_langgraphs(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = workspace.candidates / "mine" / "candidate.toml"
    manifest.write_text(MANIFEST.replace('patch = "hook:engage"', ""), encoding="utf-8")
    one = suite(tmp_path, "")
    runs: list[object] = []

    def ran(runner: Runner, suite: Suite, file: str, _select: str) -> FileResult:
        runs.append(runner.candidate)
        return FileResult(suite.name, file, (result("t", "passed"),), 0.0)

    monkeypatch.setattr(Runner, "run", ran)
    release = find(workspace, "mine")
    verdict = UpstreamSession(bench_of(one), workspace, release, Selection(), 1, print).judge()
    assert runs == [None, None]
    assert [test.standing for test in verdict.tests] == [Standing.PASSED]
    assert not verdict.counts_calls


def test_what_langgraph_itself_cannot_run_is_named_by_suite() -> None:
    ran = FileResult("langgraph", "tests/test_it.py", (result("t", "passed"),), 0.0)
    problem = "it cannot be collected: ImportError: no such name"
    broken = [
        FileResult(suite, f"tests/{name}.py", (), 0.0, problem)
        for suite, name in (("langgraph", "a"), ("prebuilt", "b"), ("prebuilt", "c"))
    ]
    both = [ran, *broken]
    verdict = compare("mine", both, both, both, (), counts_calls=False)
    assert verdict.not_run() == [
        f"langgraph: LangGraph itself cannot run 1 test file, first tests/a.py: {problem}",
        f"prebuilt: LangGraph itself cannot run 2 test files, first tests/b.py: {problem}",
    ]
    assert not verdict.problems, "nothing of this is the candidate's"
    langgraph, prebuilt = verdict.judged({"langgraph": "1", "prebuilt": "2"})
    assert (langgraph.problems, prebuilt.problems) == tuple((line,) for line in verdict.not_run())
    events: list[Event] = []
    conclusion = conclude_tests(
        "mine",
        None,
        [langgraph, prebuilt],
        rules=Rules(),
        ledger=Ledger(Path()),
        emit=events.append,
    )
    gates = {event.gate: event for event in events if isinstance(event, GateFinished)}
    assert gates["upstream prebuilt"].verdict == "unknown"
    assert prebuilt.problems[0] in gates["upstream prebuilt"].notes
    assert conclusion.verdict == "unknown"


def rounds(first: str, second: str, seen: str, alone: str = "") -> Verdict:
    files = [
        [FileResult("langgraph", "f", (result("t", outcome, 1),) if outcome else (), 0.0)]
        for outcome in (first, second, seen, alone)
    ]
    one, two, three, four = files
    return compare("mine", one, two, three, four, counts_calls=True)


@pytest.mark.parametrize(
    ("first", "second", "seen", "alone", "standing"),
    [
        ("passed", "passed", "passed", "", Standing.PASSED),
        ("passed", "passed", "failed", "failed", Standing.REGRESSION),
        ("passed", "passed", "", "", Standing.REGRESSION),
        ("passed", "passed", "skipped", "skipped", Standing.REGRESSION),
        ("passed", "passed", "failed", "passed", Standing.ONLY_ALONE),
        ("failed", "failed", "failed", "", Standing.FAILS_ON_BOTH),
        ("failed", "failed", "passed", "", Standing.PASSED),
        ("passed", "failed", "failed", "", Standing.QUARANTINED),
        ("passed", "", "passed", "", Standing.QUARANTINED),
        ("skipped", "skipped", "", "", Standing.SKIPPED),
    ],
)
def test_how_a_test_stands(
    first: str, second: str, seen: str, alone: str, standing: Standing
) -> None:
    (judged,) = rounds(first, second, seen, alone).tests
    assert judged.standing is standing


def test_only_what_langgraph_passes_twice_is_run_again() -> None:
    names = "abcd"
    first, second, seen = (
        [FileResult("langgraph", "f", tuple(map(result, names, column)), 0.0)]
        for column in (
            ("passed", "passed", "failed", "passed"),
            ("passed", "failed", "failed", "passed"),
            ("failed", "failed", "failed", "passed"),
        )
    )
    assert suspects(first, second, seen) == {("langgraph", "f"): ["a"]}
    assert suspects(first, second, [])["langgraph", "f"] == ["a", "d"]


def test_a_journal_outlives_its_process(tmp_path: Path) -> None:
    one = FileResult("langgraph", "f", (result("t", "passed", 2),), 1.5, "why")
    Journal(tmp_path / "new" / "j").add(one)
    with (tmp_path / "new" / "j").open("a") as file:
        file.write('{"suite": "langgr')  # killed while it wrote
    assert Journal(tmp_path / "new" / "j").files == {("langgraph", "f"): one}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["mine", "--part", "codec"], "mine runs LangGraph itself: it has no parts"),
        (["mine", "--file", "*none*"], "no test file of langgraph matches --file '*none*'"),
        (["mine", "-k", "nothing"], "no test in 1 files matches -k '(nothing)'"),
        (
            ["mine", "--suite", "checkpoint-postgres"],
            "the suite checkpoint-postgres needs a PostgreSQL server",
        ),
    ],
)
def test_a_selection_that_takes_nothing_is_wrong_use(
    tmp_path: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    problem: str,
) -> None:
    prepared = bench_of(suite(tmp_path, ""))

    def prepare(*_: object, **__: object) -> TestBench:
        return prepared

    def run(_: Runner, suite: Suite, file: str, _select: str) -> FileResult:
        return FileResult(suite.name, file, (), 0.0)

    def check(_: Runner) -> None:
        pass

    monkeypatch.setattr(bench, "prepare", prepare)
    for method in (run, check):
        monkeypatch.setattr(Runner, method.__name__, method)
    arguments = ["upstream", *words, "--workspace", str(workspace.root)]

    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)

    assert raised.value.problem == problem
    assert raised.value.hint


def test_the_published_filter_is_one_file(tmp_path: Path) -> None:
    chosen = Selection("sync", published=True)
    assert chosen.expression.startswith("(sync) and (memory and not streaming")
    names = ("test_algo.py", "test_pregel.py")
    for folder in ("langgraph", "prebuilt"):
        for name in names:
            (tmp_path / folder / "tests").mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / "tests" / name).touch()
    both = [Suite(name, "1", tmp_path / name, ()) for name in ("langgraph", "prebuilt")]

    def files(selection: Selection) -> list[tuple[str, str]]:
        return [(suite.name, Path(file).name) for suite, file in selection.files(both)]

    assert files(chosen) == [("langgraph", "test_pregel.py")]
    assert files(Selection(file="*algo*")) == [(suite.name, "test_algo.py") for suite in both]
    assert len(files(Selection())) == 4


@pytest.mark.slow
def test_langgraphs_own_tests_run_on_an_accelerator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "parity.toml").touch()
    repository = Path(__file__).parents[2]
    # Environments take a minute to make.
    monkeypatch.setenv("PARITY_KIT_CACHE", str(Workspace(repository).cache))
    (root / "candidates").symlink_to(repository / "candidates", target_is_directory=True)
    words = ["upstream", "fast-langgraph-engaged", "--suite", "langgraph", "--json"]
    words += ["--file", "test_interrupt_state.py", "--workspace", str(root)]

    result = CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)

    report = json.loads(result.stdout)
    assert report["packages"]["langgraph"] == "1.2.24"
    assert len(report["tests"]) > 1
    assert {test["standing"] for test in report["tests"]} <= {"passed", "regression"}
    assert any(test["drove"] for test in report["tests"])
    assert result.return_value == report["exit_code"]


def test_a_test_that_ends_its_process_costs_no_other_its_turn_alone(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, tests = suite(tmp_path, ""), [f"tests/test_it.py::test_{name}" for name in "abcd"]
    asked: list[list[str]] = []

    def run(runner: Runner, suite: Suite, file: str, _select: str) -> FileResult:
        outcome = "failed" if runner.candidate else "passed"
        return FileResult(suite.name, file, tuple(result(test, outcome) for test in tests), 0.0)

    def run_alone(_: Runner, suite: Suite, file: str, left: list[str]) -> FileResult:
        """Run the tests in turn; `b` and `c` end the process."""
        asked.append([*left])
        ran = list(takewhile(lambda test: test[-1] not in "bc", left))
        used = f"over its memory limit of 4 GiB with 4.{len(left)} GiB in 1 process"
        problem = "" if ran == left else f"it was {used}"
        return FileResult(suite.name, file, tuple(result(t, "passed") for t in ran), 0.0, problem)

    def check(_: Runner) -> None:
        pass

    for method in (run, run_alone, check):
        monkeypatch.setattr(Runner, method.__name__, method)
    mine = find(workspace, "mine")
    verdict = UpstreamSession(bench_of(one), workspace, mine, Selection(), 1, print).judge()
    a, b, c, d = tests
    assert asked == [[a, b, c, d], [c, d], [d]]
    standings = {test.result.test: test.standing for test in verdict.tests}
    assert {standings[a], standings[d]} == {Standing.ONLY_ALONE}
    assert {standings[b], standings[c]} == {Standing.REGRESSION}
    assert [cause.error for cause in verdict.causes] == ["it was over its memory limit of 4 GiB"]
