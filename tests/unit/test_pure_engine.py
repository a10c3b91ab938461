"""The pure engine as an engine: clean of LangGraph, honest about what it lacks, measurable."""

from __future__ import annotations

import ast
import subprocess
import sys
import uuid
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from pure_engine.channels.channel import Channel
from pure_engine.clock import SystemClock
from pure_engine.engine import Engine

from parity_kit import contract
from parity_kit.bench.catalogue import select
from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Pins,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
    run,
)

ROOT = Path(__file__).parents[2]
PURE = ROOT / "candidates" / "pure"
COUNT: dict[str, Any] = {
    "state": {"n": {"type": "int", "reducer": "add"}},
    "nodes": {"a": {"body": [{"write": {"n": 1}}]}},
    "edges": [["__start__", "a"]],
}


def graph(program: dict[str, Any], *operations: Operation) -> Case:
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    return Case(CaseId("case"), subject, operations)


def test_importing_it_loads_neither_langgraph_nor_a_messagepack_library() -> None:
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]; import pure_engine.engine;"
        "heavy = {'langgraph', 'langchain_core', 'ormsgpack', 'msgpack', 'pydantic', 'numpy'};"
        "sys.exit(' '.join(sorted(heavy & {name.partition('.')[0] for name in sys.modules})) or 0)"
    )
    paths = (str(ROOT), str(PURE))
    done = subprocess.run(
        [sys.executable, "-c", program, *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def imports(path: Path) -> set[str]:
    """Return what a module imports, including what it imports for type checking alone."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def test_its_imports_run_in_no_circle() -> None:
    modules = {
        ".".join(path.relative_to(PURE).with_suffix("").parts): path
        for path in (PURE / "pure_engine").rglob("*.py")
        if path.name != "__init__.py"
    }
    imported = {name: imports(path) & modules.keys() for name, path in modules.items()}
    assert list(TopologicalSorter(imported).static_order())[-1] == "pure_engine.engine"


def test_it_imports_only_what_the_kit_promises_to_engines() -> None:
    promised = {
        "parity_kit.contract",
        *(f"parity_kit.contract.{name}" for name in contract.__all__),
    }
    names = {name for path in PURE.rglob("*.py") for name in imports(path)}
    assert {name for name in names if name.startswith("parity_kit")} <= promised


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"novel": {}}, "novel"),
        ({"nodes": {"a": {"body": [], "novel": {}}}}, "novel"),
        ({"nodes": {"a": {"body": [{"novel": 1}]}}}, "novel"),
        ({"state": {"n": {"type": "int", "default": 1}}}, "default"),
        ({"schema": "pydantic"}, "pydantic"),
        ({"state": {"n": {"type": "int", "channel": {"class": "Novel"}}}}, "Novel"),
    ],
)
def test_a_part_of_a_program_that_is_not_known_is_named(change: Any, named: str) -> None:
    subject = Subject(SubjectKind.GRAPH, {"program": COUNT | change, "saver": None})
    with pytest.raises(UnsupportedSubjectError, match=named):
        Engine().open(subject, Pins())


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        (Operation("teleport", {}), "teleport"),
        (Operation("invoke", {"thread": "t", "input": {}, "store": 1}), "store"),
        (Operation("stream", {"thread": "t", "input": {}, "modes": ["messages"]}), "messages"),
        (Operation("invoke", {"thread": "t", "input": {}, "durability": "maybe"}), "maybe"),
    ],
)
def test_an_operation_that_is_not_known_is_named(operation: Operation, named: str) -> None:
    (outcome,) = run(Engine(), graph(COUNT, operation))
    assert isinstance(outcome, Unsupported)
    assert named in outcome.reason


def test_only_what_is_new_since_the_operation_before_is_stored_and_what_went_is_dropped() -> None:
    invoke = Operation("invoke", {"thread": "t", "input": {"n": 1}})
    first, second, third = run(
        Engine(), graph(COUNT, invoke, invoke, Operation("delete_thread", {"thread": "t"}))
    )
    assert isinstance(first, Returned)
    assert isinstance(second, Returned)
    assert isinstance(third, Returned)
    assert (first.value, second.value) == ({"n": 2}, {"n": 4})
    assert first.stored
    assert not first.stored.keys() & second.stored.keys()
    assert third.dropped == tuple(sorted({**first.stored, **second.stored}))


def test_measuring_takes_longer_for_more_loops() -> None:
    case = graph(COUNT, Operation("invoke", {"thread": "t", "input": {"n": 1}}))
    engine = Engine()
    engine.measure(case, 1)
    assert 0 < engine.measure(case, 1) < engine.measure(case, 50)


def test_unpinned_ids_are_version_6_and_in_the_order_they_were_made() -> None:
    clock = SystemClock()
    ids = [clock.new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {uuid.UUID(text).version for text in ids} == {6}
    assert {uuid.UUID(text).variant for text in ids} == {uuid.RFC_4122}
    assert clock.id_of(3) == ids[2]


def test_a_superstep_looks_at_the_channels_that_hold_a_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    is_available = Channel.is_available

    def looked(channel: Channel) -> bool:
        looks.append(channel.key)
        return is_available(channel)

    monkeypatch.setattr(Channel, "is_available", looked)
    counts: list[int] = []
    for size in (30, 300):
        looks.clear()
        (workload,) = select((f"sequential-{size}",))
        run(Engine(), workload.case)
        counts.append(len(looks))

    assert counts[1] < 15 * counts[0], "ten times the nodes, not a hundred times the looks"
