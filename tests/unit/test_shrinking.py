"""Shrinking a case as data: what can go goes, what the disagreement needs stays."""

from __future__ import annotations

import time
from typing import Any

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.search.shrinking import simplify

PROGRAM: dict[str, Any] = {
    "state": {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {
        "a": {"body": [{"write": {"n": 1}}, {"emit": "x"}]},
        "b": {"body": [], "defer": True},
        "c": {"body": [{"write": {"log": ["c"], "n": {"add": [{"get": "n"}, 1]}}}]},
    },
    "edges": [["__start__", "a"], ["a", "b"], [["a", "b"], "c"], ["c", "__end__"]],
    "branches": {"b": ["c"]},
}


def graph(*operations: Operation) -> Case:
    subject = Subject(SubjectKind.GRAPH, {"program": PROGRAM, "saver": "memory"})
    return Case(CaseId("c"), subject, operations)


RUN = Operation("stream", {"thread": "t", "input": {"n": 0}, "modes": ["values", "updates"]})
READ = Operation("get_state", {"thread": "t"})


def program_of(case: Case) -> Any:
    return case.subject.spec["program"]


def test_what_nothing_needs_goes() -> None:
    def holds(case: Case) -> bool:
        names = [operation.name for operation in case.operations]
        written = any("log" in str(node) for node in program_of(case).get("nodes", {}).values())
        return "stream" in names and written and "state" in program_of(case)

    small = simplify(graph(RUN, READ, RUN, READ), holds, 10)
    assert small.operations == (Operation("stream", {}),)
    assert program_of(small)["nodes"] == {"c": {"body": [{"write": {"log": []}}]}}
    assert not program_of(small).get("edges")
    assert not program_of(small).get("branches")


def test_a_node_goes_with_its_edges_and_its_place_in_a_join() -> None:
    def holds(case: Case) -> bool:
        program = program_of(case)
        names = {"__start__", "__end__", *program.get("nodes", {})}
        edges = program.get("edges", [])
        mentioned = {
            name
            for source, target in (edge for edge in edges if len(edge) == 2)
            for name in [*([source] if isinstance(source, str) else source), target]
        }
        well_formed = all(len(edge) == 2 and edge[0] for edge in edges)
        return well_formed and mentioned <= names and ["c", "__end__"] in edges and "a" in names

    small = program_of(simplify(graph(RUN), holds, 10))
    assert list(small["nodes"]) == ["a", "c"]
    assert small["edges"] == [["c", "__end__"]]


def test_a_run_keeps_its_recursion_limit() -> None:
    run = Operation("invoke", {"thread": "t", "input": {"n": 0}, "recursion_limit": 3})
    small = simplify(graph(run), lambda _: True, 10)
    assert small.operations == (Operation("invoke", {"recursion_limit": 3}),)


def test_a_case_of_which_nothing_can_go_stays() -> None:
    case = graph(RUN, READ)
    assert simplify(case, lambda candidate: candidate == case, 10) == case


def test_it_ends_when_the_time_is_over() -> None:
    def slow(_: Case) -> bool:
        time.sleep(0.02)
        return False

    started = time.monotonic()
    simplify(graph(*[RUN] * 9), slow, 0.1)
    assert time.monotonic() - started < 0.5
