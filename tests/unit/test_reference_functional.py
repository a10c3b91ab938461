"""Functional programs on real LangGraph: both forms, what a thread keeps, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
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
    outcome_to_plain,
    run,
)
from parity_kit.contract.errors import BadProgramError
from parity_kit.programs.model import Functional
from parity_kit.programs.parsing import parse
from parity_kit.reference import Engine

VISITS, INPUT = {"visits": None}, {"input": None}
TELL: dict[str, Any] = {"body": [{"return": {"join": ["told", INPUT, VISITS]}}]}
MODES = ["updates", "tasks", "values", "checkpoints"]


def done(program: dict[str, Any], *operations: Operation) -> Sequence[Outcome]:
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    return run(Engine(), Case(CaseId("functional"), subject, operations))


def invoke(given: Any, **args: Any) -> Operation:
    return Operation("invoke", {"thread": "t", "input": given, **args})


def values(outcomes: Sequence[Outcome]) -> list[Any]:
    assert all(isinstance(outcome, Returned) for outcome in outcomes), outcomes
    return [outcome.value for outcome in outcomes if isinstance(outcome, Returned)]


@pytest.mark.parametrize("awaits", [False, True])
def test_a_resume_runs_no_finished_task_again(*, awaits: bool) -> None:
    program: dict[str, Any] = {
        "entrypoint": {
            "body": [
                {"let": {"before": {"call": ["tell", "a"]}, "answer": {"interrupt": "?"}}},
                {"return": [{"var": "before"}, {"var": "answer"}, {"call": ["tell", "b"]}, VISITS]},
            ]
        },
        "tasks": {"tell": TELL},
    }
    resume = Operation("resume", {"thread": "t", "value": "yes", "async": awaits})
    *_, last = values(done(program, invoke(0, **{"async": awaits}), resume))
    assert last == ["told-a-1", "yes", "told-b-2", 2]


def test_previous_is_what_final_saved_in_the_same_thread() -> None:
    final = {"final": {"value": [{"previous": None}, INPUT], "save": {"join": ["saved", INPUT]}}}
    program = {"entrypoint": {"body": [{"return": final}]}}
    runs = (invoke(1), invoke(2, **{"async": True}), invoke(3, thread="u"))
    assert values(done(program, *runs)) == [[None, 1], ["saved-1", 2], [None, 3]]


def test_both_forms_tell_the_same_story() -> None:
    calls = {"call_all": [["tell", 1], ["tell", 2]]}
    program: dict[str, Any] = {
        "entrypoint": {"body": [{"return": [calls, {"call": ["outer", 3]}]}]},
        "tasks": {
            "tell": {"body": [{"emit": INPUT}, *TELL["body"]]},
            "outer": {"body": [{"return": [{"call": ["tell", INPUT]}, {"info": "attempt"}]}]},
        },
    }
    stories: list[Any] = []
    for awaits in (False, True):
        args = {"thread": "t", "input": 0, "modes": [*MODES, "custom"], "async": awaits}
        (outcome,) = done(program, Operation("stream", args))
        assert isinstance(outcome, Returned)
        # What is awaited begins when its caller waits, so the order of events is another.
        events = sorted(repr(event) for event in outcome.events)
        stories.append((events, outcome_to_plain(outcome)["value"], sorted(outcome.stored)))
    assert stories[0] == stories[1]


def test_a_cached_result_serves_both_forms_until_it_is_cleared() -> None:
    program: dict[str, Any] = {
        "entrypoint": {"body": [{"return": {"call": ["slow", INPUT]}}]},
        "tasks": {"slow": {**TELL, "cache": {}}},
        "cache": True,
    }
    results = values(
        done(
            program,
            invoke(1),
            invoke(1, **{"async": True}),
            Operation("clear_cache", {"nodes": ["slow"]}),
            invoke(1),
        )
    )
    assert results == ["told-1-1", "told-1-1", None, "told-1-2"]


def test_a_timeout_is_exact_and_for_asynchronous_runs_only() -> None:
    program: dict[str, Any] = {
        "entrypoint": {"body": [{"return": {"call": ["waits", 0]}}]},
        "tasks": {"waits": {"body": [{"wait": 60}], "timeout": 1.5}},
    }
    late, refused = done(program, invoke(0, **{"async": True}), invoke(0))
    assert isinstance(late, Raised)
    assert (late.error, late.message) == (
        "langgraph.errors.NodeTimeoutError",
        "Node 'waits' exceeded its run timeout of 1.500s (elapsed: 1.500s).",
    )
    assert isinstance(refused, Raised)
    assert "async tasks cannot be called" in refused.message


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"entrypoint": {"body": [{"write": {"n": 1}}]}}, "no fields to write"),
        ({"entrypoint": {"body": [{"return": {"call": ["nobody", 1]}}]}}, "no task 'nobody'"),
        ({"entrypoint": {"body": [{"return": {"command": {"goto": "a"}}}]}}, "no `command`"),
        ({"tasks": {"a": {"body": [], "error_handler": []}}}, "unknown key 'error_handler'"),
        ({"nodes": {}}, "unknown key 'nodes'"),
    ],
)
def test_a_broken_functional_program_is_named(change: dict[str, Any], problem: str) -> None:
    program: dict[str, Any] = {"entrypoint": {"body": []}, "tasks": {}}
    assert isinstance(parse(program), Functional)
    with pytest.raises(BadProgramError, match=problem):
        parse({**program, **change})
