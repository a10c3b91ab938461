"""LangGraph's own tests as judges: the test process, and how results stand beside LangGraph's."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import cli
from parity_kit.contract.errors import UsageError
from parity_kit.reference import postgres_server
from parity_kit.upstream import bench, process, suites
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.comparing import Standing, Verdict, compare, suspects
from parity_kit.upstream.process import Runner
from parity_kit.upstream.results import FileResult, Journal, Outcome, TestResult
from parity_kit.upstream.session import Selection, UpstreamSession
from parity_kit.upstream.suites import Suite
from parity_kit.wire.limits import MIB, Limits

TESTS = """
import os, sys, tempfile
import pytest
from subject import step

def test_passes_and_calls():
    step()
    step()

def test_passes_and_calls_nothing():
    print("shown nowhere")
    tempfile.mkstemp(prefix="left-behind-")

def test_fails():
    step(fail=True)

@pytest.mark.skip
def test_is_skipped():
    pass

def test_leaves_something():
    sys.modules["left"] = sys

def test_minds_what_is_left():
    assert "left" not in sys.modules
"""
SUBJECT = """
def step(fail=False):
    if fail:
        raise ValueError("no step\\nmore")
"""
HOOK = """
import subject

calls = 0
original = subject.step

def counted(*args, **kwargs):
    global calls
    calls += 1
    return original(*args, **kwargs)

def engage():
    subject.step = counted
    return lambda: {"step": calls}
"""
MANIFEST = """
name = "mine"
title = "mine"
kind = "pip"
language = "Python"
requirements = ["langgraph==1.2.24"]
patch = "hook:engage"
path = "."
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "workspace"
    folder = root / "candidates" / "mine"
    folder.mkdir(parents=True)
    (root / "parity.toml").touch()
    (folder / "candidate.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "hook.py").write_text(HOOK, encoding="utf-8")
    return Workspace(root)


def suite(tmp_path: Path, tests: str = TESTS) -> Suite:
    folder = tmp_path / "suite"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "test_it.py").write_text(dedent(tests), encoding="utf-8")
    (folder / "tests" / "subject.py").write_text(SUBJECT, encoding="utf-8")
    rules = "[pytest]\npythonpath = . tests\nasyncio_mode = strict\n"
    (folder / "pytest.ini").write_text(rules, encoding="utf-8")
    return Suite("langgraph", "1", folder, ())


def bench_of(suite: Suite) -> TestBench:
    return TestBench(Path(sys.executable), (suite,), {"langgraph": "1"}, "digest")


def outcomes(result: FileResult) -> dict[str, str]:
    return {test.test.rpartition("::")[2]: test.outcome.value for test in result.tests}


def test_a_test_process_reports_every_test_and_what_ran_in_it(
    tmp_path: Path, workspace: Workspace
) -> None:
    one = suite(tmp_path)
    runner = Runner(bench_of(one), workspace, find(workspace, "mine"))

    result = runner.run(one, "tests/test_it.py")

    assert result.problem == ""
    assert outcomes(result) == {
        "test_passes_and_calls": "passed",
        "test_passes_and_calls_nothing": "passed",
        "test_fails": "failed",
        "test_is_skipped": "skipped",
        "test_leaves_something": "passed",
        "test_minds_what_is_left": "failed",
    }
    calls, nothing, failed, *_ = result.tests
    assert (calls.calls, nothing.drove, failed.drove) == ({"step": 2}, False, True)
    assert failed.error == "ValueError: no step"
    assert failed.place == "subject.py:4 in step"

    alone = runner.run_alone(one, "tests/test_it.py", [test.test for test in result.tests])
    assert outcomes(alone) == outcomes(result) | {"test_minds_what_is_left": "passed"}
    assert alone.tests[0].calls == {"step": 2}
    plain = Runner(bench_of(one), workspace).run(one, "tests/test_it.py", "calls")
    assert [test.calls for test in plain.tests] == [{}, {}]
    assert not [*Path(tempfile.gettempdir()).glob("left-behind-*")]


