"""A recording on an application of today: whether its stored threads can go on there."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pytest
from click.testing import CliRunner
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

import parity_kit
from parity_kit.apps.replaying import replay_on
from parity_kit.cli import cli
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import ExitCode

APPROVAL = Path(__file__).parents[2] / "docs" / "examples" / "apps" / "approval.py"
THREAD: Any = {"configurable": {"thread_id": "t"}}


class State(TypedDict, total=False):
    n: int


def add_one(state: Any) -> Any:
    return {"n": state["n"] + 1}


def double(state: Any) -> Any:
    return {"n": state["n"] * 2}


def build(*nodes: Callable[[Any], Any]) -> Any:
    builder: Any = StateGraph(State)
    for node in nodes:
        builder.add_node(node.__name__, node)
    builder.add_edge(START, nodes[0].__name__)
    for one, other in itertools.pairwise(nodes):
        builder.add_edge(one.__name__, other.__name__)
    return builder.compile(checkpointer=InMemorySaver())


def call(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["app", *arguments], standalone_mode=False)


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an application, which is the current one."""
    shutil.copy(APPROVAL, tmp_path / "refunds.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("refunds", "changed", "other"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after", "lacks"),
    [
        ('"ask"', '"question"', "1 (resume): thread '1' waits at node 'review/ask'"),
        ('"review"', '"inspect"', "1 (resume): thread '1' waits at node 'review'"),
        ('"pay"', '"refund"', "3 (invoke): thread '1' waits at node 'pay'"),
    ],
)
def test_a_thread_that_waits_at_a_renamed_node_cannot_resume(
    application: Path, before: str, after: str, lacks: str
) -> None:
    runs: list[Any] = [{"input": {"amount": 500, "notes": []}}, {"resume": "late"}]
    (application / "in.json").write_text(json.dumps([*runs, {"resume": "Ann"}, {"input": None}]))
    recorded = call("record", "refunds:graph", "--inputs", "in.json")
    assert recorded.return_value == ExitCode.PARITY, recorded.exception
    source = (application / "refunds.py").read_text()
    (application / "changed.py").write_text(source.replace(before, after))
    replayed = call("replay", "./changed.py:graph")
    assert replayed.return_value == ExitCode.DIVERGENCE
    said = f"  operation {lacks}, which the graph does not have\n"
    assert f"✗ cannot resume  recordings/app.case\n{said}" in replayed.output
    replayed = call("replay", "./changed.py:graph", "--json")
    assert replayed.return_value == ExitCode.DIVERGENCE
    (result,) = json.loads(replayed.output)["recordings"]
    assert (result["verdict"], result["same"]) == ("cannot resume", False)
    # A node in which no thread waits is another matter.
    (application / "other.py").write_text(source.replace('"check"', '"look"'))
    replayed = call("replay", "./other.py:graph")
    assert "✗ departed  recordings/app.case" in replayed.output
    assert "waits" not in replayed.output


def test_what_a_stored_thread_needs_of_the_graph(tmp_path: Path) -> None:
    path = tmp_path / "stopped.case"
    with parity_kit.record(path):
        graph = build(add_one, double)
        graph.invoke({"n": 1}, THREAD, interrupt_before=["double"])
        graph.update_state(THREAD, {"n": 5}, as_node="add_one")
        graph.invoke(None, THREAD)
    kept = read_case(path)

    def verdict(graph: Any) -> tuple[str, str]:
        replayed = replay_on(graph, kept.case, kept.reference_outcomes)
        return replayed.verdict, replayed.stuck

    def triple(state: Any) -> Any:
        return {"n": state["n"] * 3}

    assert verdict(build(add_one, double)) == ("same", "")
    gone = "which the graph does not have"
    assert verdict(build(add_one, triple)) == (
        "cannot resume",
        f"operation 2 (invoke): thread 't' waits at node 'double', {gone}",
    )
    assert verdict(build(double)) == (
        "cannot resume",
        f"operation 1 (update_state): thread 't' goes on as or at node 'add_one', {gone}",
    )
    without = build(add_one, double)
    without.checkpointer = None
    assert verdict(without) == (
        "cannot resume",
        "operation 2 (invoke): thread 't' cannot be read: the graph has no saver",
    )
    assert verdict(build(double, add_one))[0] == "departed"
