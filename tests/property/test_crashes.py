"""Killed processes: what is left of a run, how it goes on, and which nodes run twice."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pure_engine
import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Case, Operation, Outcome, Returned, Trace, Unsupported, run
from parity_kit.corpora.folder import read_corpora
from parity_kit.judging.compare import same_outcomes
from parity_kit.reference import Engine
from parity_kit.reference.postgres_server import missing
from parity_kit.reference.savers import sqlite

FIXTURES = find_workspace(Path(__file__)).fixtures
REFERENCE = Engine()
PURE = pure_engine.Engine()


@functools.cache
def traces() -> Mapping[str, Trace]:
    (corpus,) = read_corpora(FIXTURES, ["crashes"])
    return {trace.case.id.removeprefix("crashes/"): trace for trace in corpus.traces}


def value(outcome: Outcome) -> Any:
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def on(case: Case, saver: str) -> Case:
    return replace(case, subject=replace(case.subject, spec={**case.subject.spec, "saver": saver}))


def test_a_run_goes_on_to_the_undisturbed_end_from_every_crash_that_left_an_input() -> None:
    whole = traces()["fan-out/sync/before-2"]
    begin = Operation.from_plain(whole.case.operations[0].args["operation"])  # pyright: ignore[reportArgumentType]  # an operation's plain data
    undisturbed = value(run(REFERENCE, replace(whole.case, operations=(begin,)))[0])
    killed = [name for name in traces() if name.startswith("fan-out/sync/")]
    assert len(killed) == 11
    for name in killed:
        outcomes = traces()[name].outcomes
        assert value(outcomes[0])["killed"], name
        if name != "fan-out/sync/before-1":  # nothing was stored yet
            assert value(outcomes[4])["values"] == undisturbed, name


def test_a_node_whose_writes_were_not_stored_runs_twice_and_no_other() -> None:
    runs = {
        name.rpartition("/")[2]: value(trace.outcomes[3])
        for name, trace in traces().items()
        if name.startswith("fan-out/sync/") and name != "fan-out/sync/before-1"
    }
    twice = {name: [node for node, n in nodes.items() if n > 1] for name, nodes in runs.items()}
    assert {name: nodes for name, nodes in twice.items() if nodes} == {
        "before-4": ["a"],
        "before-6": ["b"],
        "before-7": ["c"],
        "before-9": ["d"],
    }


def test_stored_at_exit_a_killed_run_has_left_nothing() -> None:
    outcomes = traces()["fan-out/exit/before-1"].outcomes
    assert value(outcomes[1]) == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert not isinstance(outcomes[0], Unsupported)
    assert not outcomes[0].stored


def test_pure_leaves_and_continues_the_same() -> None:
    for name in ("fan-out/sync/before-6", "sends/before-4", "subgraph/before-5", "twice"):
        trace = traces()[name]
        assert same_outcomes(trace.outcomes, run(PURE, trace.case)), name


@pytest.mark.parametrize("engine", [REFERENCE, PURE])
@pytest.mark.parametrize("saver", ["memory", "sqlite"])
def test_what_lives_in_memory_cannot_be_killed(engine: Any, saver: str) -> None:
    case = on(traces()["fan-out/sync/before-6"].case, saver)
    outcome, *_ = run(engine, case)
    assert outcome == Unsupported("what this saver holds does not outlive its process")


@pytest.mark.slow  # it starts a server
def test_postgresql_keeps_what_sqlite_keeps() -> None:
    if reason := missing():
        pytest.skip(reason)
    for name in ("fan-out/sync/before-6", "fan-out/sync/before-9"):
        trace = traces()[name]
        outcomes = run(REFERENCE, on(trace.case, "postgres"))
        assert [value(outcome) for outcome in outcomes[:4]] == [
            value(outcome) for outcome in trace.outcomes[:4]
        ]


def test_the_killed_process_is_really_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    wait: Callable[[int, int], tuple[int, int]] = os.waitpid

    def waitpid(child: int, options: int) -> tuple[int, int]:
        done = wait(child, options)
        ended.append(os.waitstatus_to_exitcode(done[1]))
        return done

    monkeypatch.setattr(os, "waitpid", waitpid)
    run(REFERENCE, traces()["fan-out/sync/before-6"].case)
    assert ended == [-9]


def test_a_database_that_a_killed_process_had_locked_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = sqlite.reopened

    def locked(saver: Any) -> Any:
        reopen = opened(saver)
        assert reopen is not None

        def other() -> Any:
            mine = reopen()
            mine.setup()
            put = mine.put_writes

            def put_writes(*args: Any, **kwargs: Any) -> None:
                put(*args, **kwargs)
                mine.conn.execute("BEGIN EXCLUSIVE")  # it dies with the lock

            mine.put_writes = put_writes
            return mine

        return other

    monkeypatch.setattr(sqlite, "reopened", locked)
    trace = traces()["fan-out/sync/before-6"]
    crash = trace.case.operations[0]
    after = replace(crash, args={**crash.args, "call": 2, "moment": "after"})
    case = replace(trace.case, operations=(after, *trace.case.operations[1:]))
    started = time.monotonic()
    outcomes = run(REFERENCE, case)
    assert value(outcomes[0])["killed"]
    assert value(outcomes[4])["values"] == value(trace.outcomes[4])["values"]
    assert time.monotonic() - started < 4  # SQLite waits five seconds for a lock that is held