FAILURES = {
    "import nothing_of_the_kind": "it cannot be collected: ",
    "import os\ndef test_a(): pass\ndef test_b(): os._exit(7)": "its process ended with 7",
    "import time\ndef test_b(): time.sleep(60)": "it did not end within 4 s",
    "import time\nheld = []\ndef test_b():\n"
    "    while True: held.append(bytearray(1 << 20)); time.sleep(0.001)\n": "it was over",
    "from parity_kit.upstream import lines\n"
    "def test_a(): lines._results.write('[5]\\n')": "it wrote a line that is no result of a test",
}


@pytest.mark.parametrize("body", FAILURES, ids=["broken", "crash", "hang", "memory", "nonsense"])
def test_a_process_that_fails_is_named_and_keeps_what_it_reported(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    one = suite(tmp_path, body)
    if "held" in body:
        monkeypatch.setattr(process, "_LIMITS", Limits(memory_bytes=200 * MIB, processes=64))
    elif "sleep" in body:
        monkeypatch.setattr(process, "FILE_SECONDS", 4)

    result = Runner(bench_of(one), workspace).run(one, "tests/test_it.py")

    assert result.problem.startswith(FAILURES[body])
    assert outcomes(result) == ({"test_a": "passed"} if "test_a" in body else {})


def test_a_session_judges_and_goes_on_where_it_was(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = workspace.candidates / "mine" / "hook.py"
    hook.write_text(HOOK.replace("calls += 1", "calls += 1; assert calls < 2"), encoding="utf-8")
    one = suite(tmp_path)
    (one.folder / "tests" / "test_other.py").write_text("def test_more(): pass\n")
    lines: list[str] = []

    def stop(line: str) -> None:
        lines.append(line)
        if "second" in line:
            raise KeyboardInterrupt

    def session(emit: object) -> UpstreamSession:
        candidate = find(workspace, "mine")
        return UpstreamSession(bench_of(one), workspace, candidate, Selection(), 1, emit)  # pyright: ignore[reportArgumentType]

    with pytest.raises(KeyboardInterrupt):
        session(stop).judge()
    assert [line.partition(",")[0] for line in lines] == ["LangGraph"] * 3
    runs: list[str] = []
    run = Runner.run

    def counting(runner: Runner, suite: Suite, file: str, select: str = "") -> FileResult:
        runs.append(file)
        return run(runner, suite, file, select)

    monkeypatch.setattr(Runner, "run", counting)


def test_the_rounds_of_a_release_as_it_is_are_langgraphs(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = workspace.candidates / "mine" / "candidate.toml"
    manifest.write_text(MANIFEST.replace('patch = "hook:engage"', ""), encoding="utf-8")
    one = suite(tmp_path)
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


def result(name: str, outcome: str, calls: int = 0) -> TestResult:
    return TestResult(name, Outcome(outcome), calls={"step": calls})


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
    "line",
    [
        {},
        {"test": 5, "outcome": "passed"},
        {"test": "t", "outcome": "better"},
        {"test": "t", "outcome": "passed", "calls": [1]},
        {"test": "t", "outcome": "passed", "calls": {"step": "many"}},
        {"test": "t", "outcome": "passed", "seconds": []},
    ],
    ids=json.dumps,
)
def test_a_line_that_is_no_result_is_refused(line: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        TestResult.from_plain(line)


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
    prepared = bench_of(suite(tmp_path, "def test_it(): pass"))

    def prepare(*_: object, **__: object) -> TestBench:
        return prepared

    monkeypatch.setattr(bench, "prepare", prepare)
    arguments = ["upstream", *words, "--workspace", str(workspace.root)]

    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)

    assert raised.value.problem == problem
    assert raised.value.hint


def test_what_tests_need_is_what_the_release_lists() -> None:
    project = {
        "dependency-groups": {
            "test": ["syrupy", "pytest-xdist[psutil]", "redis>=5", {"include-group": "lint"}]
        }
    }
    needs = suites.needs(project)
    assert {"syrupy", "redis>=5", "pytest"} <= {*needs}
    assert not any(need.startswith("pytest-xdist") for need in needs)


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


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The requirements of the environments that are made, none of them really."""
    made: list[tuple[str, ...]] = []

    def make(recipe: Recipe, *_: object) -> Path:
        made.append(recipe.requirements)
        return tmp_path / str(len(made)) / "bin" / "python"

    def fetch(name: str, version: str, *_: object) -> Suite:
        return Suite(name, version, tmp_path / f"tests-{name}-{version}", (f"needed-by-{name}",))

    def installed(python: Path) -> dict[str, str]:
        packages = [name for name in suites.SUITES.values() if "postgres" not in name]
        # LangGraph's own tests need the saver; a candidate's environment does not have it.
        more = [] if python.parents[1].name == "1" else ["langgraph-checkpoint-postgres", "pytest"]
        return dict.fromkeys([*packages, *more], "1")

    monkeypatch.setattr(bench.environment, "make", make)
    monkeypatch.setattr(bench, "_installed", installed)
    monkeypatch.setattr(bench, "fetch", fetch)
    return made


def test_any_choice_of_suites_has_the_same_rounds_of_langgraph(
    workspace: Workspace, recipes: list[tuple[str, ...]]
) -> None:
    mine = find(workspace, "mine")
    every = bench.prepare(mine, tuple(suites.SUITES), workspace, print)
    first = recipes[1]
    recipes.clear()

    one = bench.prepare(mine, ("prebuilt",), workspace, print)

    assert [suite.name for suite in one.suites] == ["prebuilt"]
    assert one.digest == every.digest
    assert recipes[1] == first
    assert {f"needed-by-{suite.name}" for suite in every.suites} < {*first}


def test_suites_of_postgresql_are_those_of_the_tests_environment(
    workspace: Workspace, recipes: list[tuple[str, ...]]
) -> None:
    mine = find(workspace, "mine")
    without = bench.prepare(mine, tuple(suites.SUITES), workspace, print)
    recipes.clear()

    served = bench.prepare(mine, tuple(suites.SUITES), workspace, print, postgres=True)

    assert suites.POSTGRES not in {suite.name for suite in without.suites}
    assert served.suites[-1].name == suites.POSTGRES
    assert served.packages == {**without.packages, "langgraph-checkpoint-postgres": "1"}
    assert served.digest != without.digest
    assert f"needed-by-{suites.POSTGRES}" in recipes[-1]


@pytest.mark.skipif(bool(postgres_server.missing()), reason=postgres_server.missing())
def test_tests_get_the_server_that_they_expect(tmp_path: Path, workspace: Workspace) -> None:
    tests = """
        from conftest import URI
        from psycopg import Connection

        def test_it():
            with Connection.connect(URI) as connection:
                connection.execute("SELECT 1")
    """
    one = suite(tmp_path, dedent(tests))
    uri = 'URI = "postgres://postgres:postgres@localhost:5442/"'
    (one.folder / "tests" / "conftest.py").write_text(uri, encoding="utf-8")

    results = [
        Runner(replace(bench_of(one), postgres=postgres), workspace).run(one, "tests/test_it.py")
        for postgres in (True, False)
    ]

    assert one.postgres_port == "5442"
    assert [[test.outcome.value for test in result.tests] for result in results] == [
        ["passed"],
        ["failed"],
    ]
    assert [result.problem for result in results] == ["", ""]


@pytest.mark.slow
def test_langgraphs_own_tests_run_on_an_accelerator(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "parity.toml").touch()
    repository = Path(__file__).parents[2]
    (root / "candidates").symlink_to(repository / "candidates", target_is_directory=True)
    words = ["upstream", "fast-langgraph-engaged", "--suite", "langgraph", "--json"]
    words += ["--file", "test_interrupt_state.py", "--workspace", str(root)]

    result = CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)

    told = json.loads(result.stdout)
    assert told["packages"]["langgraph"] == "1.2.24"
    assert len(told["tests"]) > 1
    assert {test["standing"] for test in told["tests"]} <= {"passed", "regression"}
    assert any(test["drove"] for test in told["tests"])
    assert result.return_value == told["exit_code"]
