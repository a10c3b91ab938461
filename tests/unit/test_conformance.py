"""LangGraph's conformance suite for savers: what its functions say of a candidate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import cli
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import UpstreamJudged
from parity_kit.upstream.conformance import BASE, Conformed
from parity_kit.upstream.results import FileResult, Outcome, TestResult
from tests.unit.test_upstream_gate import conclude

REPOSITORY = Path(__file__).parents[2]
CONTROL = REPOSITORY / "tests/faults/candidates/langgraph-checkpoint-duckdb"


def conformed(
    *tests: tuple[str, str, int], problem: str = "", counts_calls: bool = True
) -> Conformed:
    results = tuple(
        TestResult(
            f"{capability}::test",
            Outcome(outcome),
            calls={"operations": calls} if counts_calls else {},
        )
        for capability, outcome, calls in tests
    )
    return Conformed("memory", FileResult("conformance", "", results, 0.0, problem), counts_calls)


ALL = [(name, "passed", 1) for name in BASE]


@pytest.mark.parametrize(
    ("one", "code", "words"),
    [
        (conformed(*ALL), 0, "5 of 5 tests equal at level result (its code ran in 5 of the 5"),
        (conformed(*ALL, ("prune", "skipped", 0)), 0, "5 of 5 tests equal"),
        (conformed(*ALL, ("prune", "failed", 1)), 1, "1 of 6 tests"),
        (conformed(*ALL[1:], ("put", "skipped", 0)), 1, "put: every saver must offer it"),
        (conformed(*((name, "passed", 0) for name in BASE)), 3, "these never ran: operations"),
        (conformed(*ALL, problem="its process ended with 1"), 3, "its process ended with 1"),
        (conformed(*((n, "passed", 0) for n in BASE), counts_calls=False), 0, "5 of 5 tests equal"),
        (conformed(), 3, "0 of 0 tests compared"),
    ],
)
def test_a_saver_passes_only_if_its_code_ran_and_it_offers_the_base(
    one: Conformed, code: int, words: str
) -> None:
    conclusion, _ = conclude(one.judged("suite 1"))
    assert (conclusion.exit_code, words in conclusion.first_line) == (code, True), conclusion


def test_the_worst_saver_counts() -> None:
    failed = conformed(*ALL, ("prune", "failed", 1))
    conclusion, events = conclude(conformed(*ALL).judged("suite 1"), failed.judged("suite 1"))
    assert conclusion.exit_code == ExitCode.DIVERGENCE
    assert [event.standings for event in events if isinstance(event, UpstreamJudged)] == [
        {"passed": 5},
        {"passed": 5, "failed": 1},
    ]


@pytest.fixture
def control(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, some_corpora: Callable[..., object]
) -> Path:
    """A workspace with a saver for an old interface, and a few of the savers' cases."""
    (tmp_path / "parity.toml").touch()
    (tmp_path / "candidates").mkdir()
    (tmp_path / "candidates" / CONTROL.name).symlink_to(CONTROL, target_is_directory=True)
    some_corpora(tmp_path, "savers", every=20)
    # An environment takes a minute to make.
    monkeypatch.setenv("PARITY_KIT_CACHE", str(Workspace(REPOSITORY).cache))
    return tmp_path


def judge(workspace: Path, *words: str) -> tuple[int, dict[str, Any]]:
    arguments = [*words, "--json", "--workspace", str(workspace)]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)
    return result.return_value, json.loads(result.stdout)


@pytest.mark.slow
def test_the_suite_passes_pure(control: Path) -> None:
    code, report = judge(control, "conformance", "pure")
    assert code == ExitCode.PARITY, report["reason"]
    outcomes = {
        one["saver"]: [function["outcome"] for function in one["functions"]]
        for one in report["savers"]
    }
    assert [*outcomes] == ["codec", "memory", "sqlite", "postgres"]
    assert {len(functions) for functions in outcomes.values()} == {81}
    assert [functions.count("passed") for functions in outcomes.values()] == [58, 58, 58, 66]


@pytest.mark.slow
def test_every_judge_of_savers_fails_one_for_an_old_interface_by_name(control: Path) -> None:
    code, report = judge(control, "conformance", CONTROL.name)
    (own,) = report["savers"]
    assert code == ExitCode.DIVERGENCE
    assert "delete_thread" in own["not_offered"]
    failed = [one for one in own["functions"] if one["outcome"] == "failed"]
    assert len(failed) == 51
    assert {one["error"].partition(" object")[0] for one in failed} == {
        "AttributeError: 'JsonPlusSerializer'"
    }

    code, report = judge(control, "gate", CONTROL.name)
    assert (code, report["verdict"]) == (ExitCode.DIVERGENCE, "divergent")
    assert "of 18 cases, first savers/memory/put/" in report["reason"]
