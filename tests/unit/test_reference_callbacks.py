"""What a run tells its callbacks, and streams in the second version."""

from __future__ import annotations

from typing import Any

import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    run,
)
from parity_kit.reference import Engine, graph_operations

ASKS: dict[str, Any] = {
    "state": {"n": {"type": "int"}},
    "nodes": {"ask": {"body": [{"write": {"n": {"interrupt": "?"}}}]}},
    "edges": [["__start__", "ask"]],
}


def outcomes(*operations: Operation, program: dict[str, Any] = ASKS) -> tuple[Outcome, ...]:
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    return run(Engine(), Case(CaseId("observed"), subject, operations))


def invoke(**args: Any) -> Operation:
    return Operation("invoke", {"thread": "t", "input": {"n": 1}, **args})


def told(outcome: Outcome) -> list[Any]:
    assert isinstance(outcome, Returned | Raised)
    assert {event.mode for event in outcome.events} <= {"callbacks"}
    return [event.payload for event in outcome.events]


def test_callbacks_hear_of_chains_and_of_interrupts_in_order() -> None:
    asked, answered = outcomes(
        invoke(callbacks=True), Operation("resume", {"thread": "t", "value": 7, "callbacks": True})
    )
    names = [(item["callback"], item["chain"]) for item in told(asked)]
    assert names == [
        *(("chain_start", 1), ("chain_start", 2), ("chain_error", 2)),
        *(("interrupt", 1), ("chain_end", 1)),
    ]
    start, node, error, interrupt, _ = told(asked)
    assert (node["name"], node["parent"]) == ("ask", start["chain"])
    assert "lc_versions" not in node["metadata"]
    assert node["metadata"]["langgraph_step"] == 1
    assert error["error"] == "GraphInterrupt"
    assert interrupt["checkpoint_id"] == "00000000-0000-6000-8000-000000000002"
    assert [item["callback"] for item in told(answered)][:2] == ["chain_start", "resume"]
    assert told(answered)[-1]["outputs"] == {"n": 7}


def test_without_being_asked_for_callbacks_add_no_event() -> None:
    (outcome,) = outcomes(invoke())
    assert told(outcome) == []


def test_the_second_version_keeps_interrupts_beside_the_values() -> None:
    streamed, output = outcomes(
        Operation(
            "stream", {"thread": "t", "input": {"n": 1}, "modes": ["values"], "version": "v2"}
        ),
        invoke(thread="u", version="v2"),
    )
    assert isinstance(streamed, Returned)
    payloads: list[Any] = [event.payload for event in streamed.events]
    assert [[*payload] for payload in payloads] == [["data", "interrupts"]] * 2
    assert payloads[-1]["data"] == {"n": 1}
    assert len(payloads[-1]["interrupts"]) == 1
    assert isinstance(output, Returned)
    assert isinstance(output.value, dict)
    assert [*output.value] == ["value", "interrupts"]


def test_a_release_without_them_does_not_support_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_operations, "find_spec", dict[str, object]().get)
    monkeypatch.setattr(graph_operations, "_of_streams", frozenset[str])
    assert outcomes(invoke(callbacks=True)) == (
        Unsupported("this release has no callbacks of graphs"),
    )
    assert outcomes(invoke(version="v2")) == (
        Unsupported("this release has one version of streams"),
    )
