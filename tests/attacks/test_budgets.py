"""A candidate that lets the kit's memory or time run out."""

from __future__ import annotations

import os
import re
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.wire import callbacks, shapes
from parity_kit.wire.budget import MOST_WORDS, is_within
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.limits import MIB, Limits
from parity_kit.wire.messages import Request

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


def test_a_reason_of_any_length_is_kept_in_part() -> None:
    reason = "r" * 10_000_000
    outcome: Any = shapes.outcome({"unsupported": reason})
    assert len(outcome.reason) < MOST_WORDS + 100
    assert outcome.reason.endswith("… (clipped)")
