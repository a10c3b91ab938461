"""fast-langgraph's parts as subjects of their own: what its channel, merges and checkpointer do."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from parity_kit.candidates import building
from parity_kit.candidates.launch import find, start
from parity_kit.candidates.manifest import CommandSetup
from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Level, Outcome, Raised, Returned
from parity_kit.contract.errors import EnvironmentBuildError
from parity_kit.corpora.corpus import Trace, read_corpus
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Equal
from parity_kit.wire.host import RemoteEngine

WORKSPACE = find_workspace(Path(__file__))
NAME = "fast-langgraph-parts"

pytestmark = pytest.mark.slow  # where its environment is not made yet, that takes a while


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


def answered(engine: RemoteEngine, name: str) -> tuple[Outcome, ...]:
    return engine.run(fixture(name).case)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("channels/binary-operator-aggregate/list-add", Level.BYTES),
        ("channels/binary-operator-aggregate/map-merge", Level.BYTES),
        ("channels/last-value/one", Level.TRACE),
        ("channels/last-value/restore", Level.TRACE),
    ],
)
def test_what_its_parts_have_in_common_with_langgraph(
    engine: RemoteEngine, name: str, level: Level
) -> None:
    trace = fixture(name)
    verdict = compare(trace.case, trace.outcomes, engine.run(trace.case), level)
    assert isinstance(verdict, Equal)


def test_its_checkpointer_refuses_versions_of_langgraph(engine: RemoteEngine) -> None:
    first = answered(engine, "savers/memory/put/float-huge")[0]
    assert isinstance(first, Raised)
    assert first.error == "TypeError"


def test_its_checkpointer_drops_what_it_does_not_know(engine: RemoteEngine) -> None:
    outcome = answered(engine, "savers/memory/put/no-channels")[1]
    assert isinstance(outcome, Returned)
    assert outcome.value == {
        "checkpoint": {
            "channel_values": {},
            "channel_versions": {},
            "versions_seen": {"__input__": {}},
            "step": 0,
        }
    }


def test_its_state_update_changes_the_list_it_was_given(engine: RemoteEngine) -> None:
    name = "channels/binary-operator-aggregate/copy-is-apart"
    _, _, _, _, after_swap, *_ = answered(engine, name)
    assert isinstance(after_swap, Returned)
    assert after_swap.value == [1, 2]


def test_its_channel_forgets_a_null_when_restored(engine: RemoteEngine) -> None:
    *_, last = answered(engine, "channels/last-value/null")
    assert isinstance(last, Raised)
    assert last.error == "ValueError"
