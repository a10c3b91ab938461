"""Graph programs run by the reference, synchronously and asynchronously."""

from __future__ import annotations

from typing import Any

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    outcome_to_plain,
    run,
)
from parity_kit.corpora.authoring import op
from parity_kit.reference import Engine

STATE: dict[str, Any] = {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}}
EVERY_MODE = ["values", "updates", "messages", "custom", "checkpoints", "tasks", "debug"]


def play(program: dict[str, Any], *operations: Operation) -> tuple[Outcome, ...]:
    """Return the outcomes of operations, which an asynchronous session must give again."""
    program = {"state": STATE, **program}
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    outcomes = run(Engine(), Case(CaseId("sync"), subject, operations))
    later = tuple(
        operation
        if operation.name in {"put", "load_stored", "crash", "node_runs", "store_items"}
        else op(operation.name, **operation.args, **{"async": True})
        for operation in operations
    )
    again = run(Engine(), Case(CaseId("async"), subject, later))
    assert [*map(outcome_to_plain, again)] == [*map(outcome_to_plain, outcomes)]
    return outcomes


def value(outcome: Outcome) -> Any:
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def error(outcome: Outcome) -> tuple[str, str]:
    assert isinstance(outcome, Raised), outcome
    return outcome.error, outcome.message


def streamed(outcome: Outcome) -> list[Any]:
    assert isinstance(outcome, Returned), outcome
    return [event.payload for event in outcome.events]


def body(*instructions: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"body": list(instructions), **settings}


def log(*values: Any) -> dict[str, Any]:
    return {"write": {"log": list(values)}}


def fail(kind: str, message: str) -> dict[str, Any]:
    return {"raise": {"type": kind, "message": message}}
