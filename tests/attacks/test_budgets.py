"""A candidate that lets the kit's memory or time run out."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import (
    Case,
    CaseId,
    CaseRunner,
    Level,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Trace,
)
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.contract.events import DivergenceFound, Event, GateFinished
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.folder import read_corpora
from parity_kit.gates import spool
from parity_kit.gates.findings import case_judged, divergence
from parity_kit.gates.gate import gate_corpora
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.judge import judge_answer
from parity_kit.judging.verdicts import Divergent
from parity_kit.wire import callbacks, shapes
from parity_kit.wire.budget import MOST_WORDS, is_within
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.limits import MIB, Limits
from parity_kit.wire.messages import Request

WORKSPACE = find_workspace(Path(__file__))
ENGINES = Path(__file__).parents[1] / "faults" / "engines"
BAD = Case(CaseId("bad"), Subject(SubjectKind.CODEC, {}), (Operation("decode"),))
GREEDY = {
    "a text": {"let": {"x": {"join": [{"var": "x"}, {"var": "x"}]}}},
    "a list": {"let": {"x": {"add": [[{"var": "x"}], [{"var": "x"}]]}}},
    "a nest": {"let": {"x": [{"var": "x"}, {"var": "x"}]}},
}


@pytest.mark.parametrize("kind", GREEDY)
def test_a_body_that_doubles_a_value_forty_times_is_refused(kind: str) -> None:
    body: list[Any] = [{"let": {"x": "xxxxxxxx"}}, *[GREEDY[kind]] * 40, {"return": {"var": "x"}}]
    tracemalloc.start()
    try:
        response = callbacks.answer(Request(1, "host.node", {"body": body, "input": {}}))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    refusal = response.failure.message if response.failure else str(response.result)
    assert re.search(r"over the (frame )?limit of \d+", refusal)
    assert most < 200 * MIB


@pytest.mark.parametrize(
    ("value", "most", "within"),
    [("x" * 10, 11, True), ("x" * 10, 10, False), ([1] * 9, 10, True), ({b"k": [b"v"]}, 5, False)],
)
def test_a_value_is_measured(value: Any, most: int, *, within: bool) -> None:
    assert is_within(value, most) is within


def engine(name: str, limits: Limits) -> RemoteEngine:
    command = (sys.executable, str(ENGINES / f"{name}.py"))
    return RemoteEngine(Launch(name, command, ENGINES, os.environ), limits)


def test_answers_to_callbacks_that_nobody_reads_are_not_queued_for_ever() -> None:
    limits = Limits(seconds=60, frame_bytes=1 << 14)
    with (
        engine("asks_for_ever", limits) as remote,
        pytest.raises(ProtocolFaultError, match="asks for more during case bad than it reads"),
    ):
        remote.run(BAD)


def test_one_that_answers_no_case_is_given_up() -> None:
    limits, began = Limits(seconds=0.5), time.monotonic()
    with engine("hangs", limits) as remote:
        for _ in range(4):
            with pytest.raises(CandidateHungError):
                remote.run(BAD)
        with pytest.raises(CandidateError, match="did not answer 4 cases in a row") as caught:
            remote.run(BAD)
    assert not isinstance(caught.value, (CandidateCrashedError, CandidateHungError))
    assert time.monotonic() - began < 30


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    (corpus,) = read_corpora(WORKSPACE.fixtures, ["channels"])
    return list(corpus.traces)


class Large:
    """A candidate in this process that returns a MiB in place of the first value."""

    def __init__(self) -> None:
        self.ran: Counter[CaseId] = Counter()

    def run(self, case: Case) -> tuple[Outcome, ...]:
        self.ran[case.id] += 1
        return (Returned("x" * MIB), *[Returned()] * (len(case.operations) - 1))


def judge_all(traces: list[Trace], runner: CaseRunner, folder: Path) -> list[Event]:
    events: list[Event] = []
    corpus = Corpus(CorpusName("channels"), tuple(traces))
    under_test = CandidateUnderTest("it", runner)
    gate_corpora([corpus], under_test, Level.BYTES, events.append, folder=folder)
    return events


def test_wrong_answers_wait_on_disk_until_they_are_asked_for_again(
    tmp_path: Path, traces: list[Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Large()
    monkeypatch.setattr(spool, "IN_MEMORY", MIB)
    tracemalloc.start()
    try:
        events = judge_all(traces[:24], large.run, tmp_path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 12 * MIB, "24 answers take more than 24 MiB"
    assert set(large.ran.values()) == {2}
    (finished,) = [event for event in events if isinstance(event, GateFinished)]
    assert finished.verdicts == {"divergent": 24}
    found = next(event for event in events if isinstance(event, DivergenceFound))
    theirs = read_case(tmp_path / found.file).candidate_outcomes
    assert theirs
    assert isinstance(theirs[0], Returned)
    assert theirs[0].value == "x" * MIB
    assert [path.name for path in tmp_path.iterdir()] == ["cases"]


def test_answers_beyond_what_is_kept_are_judged_once(
    tmp_path: Path, traces: list[Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Large()
    monkeypatch.setattr(spool, "MOST_BYTES", MIB)
    events = judge_all(traces[:3], large.run, tmp_path)
    assert set(large.ran.values()) == {1}
    (finished,) = [event for event in events if isinstance(event, GateFinished)]
    assert finished.verdicts == {"divergent": 3}
    found = next(event for event in events if isinstance(event, DivergenceFound))
    assert read_case(tmp_path / found.file).candidate_outcomes is None


def test_a_full_disk_costs_the_second_run_and_no_verdict(
    tmp_path: Path, traces: list[Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "no space left")

    large = Large()
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", full)
    monkeypatch.setattr(spool, "IN_MEMORY", 1000)
    events = judge_all(traces[:3], large.run, tmp_path)
    (finished,) = [event for event in events if isinstance(event, GateFinished)]
    assert finished.verdicts == {"divergent": 3}


LONG = "n" * (MIB // 2)
LONG_NAMES: dict[str, dict[str, Any]] = {
    "the name of a stored entry": {"stored": {LONG: b""}},
    "the name of a dropped entry": {"dropped": [LONG]},
    "the mode of an event": {"events": [[LONG, [], 1]]},
    "the namespace of an event": {"events": [["values", [LONG], 1]]},
}


@pytest.mark.parametrize("kind", LONG_NAMES)
def test_a_name_of_any_length_is_refused(kind: str) -> None:
    answer: dict[str, Any] = {"value": 1, "events": [], "stored": {}, "dropped": []}
    with pytest.raises(shapes.ShapeError, match="a name of 524288 characters, over 2000") as told:
        shapes.outcome(answer | LONG_NAMES[kind])
    assert len(str(told.value)) < 200


LONG_VALUES: dict[str, Outcome] = {
    "a key above a hundred values": Returned({LONG: dict.fromkeys(map(str, range(100)))}),
    "keys in keys": Returned({LONG: {LONG + "b": {LONG + "c": {LONG + "d": 1}}}}),
    "a message": Raised("ValueError", LONG),
    "stored text": Returned(stored={"metadata/t//1/json": LONG.encode()}),
    "stored bytes": Returned(stored={"data": LONG.encode()}),
}


@pytest.mark.parametrize("kind", LONG_VALUES)
def test_a_verdict_is_short_whatever_the_answer(kind: str) -> None:
    right = Returned({LONG: {}}, stored={"metadata/t//1/json": b"{}", "data": b"\xc0"})
    tracemalloc.start()
    try:
        verdict = judge_answer(BAD, (right,), (LONG_VALUES[kind],), Level.BYTES)
        assert isinstance(verdict, Divergent)
        events = (
            case_judged("it", "corpus x", BAD, verdict),
            divergence(candidate="it", gate="x", case=BAD, verdict=verdict, count=1, file=""),
        )
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(json.dumps([asdict(event) for event in events])) < 200_000
    assert most < 300 * MIB


def test_a_reason_of_any_length_is_kept_in_part() -> None:
    reason = "r" * 10_000_000
    outcome: Any = shapes.outcome({"unsupported": reason})
    assert len(outcome.reason) < MOST_WORDS + 100
    assert outcome.reason.endswith("… (clipped)")
