"""The reference: pinned, scoped, and the same bytes whatever the process."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import langgraph.checkpoint.memory as memory_module
import langgraph.pregel._checkpoint as checkpoint_module
import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Level,
    Operation,
    Pins,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    UnsupportedSubjectError,
    outcome_to_plain,
    run,
)
from parity_kit.contract.canonical import digest, pack
from parity_kit.reference import Engine
from parity_kit.reference.pins import Counter, pinned

PROGRAM: dict[str, Any] = {
    "state": {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {
        "plan": {"body": [{"write": {"n": {"add": [{"get": "n"}, 1]}, "log": ["plan"]}}]},
        "work": {"body": [{"write": {"log": [{"join": ["work", {"get": "k"}]}]}}]},
        "ask": {
            "body": [
                {"let": {"answer": {"interrupt": {"q": 1}}}},
                {"write": {"log": [{"var": "answer"}]}},
            ]
        },
        "left": {"body": [{"write": {"log": ["left"]}}]},
        "right": {"body": [{"write": {"log": ["right"]}}]},
        "join": {"body": []},
    },
    "edges": [
        ["__start__", "plan"],
        ["work", "ask"],
        ["ask", "left"],
        ["ask", "right"],
        [["left", "right"], "join"],
    ],
    "branches": {"plan": [{"send": {"to": "work", "each": {"range": 3}, "as": "k"}}]},
}
MODES = ["values", "updates", "tasks", "checkpoints"]
OWN = {"task_id": "t", "run_id": "r", "graph_id": "g", "assistant_id": "a"}
CASE = Case(
    CaseId("reference"),
    Subject(SubjectKind.GRAPH, {"program": PROGRAM, "saver": "memory"}),
    (
        Operation("stream", {"thread": "t", "input": {"n": 0, "log": []}, "modes": MODES}),
        Operation("resume", {"thread": "t", "value": "yes", "modes": MODES}),
        Operation("get_state_history", {"thread": "t"}),
        Operation("invoke", {"thread": "t", "input": None, "checkpoint": 2}),
        # LangGraph takes these over into the metadata, in the order of a set of strings.
        Operation("invoke", {"thread": "u", "input": {"n": 1}, "config": {"configurable": OWN}}),
    ),
)


def trace_digest() -> str:
    return digest(pack([outcome_to_plain(outcome) for outcome in run(Engine(), CASE)]))


def test_same_bytes_in_another_process() -> None:
    settings = {"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LC_ALL": "C"}
    program = "import test_reference; print(test_reference.trace_digest())"
    folder = os.path.dirname(__file__)  # noqa: PTH120  # a path for sys.path
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r}); {program}"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == trace_digest()


def test_the_same_session_gives_the_same_bytes_twice() -> None:
    assert trace_digest() == trace_digest()


def test_pins_leave_nothing_behind() -> None:
    names = (
        (checkpoint_module, "uuid6"),
        (checkpoint_module, "datetime"),
        (memory_module, "random"),
    )
    before = [getattr(module, name) for module, name in names]
    run(Engine(), CASE)
    assert before == [getattr(module, name) for module, name in names]


def test_ids_times_and_versions_follow_the_pins() -> None:
    first, *_ = run(Engine(), CASE)
    assert isinstance(first, Returned)
    checkpoints = [name for name in first.stored if name.startswith("checkpoint/")]
    assert checkpoints[1].split("/")[3] == "00000000-0000-6000-8000-000000000002"
    assert b"2024-01-01T00:00:02+00:00" in first.stored[checkpoints[1]]
    assert f"{2:032}.{1:016}".encode() in first.stored[checkpoints[1]]


def test_tasks_finish_in_task_order_and_all_of_them_do() -> None:
    nodes = {name: {"body": [{"raise": {"type": "ValueError", "message": name}}]} for name in "cba"}
    program = {
        "state": {"log": {"type": "list", "reducer": "add"}},
        "nodes": {**nodes, "fine": {"body": [{"write": {"log": ["fine"]}}]}},
        "edges": [["__start__", name] for name in ("c", "fine", "b", "a")],
    }
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    operations = (Operation("invoke", {"thread": "t", "input": {"log": []}}),)
    for _ in range(5):
        (outcome,) = run(Engine(), Case(CaseId("errors"), subject, operations))
        assert isinstance(outcome, Raised)
        assert (outcome.error, outcome.message) == ("ValueError", "a")
        writes = [name for name in outcome.stored if name.startswith("write/")]
        assert any("/log/" in name and "fine" in name for name in writes)


def test_handled_errors_keep_their_addresses_to_themselves() -> None:
    class Handled(Exception):  # noqa: N818  # an error of a user's node
        pass

    runner: Any = importlib.import_module("langgraph.pregel._runner")
    error = Handled()
    left = weakref.ref(error)
    with pinned(Counter(Pins())):
        assert runner.id(error) == id(error)
        del error
        assert left() is not None  # no later error can have its address
    assert "id" not in vars(runner)


@pytest.mark.slow
def test_a_failure_that_langgraph_hides_is_shown_by_a_script() -> None:
    script = Path(__file__).parents[2] / "docs" / "examples" / "hidden_failure.py"
    shown = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    ends = dict(line.split(maxsplit=1)[::-1] for line in shown.stdout.splitlines())
    # How many are hidden hangs on where the interpreter puts things, so it may be none.
    assert set(ends) <= {"raised second failed", "returned {'n': 1}"}
    assert sum(map(int, ends.values())) == 2000


@pytest.mark.slow
def test_the_writes_that_langgraph_loses_are_counted_by_a_script() -> None:
    script = Path(__file__).parents[2] / "docs" / "examples" / "lost_writes.py"
    shown = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    lost, of = re.match(r"(\d+) of (\d+) runs lost", shown.stdout).groups()  # pyright: ignore[reportOptionalMemberAccess]  # else it fails
    # How many are lost hangs on the machine, so it may be none.
    assert int(lost) < int(of) == 500
    assert not shown.stderr


@pytest.mark.slow
def test_checkpoints_that_hold_later_values_are_counted_by_a_script() -> None:
    script = Path(__file__).parents[2] / "docs" / "examples" / "later_values.py"
    shown = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    # How many do hangs on the machine. The script checks that going on from one counts twice.
    assert re.fullmatch(
        r"SqliteSaver: \d+ of 200 .*\nAsyncSqliteSaver: \d+ of 200 .*\n", shown.stdout
    )


def test_measure_times_what_can_run_unpinned() -> None:
    case = replace(CASE, operations=CASE.operations[:3])
    once = Engine().measure(case, 1)
    assert 0 < once < Engine().measure(case, 20)
    with pytest.raises(UnsupportedSubjectError, match="earlier checkpoint"):
        Engine().measure(CASE, 1)


def test_describes_itself_at_bytes_level() -> None:
    description = Engine().describe()
    assert set(description.levels) == set(SubjectKind)
    assert set(description.levels.values()) == {Level.BYTES}


def test_an_unknown_operation_is_unsupported() -> None:
    session = Engine().open(Subject(SubjectKind.CODEC, {"strict": True}), Pins())
    assert "no operation" in outcome_to_plain(session.apply(Operation("fly")))["unsupported"]  # pyright: ignore[reportOperatorIssue]  # it is text
