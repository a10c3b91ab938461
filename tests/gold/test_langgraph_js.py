"""LangGraph.js as a candidate: its adapter, its ledger and its findings."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.candidates import building
from parity_kit.candidates.launch import find, start
from parity_kit.candidates.manifest import CommandSetup
from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.contract import Level, Returned, Unsupported
from parity_kit.contract.errors import EnvironmentBuildError, ExitCode
from parity_kit.corpora.corpus import Trace, read_corpus
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.compare import compare
from parity_kit.judging.judge import judge
from parity_kit.judging.ledger import read_ledger
from parity_kit.judging.verdicts import Equal, NotSupported
from parity_kit.wire.host import RemoteEngine

WORKSPACE = find_workspace(Path(__file__))
NAME = "langgraph-js"


@pytest.fixture(scope="module")
def engine() -> Generator[RemoteEngine]:
    candidate = find(WORKSPACE, NAME)
    assert isinstance(candidate.setup, CommandSetup)
    if absent := building.absent(candidate.setup):
        pytest.skip(f"no {', '.join(absent)} on this machine")
    try:
        started = start(candidate, WORKSPACE)
    except EnvironmentBuildError as error:
        pytest.skip(f"its packages cannot be had here: {error.problem.splitlines()[0]}")
    with started:
        yield started


def fixture(name: str) -> Trace:
    corpus = read_corpus(WORKSPACE.fixtures / f"{name.split('/', maxsplit=1)[0]}.msgpack")
    return next(trace for trace in corpus.traces if trace.case.id == name)


@pytest.mark.parametrize(
    "name",
    [
        "channels/topic/load",
        "channels/named-barrier-value-after-finish/consume",
        "graphs/stream/checkpoints",
        "streams/values/sends",
        "subgraphs/namespace/of-sends",
        "subgraphs/call/twice",
        "interrupts/several/no-follow-up",
        "memory/cache/goto-is-kept",
    ],
)
def test_what_it_has_in_common_with_langgraph(engine: RemoteEngine, name: str) -> None:
    trace = fixture(name)
    verdict = compare(trace.case, trace.outcomes, engine.run(trace.case), Level.TRACE)
    assert isinstance(verdict, Equal)


def test_it_takes_over_no_thread(engine: RemoteEngine) -> None:
    trace = fixture("handovers/graphs/line/invoke/superstep-1")
    taken = engine.run(trace.case)[0]
    assert taken == Unsupported("LangGraph.js stores JSON, and cannot read MessagePack")


def test_max_concurrency_of_one_loses_work(engine: RemoteEngine) -> None:
    trace = fixture("control/max-concurrency/one")
    ours, theirs = (item[0] for item in (trace.outcomes, engine.run(trace.case)))
    assert isinstance(ours, Returned)
    assert isinstance(theirs, Returned)
    assert (len(ours.events), len(theirs.events)) == (5, 2)


def test_a_join_never_fires_once_a_failed_run_is_continued(engine: RemoteEngine) -> None:
    trace = fixture("persistence/durability/sync/failure")
    theirs = engine.run(trace.case)[1]
    assert isinstance(theirs, Returned)
    assert theirs.value == {"log": ["bad-2", "good-1", "late-1"]}


def test_false_is_taken_for_an_answer(engine: RemoteEngine) -> None:
    trace = fixture("interrupts/answer/false")
    ours, theirs = (item[1] for item in (trace.outcomes, engine.run(trace.case)))
    assert isinstance(ours, Returned)
    assert isinstance(theirs, Returned)
    assert theirs.value == ours.value


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("graphs/reducer/add-float", "to JavaScript it is the integer"),
        ("control/command/goto-sends/sqlite", "another package"),
        ("functional/alone/map", "entrypoint"),
    ],
)
def test_what_it_does_not_have_is_named(engine: RemoteEngine, name: str, reason: str) -> None:
    trace = fixture(name)
    verdict = judge(
        trace.case,
        trace.outcomes,
        CandidateUnderTest.started(NAME, engine, read_ledger(find(WORKSPACE, NAME).folder)),
        Level.TRACE,
    )
    assert isinstance(verdict, NotSupported)
    assert reason in verdict.reason


@pytest.mark.slow
def test_the_whole_gate_leaves_what_no_ledger_can_cover(engine: RemoteEngine) -> None:
    del engine
    done = CliRunner(catch_exceptions=False).invoke(
        gate, [NAME, "--json", "--workspace", str(WORKSPACE.root)], standalone_mode=False
    )
    report = json.loads(done.stdout)
    assert done.return_value == ExitCode.DIVERGENCE
    # A fork differs in more places than are listed, and what nobody looked at is not excused.
    names = {divergence["case"] for divergence in report["divergences"]}
    assert {
        name.removeprefix("asynchronous/crossings/").removeprefix("crossings/") for name in names
    } <= {
        *("delta/forked/sync", "clear/what-a-command-wrote", "subgraphs/names-alike"),
        *("handlers/command-for-the-parent", "handlers/that-calls-a-subgraph"),
        "questions/second-by-the-id-of-the-first",
    }
    assert report["compared"] > 900
