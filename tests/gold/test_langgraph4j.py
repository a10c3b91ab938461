"""The Java port behind its adapter: its wire is the template's, and its findings still hold."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from parity_kit.candidates import building, launch, scaffold
from parity_kit.candidates.manifest import CommandSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
)
from parity_kit.contract.errors import EnvironmentBuildError
from parity_kit.contract.plain import Plain
from parity_kit.wire.host import RemoteEngine

ROOT = Path(__file__).parents[2]
NAME = "langgraph4j"
JAVA = Path("src/main/java/engine")


@pytest.fixture(scope="module")
def engine() -> Generator[RemoteEngine]:
    workspace = Workspace(ROOT)
    candidate = launch.find(workspace, NAME)
    assert isinstance(candidate.setup, CommandSetup)
    if absent := building.absent(candidate.setup):
        pytest.skip(f"no {', '.join(absent)} on this machine")
    try:
        started = launch.start(candidate, workspace)
    except EnvironmentBuildError as error:
        pytest.skip(f"its packages cannot be had here: {error.problem.splitlines()[0]}")
    with started:
        yield started


@pytest.mark.parametrize("name", ["Main", "Outcomes", "Session", "Unsupported"])
def test_the_java_wire_is_that_of_the_template(tmp_path: Path, name: str) -> None:
    template = scaffold.new(Workspace(tmp_path), NAME, "java")
    ours = ROOT / "candidates" / NAME / JAVA / f"{name}.java"
    theirs = template / JAVA / f"{name}.java"
    assert ours.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8")


def ran(
    engine: RemoteEngine, nodes: dict[str, Plain], edges: list[Plain], *operations: Operation
) -> tuple[Outcome, ...]:
    program: Plain = {
        "state": {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}},
        "nodes": nodes,
        "edges": edges,
    }
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    return engine.run(Case(CaseId("c"), subject, operations))


def writes(**fields: Plain) -> Plain:
    return {"body": [{"write": fields}]}


def line(*names: str) -> tuple[dict[str, Plain], list[Plain]]:
    path = ("__start__", *names, "__end__")
    edges: list[Plain] = [[path[i], path[i + 1]] for i in range(len(path) - 1)]
    return {name: writes(log=[name]) for name in names}, edges


@pytest.mark.slow
def test_what_was_there_before_a_fan_out_counts_twice(engine: RemoteEngine) -> None:
    nodes, _ = line("s", "a", "b")
    edges: list[Plain] = [["__start__", "s"], ["s", "a"], ["s", "b"]]
    edges += [["a", "__end__"], ["b", "__end__"]]
    (outcome,) = ran(engine, nodes, edges, Operation("invoke", {"thread": "t", "input": {}}))
    assert isinstance(outcome, Returned)
    assert outcome.value == {"log": ["s", "s", "a", "b"]}


@pytest.mark.slow
def test_four_supersteps_need_a_limit_of_seven(engine: RemoteEngine) -> None:
    for limit in (6, 7):
        run = Operation("invoke", {"thread": "t", "input": {}, "recursion_limit": limit})
        (outcome,) = ran(engine, *line("a", "b", "c", "d"), run)
        assert isinstance(outcome, Returned if limit == 7 else Raised)


@pytest.mark.slow
def test_of_two_writes_to_a_plain_field_the_last_wins(engine: RemoteEngine) -> None:
    nodes: dict[str, Plain] = {"a": writes(n=1), "b": writes(n=2)}
    edges: list[Plain] = [["__start__", "a"], ["__start__", "b"]]
    edges += [["a", "__end__"], ["b", "__end__"]]
    (outcome,) = ran(engine, nodes, edges, Operation("invoke", {"thread": "t", "input": {}}))
    assert isinstance(outcome, Returned)
    assert outcome.value == {"n": 2, "log": []}


@pytest.mark.slow
def test_a_field_that_null_is_written_to_is_gone(engine: RemoteEngine) -> None:
    _, edges = line("a")
    run = Operation("invoke", {"thread": "t", "input": {"n": 1}})
    (outcome,) = ran(engine, {"a": writes(n=None)}, edges, run)
    assert isinstance(outcome, Returned)
    assert outcome.value == {"log": []}


@pytest.mark.slow
def test_runs_without_a_thread_are_one_thread(engine: RemoteEngine) -> None:
    run = Operation("invoke", {"input": {}})
    outcomes = ran(engine, *line("a"), run, run)
    assert [outcome.value for outcome in outcomes if isinstance(outcome, Returned)] == [
        {"log": ["a"]},
        {"log": ["a", "a"]},
    ]


@pytest.mark.slow
def test_the_gate_compares_what_it_can_and_its_ledger_holds(engine: RemoteEngine) -> None:
    assert engine.describe().name == NAME
    done = subprocess.run(
        [sys.executable, "-m", "parity_kit", "gate", NAME, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts: dict[str, int] = {}
    for gate in json.loads(done.stdout)["gates"]:
        for verdict, cases in gate["verdicts"].items():
            verdicts[verdict] = verdicts.get(verdict, 0) + cases
    del verdicts["unsupported"]
    assert verdicts == {"expected": 28, "equal": 15}
    assert done.returncode == 1, "its ledger excuses more than half of what is compared"
