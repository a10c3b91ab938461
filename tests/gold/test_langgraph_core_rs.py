"""The Rust port behind its adapter: its wire is the template's, and its findings still hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from parity_kit.candidates import launch, scaffold
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind
from parity_kit.contract.errors import EnvironmentBuildError
from parity_kit.contract.plain import Plain
from parity_kit.wire.host import RemoteEngine

ROOT = Path(__file__).parents[2]
NAME = "langgraph-core-rs"
SIDE_BY_SIDE = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def engine() -> Generator[RemoteEngine]:
    if shutil.which("cargo") is None:
        pytest.skip("no cargo on this machine")
    workspace = Workspace(ROOT)
    try:
        started = launch.start(launch.find(workspace, NAME), workspace)
    except EnvironmentBuildError as error:
        pytest.skip(f"its crates cannot be fetched here: {error.problem[:80]}")
    with started:
        yield started


def test_the_wire_is_that_of_the_template(tmp_path: Path) -> None:
    template = scaffold.new(Workspace(tmp_path), NAME, "rust") / "src" / "wire.rs"
    ours = ROOT / "candidates" / NAME / "src" / "wire.rs"
    assert ours.read_text(encoding="utf-8") == template.read_text(encoding="utf-8")


def log_of(
    engine: RemoteEngine, edges: list[Plain], branches: dict[str, Plain] | None = None
) -> list[str] | None:
    """Return the names of the nodes that ran, or null where the run returned nothing."""
    nodes: dict[str, Plain] = {
        name: {"body": [{"write": {"log": [name]}}]} for name in SIDE_BY_SIDE
    }
    state: Plain = {"log": {"type": "list", "reducer": "add"}, "to": {"type": "str"}}
    program: dict[str, Plain] = {"state": state, "nodes": nodes, "edges": edges}
    if branches:
        program["branches"] = branches
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    given: dict[str, Plain] = {"input": {"log": [], "to": "c"}}
    (outcome,) = engine.run(Case(CaseId("c"), subject, (Operation("invoke", given),)))
    assert isinstance(outcome, Returned)
    value = cast("dict[str, list[str]] | None", outcome.value)
    return None if value is None else value["log"]


@pytest.mark.slow
def test_the_order_of_a_superstep_is_random(engine: RemoteEngine) -> None:
    edges: list[Plain] = [["__start__", name] for name in SIDE_BY_SIDE]
    logs = [log_of(engine, edges) or [] for _ in range(100)]
    assert {tuple(sorted(log)) for log in logs} == {SIDE_BY_SIDE}
    assert len({tuple(log) for log in logs}) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edges", "branches", "ran"),
    [
        pytest.param([["__start__", "a"]], {"a": [{"get": "to"}]}, ["a"], id="not-the-state"),
        pytest.param([["__start__", "a"]], {"a": ["b", "c"]}, ["a", "c"], id="two-on-a-node"),
        pytest.param([["__start__", "a"]], {"a": [["b", "c"]]}, ["a"], id="several-names"),
        pytest.param([], {"__start__": ["a"]}, None, id="from-the-start"),
    ],
)
def test_branches_are_lost(
    engine: RemoteEngine, edges: list[Plain], branches: dict[str, Plain], ran: list[str] | None
) -> None:
    assert log_of(engine, edges, branches) == ran


@pytest.mark.slow
def test_the_ledger_covers_what_its_channels_do_otherwise(engine: RemoteEngine) -> None:
    del engine  # it is built, or this was skipped
    command = ["gate", NAME, "--corpus", "channels", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "parity_kit", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = json.loads(done.stdout)["gates"][0]["verdicts"]
    assert verdicts["equal"] >= 50
    assert verdicts["expected"] >= 29
    assert not verdicts.keys() - {"equal", "expected", "unsupported"}
