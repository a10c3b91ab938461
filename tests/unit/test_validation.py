"""LangGraph.js's validation of savers: the process that answers it, and what counts of it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pure_engine import Engine

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Pins, Returned, Subject, SubjectKind, Unsupported
from parity_kit.contract.errors import CandidateCrashedError, UsageError
from parity_kit.upstream import validating, validation
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.part import parts_of
from parity_kit.upstream.process import Runner
from parity_kit.upstream.results import FileResult, Outcome, TestResult
from parity_kit.upstream.wire_saver import OPERATIONS


def test_every_saver_of_the_adapter_is_answered_by_one_of_the_candidate() -> None:
    (theirs, requests), (answers, mine) = os.pipe(), os.pipe()

    def opener() -> Any:
        return Engine().open(Subject(SubjectKind.SAVER, {"saver": "memory"}), Pins()).apply

    def ask(saver: int, operation: str, **arguments: Any) -> dict[str, Any]:
        message = {"test": "t", "saver": saver, "operation": operation, "arguments": arguments}
        os.write(requests, (json.dumps(message) + "\n").encode())
        return json.loads(os.read(answers, 1 << 16))

    asked: list[Any] = []
    serving = threading.Thread(target=lambda: asked.append(validating.serve(theirs, mine, opener)))
    serving.start()
    checkpoint: dict[str, Any] = {
        "v": 4,
        "id": "1",
        "ts": "",
        "channel_values": {},
        "channel_versions": {},
    }
    stored = ask(
        0,
        "put",
        thread="é",
        ns="",
        checkpoint=checkpoint,
        metadata={},
        new_versions={},
        parent=None,
    )
    assert stored == {
        "value": {"configurable": {"thread_id": "é", "checkpoint_ns": "", "checkpoint_id": "1"}}
    }
    assert len(ask(0, "list")["value"]) == 1
    assert ask(1, "list") == {"value": []}
    assert "error" in ask(1, "nothing")
    os.close(requests)
    serving.join()
    assert asked == [{"t": 4}]
    os.close(answers)


def test_what_an_engine_declines_or_dies_of_is_an_error() -> None:
    def crashed(_: object) -> Any:
        raise CandidateCrashedError("gone")

    message: dict[str, Any] = {"operation": "list", "arguments": {}}
    assert validating.answered(crashed, message) == {"error": "gone"}
    assert validating.answered(lambda _: Unsupported("none"), message) == {
        "error": "unsupported: none"
    }
    assert validating.answered(lambda _: Returned(5), message) == {"value": 5}


def test_titles_that_vitest_shortens_stay_apart(tmp_path: Path) -> None:
    test = {
        "ancestorTitles": ["memory", "memory#list"],
        "title": "should return 2 tuples when…",
        "status": "passed",
        "failureMessages": [],
    }
    failed = {**test, "status": "failed", "failureMessages": ["AssertionError: 1\n  at x"]}
    skipped = {**test, "title": "put", "status": "pending"}
    report = {"testResults": [{"assertionResults": [test, failed, skipped]}]}
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    name = "memory > memory#list > should return 2 tuples when…"

    results = list(validating.results(tmp_path / "report.json", {name: 3}))

    assert [(result["test"], result["outcome"], result["error"]) for result in results] == [
        ("memory#list > should return 2 tuples when…", "passed", ""),
        ("memory#list > should return 2 tuples when… #2", "failed", "AssertionError: 1"),
        ("memory#list > put", "skipped", ""),
    ]
    assert results[0]["calls"] == {OPERATIONS: 3}


def results(**outcomes: str) -> FileResult:
    tests = (TestResult(name, Outcome(outcome)) for name, outcome in outcomes.items())
    return FileResult("javascript", "memory", tuple(tests), 0.0)


def test_what_langgraphs_own_saver_fails_is_no_matter_of_the_candidate() -> None:
    langgraph = results(a="passed", b="failed", c="passed")
    theirs = results(a="passed", b="failed", c="failed")

    judged = validation.judged_beside("memory", langgraph, theirs, counts_calls=True)

    assert judged.gate == "conformance javascript/memory"
    assert [test.test for test in judged.failed] == ["c"]
    assert judged.standings == {"passed": 1, "fails on both": 1, "regression": 1}
    broken = FileResult("javascript", "memory", (), 0.0, "it cannot be collected: no results")
    judged = validation.judged_beside("memory", broken, broken, counts_calls=True)
    assert judged.failure == "it cannot be collected: no results"


def test_without_node_or_a_saver_of_its_own_it_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = find_workspace(Path(__file__))
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/node")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    validation.check(find(workspace, "pure"))
    with pytest.raises(UsageError, match="fast-langgraph runs LangGraph"):
        validation.check(find(workspace, "fast-langgraph"))
    monkeypatch.setattr(shutil, "which", lambda _: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with pytest.raises(UsageError, match="--javascript needs node and npm on PATH"):
        validation.check(None)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("npm"), reason="LangGraph.js's validation needs Node")
def test_pure_passes_it_but_for_what_python_does_otherwise() -> None:
    workspace = find_workspace(Path(__file__))
    pure = find(workspace, "pure")
    (saver,) = [part for part in parts_of(pure, workspace, print) if part.name == "saver"]
    bench = TestBench(Path(sys.executable), (), {}, "")

    result = Runner(bench, workspace, pure, saver).validate(
        validation.install(workspace, print), "wire memory"
    )

    failed = [test.test for test in result.tests if test.outcome is not Outcome.PASSED]
    assert (result.problem, len(result.tests), len(failed)) == ("", 726, 3)
    assert all("should migrate pending sends" in name for name in failed)
