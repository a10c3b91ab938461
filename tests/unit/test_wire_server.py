"""The server hosts a Python engine: its answers come through whole, whatever the engine prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import parity_kit
from parity_kit.contract import (
    Case,
    CaseId,
    Level,
    Operation,
    Pins,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.contract.errors import CandidateCrashedError, ProtocolFaultError
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.limits import Limits
from parity_kit.wire.messages import Failure, FailureCode, Request, Response
from parity_kit.wire.server import Server

ENGINES = Path(__file__).parent / "engines"
CODEC = Subject(SubjectKind.CODEC, {"strict": True})
PINS = Pins(epoch=100)


def launch(*options: str) -> Launch:
    path = os.pathsep.join([str(Path(parity_kit.__file__).parents[1]), str(ENGINES)])
    command = (sys.executable, "-P", "-m", "parity_kit.wire.server", "--object", *options)
    return Launch("tally", command, ENGINES, {**os.environ, "PYTHONPATH": path})


@pytest.fixture(scope="module")
def engine() -> Iterator[RemoteEngine]:
    with RemoteEngine(launch("tally:Engine", "--patch", "tally:patch"), Limits(20.0)) as remote:
        yield remote


def case(*names: str, kind: SubjectKind = SubjectKind.CODEC) -> Case:
    operations = tuple(Operation(name, {"amount": 1}) for name in names)
    return Case(CaseId("case"), Subject(kind, {}), operations, pins=PINS)


def test_description_holds_the_counters_of_the_patch_beside_the_engines_own(
    engine: RemoteEngine,
) -> None:
    description = engine.describe()
    assert description.levels == {SubjectKind.CODEC: Level.BYTES}
    assert description.engaged == {"own": 2, "replaced": 7}


def test_a_case_is_run_in_a_session_of_its_own(engine: RemoteEngine) -> None:
    expected = (Returned(101), Returned(102), Raised("ValueError", "as asked"))
    assert engine.run(case("add", "add", "raise")) == expected
    assert engine.run(case("add")) == (Returned(101),)


def test_sessions_are_kept_apart(engine: RemoteEngine) -> None:
    first, second = engine.open(CODEC, PINS), engine.open(CODEC, Pins(epoch=0))
    add = Operation("add", {"amount": 5})
    assert [first.apply(add), second.apply(add), first.apply(add)] == [
        Returned(105),
        Returned(5),
        Returned(110),
    ]
    first.close()
    with pytest.raises(ProtocolFaultError, match="no open session"):
        first.apply(add)
    assert second.apply(add) == Returned(10)
    second.close()


def test_what_the_engine_prints_does_not_reach_the_wire(engine: RemoteEngine) -> None:
    assert engine.run(case("print", "add")) == (Returned(""), Returned(101))


def test_subject_that_is_not_offered(engine: RemoteEngine) -> None:
    refused = case("add", "add", kind=SubjectKind.GRAPH)
    assert engine.run(refused) == (Unsupported("tallies only"),) * 2
    with pytest.raises(UnsupportedSubjectError, match="tallies only"):
        engine.open(refused.subject, PINS)


def test_error_of_the_engine_comes_with_its_traceback(engine: RemoteEngine) -> None:
    with pytest.raises(CandidateCrashedError, match="LookupError: no operation nonsense") as caught:
        engine.run(case("nonsense"))
    assert "tally.py" in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "words"), [("object", "TypeError: .* object"), ("huge", "over the frame limit")]
)
def test_outcome_that_cannot_be_sent_is_the_engines_error(
    engine: RemoteEngine, operation: str, words: str
) -> None:
    with pytest.raises(CandidateCrashedError, match=words):
        engine.run(case(operation))
    assert engine.restarts == 0


def test_measure_gives_the_engines_own_nanoseconds(engine: RemoteEngine) -> None:
    assert engine.measure(case("add", "add"), 3) == 6000
    assert engine.ready_seconds > 0


def test_a_session_does_not_outlive_its_process() -> None:
    with RemoteEngine(launch("tally:Engine"), Limits(20.0)) as remote:
        session = remote.open(CODEC, PINS)
        remote.close()
        remote.connect()
        with pytest.raises(CandidateCrashedError, match="the process ended"):
            session.apply(Operation("add", {"amount": 1}))
        session.close()


def test_engine_that_cannot_be_imported_says_why() -> None:
    with pytest.raises(CandidateCrashedError, match="No module named 'absent'"):
        RemoteEngine(launch("absent:Engine"), Limits(20.0)).connect()


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("fly", {}, "unknown method"),
        ("handshake", {"protocol": 99, "kit": "9"}, "speaks protocol 1"),
        ("apply", {"session": 5, "operation": {"name": "add", "args": {}}}, "no open session"),
        ("run", {"case": {"id": "x"}}, "`case` is invalid"),
        ("run", {}, "`case` is invalid"),
        ("run", {"case": [1]}, "`case` is invalid"),
        ("measure", {"case": {}, "loops": 0}, "`loops` must be"),
    ],
)
def test_wrong_request_is_the_asking_sides_fault(
    method: str, params: dict[str, object], words: str
) -> None:
    class Nothing:
        """An engine that a wrong request never reaches."""

        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    response = Server(Nothing()).answer(Request(3, method, params))  # type: ignore[arg-type]
    assert isinstance(response, Response)
    assert isinstance(response.failure, Failure)
    assert response.failure.code is FailureCode.BAD_REQUEST
    assert words in response.failure.message
    assert response.msgid == 3
