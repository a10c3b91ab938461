"""Rolling deploys: engines that take turns come to the undisturbed end, or are found."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import pure_engine
import pytest

from parity_kit.candidates.launch import find, start
from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Case, Outcome, Trace, Unsupported, run
from parity_kit.contract.errors import EnvironmentBuildError
from parity_kit.corpora.folder import read_corpora
from parity_kit.judging.verdicts import Equal
from parity_kit.reference import Engine
from parity_kit.search.handovers import LOAD, is_stopped
from parity_kit.search.relays import Order, by_superstep, in_turns, once_through, relayed

WORKSPACE = find_workspace(Path(__file__))
REFERENCE = Engine()
PURE = pure_engine.Engine()
CASES = ("graphs/line/invoke", "graphs/send/map-reduce", "graphs/interrupt/parallel-one-at-a-time")


@functools.cache
def traces() -> tuple[Trace, ...]:
    known = {
        trace.case.id: trace for trace in read_corpora(WORKSPACE.fixtures, ["graphs"])[0].traces
    }
    return tuple(by_superstep(known[name].case, REFERENCE) for name in CASES)  # pyright: ignore[reportArgumentType]  # a name is an id


def reference(case: Case) -> tuple[Outcome, ...]:
    return run(REFERENCE, case)


def pure(case: Case) -> tuple[Outcome, ...]:
    return run(PURE, case)


def test_runs_are_stopped_after_every_superstep() -> None:
    line = traces()[0]
    assert [is_stopped(outcome) for outcome in line.outcomes] == [True, False, False]
    assert len(traces()[1].case.operations) > 3


@pytest.mark.parametrize("order", [once_through, in_turns])
def test_langgraph_and_pure_take_turns_and_lose_nothing(order: Order) -> None:
    for trace in traces():
        result = relayed(trace, [pure, reference], order)
        assert result.same_end, trace.case.id
        assert isinstance(result.every_turn, Equal)
        assert result.turns == len(trace.case.operations)


def test_an_engine_that_forgets_pending_writes_is_found() -> None:
    def forgetful(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            outcome
            if isinstance(outcome, Unsupported)
            else replace(
                outcome,
                stored={k: v for k, v in outcome.stored.items() if not k.startswith("write/")},
            )
            for outcome in pure(case)
        )

    results = [relayed(trace, [forgetful, reference], in_turns) for trace in traces()]
    assert not all(result.same_end for result in results)


def test_an_engine_that_takes_nothing_over_is_unsupported() -> None:
    def without(case: Case) -> tuple[Outcome, ...]:
        takes_over = case.operations[0].name == LOAD
        return tuple(Unsupported("no load") for _ in case.operations) if takes_over else pure(case)

    result = relayed(traces()[0], [reference, without], in_turns)
    assert result.unsupported == "no load"
    assert result.end is None
    assert not result.same_end


def test_each_engine_has_one_turn_and_the_last_the_rest() -> None:
    assert [once_through(turn, 3) for turn in range(5)] == [0, 1, 2, 2, 2]
    assert [in_turns(turn, 3) for turn in range(5)] == [0, 1, 2, 0, 1]


@pytest.mark.slow  # it makes the release's environment
def test_a_thread_that_an_older_release_began_is_carried_to_the_newest() -> None:
    try:
        older = start(find(WORKSPACE, "langgraph-1.0.10"), WORKSPACE)
    except EnvironmentBuildError as error:
        pytest.skip(f"its packages cannot be had here: {error.problem.splitlines()[0]}")
    with older:
        for order in (once_through, in_turns):
            for trace in traces()[:2]:
                assert relayed(trace, [older.run, reference], order).same_end, trace.case.id
