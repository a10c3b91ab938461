"""A process on LangGraph's own tests: what it reports, and how it fails."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import CandidateCrashedError
from parity_kit.reference import postgres_server
from parity_kit.upstream import process
from parity_kit.upstream.process import Runner
from parity_kit.upstream.results import TestResult
from parity_kit.wire.limits import MIB, Limits
from tests.support.upstream import bench_of, outcomes, suite
from tests.support.upstream import workspace as workspace  # noqa: PLC0414  # a fixture

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

def test_has_only_wanted_plugins(pytestconfig):
    names = ("anyio.pytest_plugin", "asyncio", "langsmith_plugin", "xdist")
    has = [pytestconfig.pluginmanager.has_plugin(name) for name in names]
    assert has == [True, False, False, False]
"""


def test_a_test_process_reports_every_test_and_what_ran_in_it(
    tmp_path: Path, workspace: Workspace
) -> None:
    one = suite(tmp_path, TESTS)
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
        "test_has_only_wanted_plugins": "passed",
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


def test_a_hook_that_fails_is_named_before_any_test_runs(
    tmp_path: Path, workspace: Workspace
) -> None:
    hook = "def engage():\n    raise RuntimeError('no hook')\n"
    (workspace.candidates / "mine" / "hook.py").write_text(hook, encoding="utf-8")
    runner = Runner(bench_of(suite(tmp_path, "")), workspace, find(workspace, "mine"))
    with pytest.raises(CandidateCrashedError, match=r"cannot be engaged: .* RuntimeError: no hook"):
        runner.check()


FAILURES = {
    "import nothing_of_the_kind": "it cannot be collected: ",
    "import os\ndef test_a(): pass\ndef test_b(): os._exit(7)": "its process ended with 7",
    "import time\ndef test_b(): time.sleep(60)": "it did not end within 1 s",
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
        monkeypatch.setattr(process, "FILE_SECONDS", 1)

    result = Runner(bench_of(one), workspace).run(one, "tests/test_it.py")

    assert result.problem.startswith(FAILURES[body])
    assert outcomes(result) == ({"test_a": "passed"} if "test_a" in body else {})


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


@pytest.mark.skipif(bool(postgres_server.missing()), reason=postgres_server.missing())
def test_tests_get_the_server_that_they_expect(tmp_path: Path, workspace: Workspace) -> None:
    tests = """
        from pathlib import Path
        from conftest import URI
        from psycopg import Connection

        def test_it():
            with Connection.connect(URI) as connection:
                (data,) = connection.execute("SHOW data_directory").fetchone()
            assert Path(data).is_relative_to(Path.cwd())  # which goes with the process
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
