"""The Go port behind its adapter: its wire is the template's, and its findings still hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from parity_kit.candidates import launch, scaffold
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind
from parity_kit.contract.errors import EnvironmentBuildError
from parity_kit.contract.plain import Plain

ROOT = Path(__file__).parents[2]
SIDE_BY_SIDE = ("a", "b", "c", "d")


@pytest.mark.parametrize("name", ["wire.go", "msgpack.go"])
def test_the_wire_is_that_of_the_template(tmp_path: Path, name: str) -> None:
    template = scaffold.new(Workspace(tmp_path), "langgraphgo", "go")
    ours = ROOT / "candidates" / "langgraphgo" / name
    assert ours.read_text(encoding="utf-8") == (template / name).read_text(encoding="utf-8")


def four_at_once() -> Case:
    nodes: dict[str, Plain] = {
        name: {"body": [{"write": {"log": [name]}}]} for name in SIDE_BY_SIDE
    }
    edges: list[Plain] = [["__start__", name] for name in SIDE_BY_SIDE]
    edges += [[name, "__end__"] for name in SIDE_BY_SIDE]
    program: Plain = {
        "state": {"log": {"type": "list", "reducer": "add"}},
        "nodes": nodes,
        "edges": edges,
    }
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    return Case(CaseId("c"), subject, (Operation("invoke", {"input": {"log": []}}),))


@pytest.mark.slow
def test_its_order_is_random_and_the_gate_compares_what_it_can() -> None:
    if shutil.which("go") is None:
        pytest.skip("no go on this machine")
    workspace = Workspace(ROOT)
    try:
        engine = launch.start(launch.find(workspace, "langgraphgo"), workspace)
    except EnvironmentBuildError as error:
        pytest.skip(f"its module cannot be fetched here: {error.problem[:80]}")
    with engine:
        orders: set[str] = set()
        for _ in range(200):
            (outcome,) = engine.run(four_at_once())
            assert isinstance(outcome, Returned)
            log = cast("dict[str, list[str]]", outcome.value)["log"]
            assert sorted(log) == [*SIDE_BY_SIDE]
            orders.add("".join(log))
    assert len(orders) > 1
    command = ["gate", "langgraphgo", "--level", "result", "--corpus", "graphs", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "parity_kit", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = json.loads(done.stdout)["gates"][0]["verdicts"]
    assert verdicts["expected"] == 4
    assert verdicts["equal"] >= 8
    assert not verdicts.keys() - {"equal", "expected", "unsupported", "flaky"}
