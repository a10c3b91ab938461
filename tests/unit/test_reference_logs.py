"""What LangGraph logs and warns of during a run, as events."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import pytest

from parity_kit.contract import Operation, Pins, Returned, Subject, SubjectKind
from parity_kit.reference.graphs import GraphSession

FAILS: list[Any] = [
    {
        "when": [
            {"lt": [{"visits": None}, 4]},
            [{"raise": {"type": "ConnectionError", "message": "again"}}],
        ]
    }
]
RUN: dict[str, Any] = {"thread": "t", "input": {"n": 1}}


def logged(
    retry: Any, saver: str | None = "memory", *, awaited: bool = False, **run: Any
) -> list[Any]:
    program = {
        "state": {"n": {"type": "int"}},
        "nodes": {"a": {"body": FAILS, "retry": retry}},
        "edges": [["__start__", "a"]],
    }
    session = GraphSession(Subject(SubjectKind.GRAPH, {"program": program, "saver": saver}), Pins())
    given = RUN if saver else {"input": RUN["input"]}
    outcome = session.apply(Operation("invoke", {**given, "logs": True, "async": awaited, **run}))
    session.close()
    assert isinstance(outcome, Returned)
    return [event.payload for event in outcome.events]


def waits(told: list[Any]) -> list[str]:
    return [entry["text"].split(" seconds")[0].rpartition(" ")[2] for entry in told]


@pytest.mark.parametrize("awaited", [False, True])
def test_the_seconds_before_another_attempt_grow_up_to_the_longest(awaited: bool) -> None:  # noqa: FBT001  # a case of the test
    retry = {"max_attempts": 4, "initial_interval": 0.5, "backoff_factor": 3.0, "max_interval": 2.0}
    assert waits(logged(retry, awaited=awaited)) == ["0.50", "1.50", "2.00"]


def test_jitter_adds_half_a_second() -> None:
    retry = {"max_attempts": 4, "initial_interval": 0.5, "jitter": True}
    assert waits(logged(retry)) == ["1.00", "1.50", "2.50"]


def test_a_warning_has_its_class_for_its_kind() -> None:
    told = logged({"max_attempts": 4}, saver=None, durability="exit")
    assert [entry["kind"] for entry in told] == ["UserWarning", "INFO", "INFO", "INFO"]
    assert "durability" in told[0]["text"]


def test_nothing_stays_behind() -> None:
    logger, shown = logging.getLogger("langgraph"), warnings.showwarning
    before = (logger.level, [*logger.handlers])
    logged({"max_attempts": 4})
    assert (logger.level, [*logger.handlers], warnings.showwarning) == (*before, shown)
