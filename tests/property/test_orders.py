"""Completion orders: what LangGraph makes depend on them, and what must not."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pure_engine
import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Operation, Raised, Returned, Trace, Unsupported, run
from parity_kit.contract.canonical import pack
from parity_kit.corpora.drift.free_runs import run_free
from parity_kit.corpora.folder import read_corpora
from parity_kit.judging.compare import same_outcomes
from parity_kit.reference import Engine
from parity_kit.reference.pins import Pin

FIXTURES = find_workspace(Path(__file__)).fixtures
DECIDES = "order decides "


@functools.cache
def families() -> Mapping[str, Sequence[Trace]]:
    """Return the committed cases, those of one run in several orders together."""
    (corpus,) = read_corpora(FIXTURES, ["orders"])
    known: dict[str, list[Trace]] = {}
    for trace in corpus.traces:
        known.setdefault(trace.case.id.rpartition("/")[0], []).append(trace)
    return known


def parts(trace: Trace) -> Mapping[str, Any]:
    """Return the parts of a trace that an order may decide."""
    first, *rest = trace.outcomes
    assert isinstance(first, Returned | Raised)
    error = (first.error, first.message) if isinstance(first, Raised) else None
    values = [outcome.value for outcome in rest if isinstance(outcome, Returned)]
    assert len(values) == len(rest)
    later = {"state": values[0]} if len(values) > 1 else {}
    stored = {
        "dropped": list(first.dropped),
        "entries": {name: first.stored[name] for name in sorted(first.stored)},
    }
    return later | {
        "events": [event.to_plain() for event in first.events],
        "error": error,
        "stored": stored,
        "end": values[-1],
    }


@pytest.mark.parametrize("family", families())
def test_the_cases_say_what_the_order_decides_and_nothing_else_depends_on_it(family: str) -> None:
    traces = families()[family]
    said = {
        feature.removeprefix(DECIDES)
        for trace in traces
        for feature in trace.case.features
        if feature.startswith(DECIDES)
    }
    several = [parts(trace) for trace in traces]
    decided = {part for part in several[0] if len({pack(one[part]) for one in several}) > 1}
    assert decided == said


def test_live_state_is_the_state_that_is_read_from_the_checkpoint() -> None:
    checked = 0
    for trace in (trace for traces in families().values() for trace in traces):
        run_, state = trace.outcomes[:2]
        assert isinstance(run_, Returned | Raised)
        shown = [event.payload for event in run_.events if event.mode == "values"]
        interrupted = any(isinstance(one, dict) and "__interrupt__" in one for one in shown)
        if isinstance(run_, Raised) or interrupted or trace.case.operations[1].name != "get_state":
            continue
        if "values" in trace.case.operations[0].args["modes"]:  # pyright: ignore[reportOperatorIssue]  # a list
            assert isinstance(state, Returned)
            assert isinstance(state.value, dict)
            assert pack(shown[-1]) == pack(state.value["values"]), trace.case.id
            checked += 1
    assert checked == 36


@pytest.mark.parametrize(
    "family",
    ["orders/fan-out", "orders/failures", "orders/question-beside-failure", "orders/handlers"],
)
def test_in_threads_that_end_in_an_order_langgraph_does_the_same(family: str) -> None:
    """The pinned executor claims what LangGraph's own does when tasks end in that order."""
    trace = families()[family][-1]
    free = run(Engine([Pin.THREADS]), trace.case)
    assert same_outcomes(trace.outcomes, free)


@pytest.mark.parametrize("order", [[1], [0, 0], [1, 2], list(range(9))])
def test_what_orders_no_first_tasks_is_unsupported(order: list[int]) -> None:
    trace = families()["orders/fan-out"][0]
    wrong = Operation("stream", {**trace.case.operations[0].args, "completion_order": order})
    case = replace(trace.case, operations=(wrong,))
    for engine in (Engine(), pure_engine.Engine()):
        assert isinstance(run(engine, case)[0], Unsupported)


def test_supersteps_of_fewer_tasks_keep_the_order_of_those_that_they_have() -> None:
    trace = families()["orders/last-in-the-store"][-1]
    longer = Operation(
        "stream", {**trace.case.operations[0].args, "completion_order": [3, 1, 0, 2]}
    )
    case = replace(trace.case, operations=(longer, *trace.case.operations[1:]))
    assert same_outcomes(trace.outcomes, run(Engine(), case))


def test_cases_without_parallel_tasks_run_free_as_they_do_pinned() -> None:
    (graphs,) = read_corpora(FIXTURES, ["graphs"])
    chain = [trace for trace in graphs.traces if trace.case.id.startswith("graphs/line/")]
    left_out = families()["orders/fan-out"]
    free = run_free([*chain, *left_out], 2, lambda _: None)
    assert (free.cases, free.times, free.differing) == (len(chain), 2, {})


def test_a_free_run_that_differs_is_listed_with_its_case() -> None:
    trace = families()["orders/fan-out"][-1]
    first, *rest = trace.case.operations
    args = {name: value for name, value in first.args.items() if name != "completion_order"}
    # The events of another program: what comes of it in threads cannot be the same.
    case = replace(trace.case, operations=(Operation("stream", {**args, "input": {"n": 1}}), *rest))
    free = run_free([replace(trace, case=case)], 1, lambda _: None)
    assert [[*cases.items()] for cases in free.differing.values()] == [[(case.id, 1)]]
