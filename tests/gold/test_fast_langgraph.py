"""fast-langgraph, for real: as shipped it does not drive, and where it drives it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parity_kit.candidates.launch import find, start
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
    canonical,
    outcome_to_plain,
    run,
)
from parity_kit.contract.plain import Plain
from parity_kit.reference import Engine
from parity_kit.wire.host import RemoteEngine

pytestmark = pytest.mark.slow

WORKSPACE = Workspace(Path(__file__).parents[2])
HOLDERS = ("_algo", "_draw", "_loop", "main")
"""The modules that hold `apply_writes`."""
LOG: Plain = {"log": {"type": "list", "reducer": "add"}}


def node(name: str) -> dict[str, Plain]:
    return {"body": [{"write": {"log": [name]}}]}


LINE: dict[str, Plain] = {
    "state": LOG,
    "nodes": {"a": node("a"), "b": node("b")},
    "edges": [["__start__", "a"], ["a", "b"], ["b", "__end__"]],
}
SENDS: dict[str, Plain] = {
    "state": LOG,
    "nodes": {"plan": node("plan"), "work": node("work")},
    "edges": [["__start__", "plan"], ["work", "__end__"]],
    "branches": {"plan": [{"send": {"to": "work", "each": {"range": 2}, "as": "k"}}]},
}
DEFERRED: dict[str, Plain] = {
    "state": LOG,
    "nodes": {"a": node("a"), "late": {**node("late"), "defer": True}},
    "edges": [["__start__", "a"], ["a", "late"], ["late", "__end__"]],
}
EPHEMERAL: dict[str, Plain] = {
    "state": {
        "n": {"type": "int"},
        "once": {"channel": {"class": "EphemeralValue", "type": "int"}},
    },
    "nodes": {
        "a": {"body": [{"write": {"once": 5}}]},
        "b": {"body": [{"write": {"n": 1}}]},
        "c": {"body": [{"write": {"n": {"get": "once"}}}]},
    },
    "edges": [["__start__", "a"], ["a", "b"], ["b", "c"], ["c", "__end__"]],
}


def case(name: str, program: dict[str, Plain], given: Plain) -> Case:
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    invoke = Operation("invoke", {"thread": "t", "input": given})
    return Case(CaseId(name), subject, (invoke, Operation("get_state", {"thread": "t"})))


CASES = [
    case("line", LINE, {"log": []}),
    case("sends", SENDS, {"log": []}),
    case("deferred", DEFERRED, {"log": []}),
    case("ephemeral", EPHEMERAL, {"n": 0}),
]


@pytest.fixture(scope="module")
def shipped() -> Iterator[RemoteEngine]:
    with start(find(WORKSPACE, "fast-langgraph"), WORKSPACE) as engine:
        yield engine


@pytest.fixture(scope="module")
def engaged() -> Iterator[RemoteEngine]:
    with start(find(WORKSPACE, "fast-langgraph-engaged"), WORKSPACE) as engine:
        yield engine


def packed(outcomes: tuple[Outcome, ...]) -> bytes:
    return canonical.pack([outcome_to_plain(outcome) for outcome in outcomes])


def test_as_shipped_it_agrees_because_it_never_runs(shipped: RemoteEngine) -> None:
    for case in CASES:
        assert packed(shipped.run(case)) == packed(run(Engine(), case))
    assert shipped.describe().engaged == {"apply_writes": 0}


def test_engaged_it_runs_in_every_place_that_held_langgraphs(engaged: RemoteEngine) -> None:
    engaged.run(CASES[0])
    calls = engaged.describe().engaged
    assert {*calls} == {f"apply_writes in langgraph.pregel.{name}" for name in HOLDERS}
    assert calls["apply_writes in langgraph.pregel._loop"] > 0


def test_engaged_it_agrees_on_the_result_of_a_line_but_not_on_its_bytes(
    engaged: RemoteEngine,
) -> None:
    ours, theirs = run(Engine(), CASES[0]), engaged.run(CASES[0])
    assert isinstance(ours[0], Returned)
    assert isinstance(theirs[0], Returned)
    assert theirs[0].value == ours[0].value == {"log": ["a", "b"]}
    assert theirs[0].stored != ours[0].stored


def test_engaged_it_never_ends_after_a_send(engaged: RemoteEngine) -> None:
    assert isinstance(run(Engine(), CASES[1])[0], Returned)
    outcome = engaged.run(CASES[1])[0]
    assert isinstance(outcome, Raised)
    assert outcome.error == "langgraph.errors.GraphRecursionError"


def test_engaged_it_never_runs_a_deferred_node(engaged: RemoteEngine) -> None:
    ours, theirs = run(Engine(), CASES[2])[0], engaged.run(CASES[2])[0]
    assert isinstance(ours, Returned)
    assert isinstance(theirs, Returned)
    assert ours.value == {"log": ["a", "late"]}
    assert theirs.value == {"log": ["a"]}


def test_engaged_an_ephemeral_value_outlives_its_step(engaged: RemoteEngine) -> None:
    ours, theirs = run(Engine(), CASES[3])[0], engaged.run(CASES[3])[0]
    assert isinstance(ours, Returned)
    assert isinstance(theirs, Returned)
    assert ours.value == {"n": None}
    assert theirs.value == {"n": 5, "once": 5}
