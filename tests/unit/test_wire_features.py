"""What an engine may do beyond answering: ask the kit, tell events, be told that nobody waits."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from parity_kit.contract import Case, Event, Level, Operation, Raised, Returned, Unsupported, run
from parity_kit.contract.errors import CandidateCrashedError, ProtocolFaultError
from parity_kit.corpora.authoring import graph, op
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Equal
from parity_kit.reference import Engine
from parity_kit.wire.callbacks import answer
from parity_kit.wire.exchange import Exchange
from parity_kit.wire.frames import FrameBuffer
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.limits import Limits
from parity_kit.wire.messages import FailureCode, Notification, Request, parse
from parity_kit.wire.process import CandidateProcess

ENGINE = Path(__file__).parent / "engines" / "called_back.py"


def engine(source: str = "", **variables: str) -> RemoteEngine:
    """Return the engine, or one that its source was changed into."""
    command = (sys.executable, "-c", source) if source else (sys.executable, str(ENGINE))
    launch = Launch("called-back", command, ENGINE.parent, {"PYTHONPATH": "", **variables})
    return RemoteEngine(launch, Limits(seconds=20))


def chain(**bodies: list[Any]) -> dict[str, Any]:
    names = ["__start__", *bodies, "__end__"]
    return {
        "state": {"n": {"type": "int"}, "word": {"type": "str"}},
        "nodes": {name: {"body": body} for name, body in bodies.items()},
        "edges": [list(edge) for edge in pairwise(names)],
    }


def write(**values: Any) -> dict[str, Any]:
    return {"write": values}


def of(program: Any, *operations: Operation) -> Case:
    return graph(
        "called-back", program, *(operations or (op("invoke", input={"n": 1}),)), saver=None
    )


NEXT = write(n={"add": [{"get": "n"}, 1]})
WHICH = {"if": [{"lt": [{"get": "n"}, 4]}, "a", "__end__"]}
LOOP = {**chain(a=[NEXT]), "edges": [["__start__", "a"]], "branches": {"a": [WHICH]}}
CASES = {
    "one node": of(chain(a=[NEXT])),
    "three nodes, and a variable": of(
        chain(a=[NEXT], b=[{"let": {"w": "x"}}, write(word={"var": "w"})], c=[NEXT])
    ),
    "a node that fails": of(chain(a=[{"raise": {"type": "ValueError", "message": "no"}}])),
    "a branch that goes back": of(LOOP),
}


@pytest.mark.parametrize("name", CASES)
def test_engine_without_an_interpreter_agrees_with_langgraph(name: str) -> None:
    case = CASES[name]
    with engine() as remote:
        theirs = remote.run(case)
    assert not isinstance(theirs[0], Unsupported)
    assert compare(case, run(Engine(), case), theirs, Level.RESULT) == Equal(Level.RESULT)


def test_callbacks_of_cases_in_flight_are_answered_one_after_another() -> None:
    with engine() as remote:
        answers = list(remote.run_all([*CASES.values()] * 20))
    assert all(isinstance(answer, tuple) for answer in answers)
    assert answers[:4] == answers[-4:]


def test_streamed_events_come_before_those_of_the_response() -> None:
    with engine() as remote:
        (outcome,) = remote.run(of(chain(a=[{"emit": "first"}], b=[{"emit": "then"}])))
    assert isinstance(outcome, Returned)
    assert outcome.events == (Event("custom", (), "first"), Event("custom", (), "then"))


def test_a_crash_says_what_had_been_streamed() -> None:
    with engine() as remote, pytest.raises(CandidateCrashedError) as caught:
        remote.run(of(chain(a=[]), Operation("crash")))
    assert "it had streamed 1 event, the last of operation 0: custom" in caught.value.problem


def test_an_engine_that_asks_for_it_is_notified_that_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parity_kit.wire.process._LINGER", 30.0)  # the machine may be busy
    word = tmp_path / "word"
    with engine(LAST_WORD=str(word)) as remote:
        answers = remote.run_all([*CASES.values()] * 20)
        next(answers)
        answers.close()  # as a run does that is interrupted
        assert remote.pid is None
    assert word.read_text() == "cancelled"


def test_a_cancel_is_not_lost_behind_requests_that_wait_to_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parity_kit.wire.process._LINGER", 30.0)  # the machine may be busy
    taken = tmp_path / "taken"
    launch = Launch("cat", ("/bin/sh", "-c", f"cat > '{taken}'"), tmp_path, {})
    process = CandidateProcess(launch, Limits())
    exchange = Exchange(process, "candidate cat")
    exchange.uses = ("cancel",)
    for _ in range(5):
        exchange.ask("describe", {}, "describe")
    exchange.cancel()
    process.finish()
    frames = FrameBuffer()
    frames.feed(taken.read_bytes())
    crossed = [parse(body) for body in iter(frames.take, None)]
    assert crossed[-1] == Notification("cancel", {})
    assert len(crossed) == 6


@pytest.mark.parametrize("feature", ["callbacks", "events"])
def test_what_a_handshake_did_not_ask_for_is_a_fault(feature: str) -> None:
    source = ENGINE.read_text().replace(f'"{feature}", ', "")
    source = source.replace("__file__", repr(str(ENGINE)))
    with engine(source) as remote, pytest.raises(ProtocolFaultError, match="not a response"):
        remote.run(of(chain(a=[{"emit": "first"}])))


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ('"operation": 7, "event": ["custom", [], 1]', "operation 7, which has no events"),
        ('"operation": 0, "event": ["custom", 1]', "streamed an event of the wrong shape"),
        ('"operation": 0', "expected the keys"),
    ],
)
def test_an_event_that_cannot_be_meant_is_a_fault(event: str, says: str) -> None:
    source = ENGINE.read_text().replace('"operation": index, "event": ["custom", [], value]', event)
    with engine(source) as remote, pytest.raises(ProtocolFaultError, match=says):
        remote.run(of(chain(a=[{"emit": "first"}])))


def called(method: str, **params: Any) -> Any:
    return answer(Request(1, method, params))


def test_a_question_is_given_its_answer_when_it_is_asked_again() -> None:
    body = [{"let": {"got": {"interrupt": "how"}}}, write(word={"var": "got"})]
    asked = called("host.node", body=body, input={}).result
    assert asked["asked"] == {"value": "how"}
    assert asked["returned"] is None
    assert called("host.node", body=body, input={}, answers=["so"]).result["returned"] == {
        "word": "so"
    }


def test_what_a_node_sends_comes_back_as_it_was_written() -> None:
    command = {"command": {"update": {"n": 1}, "goto": ["b", "c"]}}
    answered = called("host.node", body=[{"return": command}], input={}).result
    assert answered["returned"] == command


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("host.node", {"body": [{"call": 1}], "input": {}}, "bad-request", "no instruction"),
    ("host.node", {"input": {}}, "bad-request", "body"),
    ("host.node", {"body": [], "input": {}, "x": 1}, "bad-request", "unknown parameter 'x'"),
    ("host.file", {}, "bad-request", "no such callback"),
    ("host.node", {"body": [{"wait": 1}], "input": {}}, "unsupported", "cannot wait: wait"),
    (
        "host.node",
        {"body": [{"store_put": [["a"], "k", {}]}], "input": {}},
        "unsupported",
        "only the engine has a store",
    ),
    ("host.route", {"path": {"interrupt": 1}, "input": {}}, "bad-request", "interrupt"),
]


@pytest.mark.parametrize(("method", "params", "code", "says"), REFUSED)
def test_a_callback_that_cannot_be_answered_says_why(
    method: str, params: dict[str, Any], code: str, says: str
) -> None:
    failure = called(method, **params).failure
    assert failure.code is FailureCode(code)
    assert says in failure.message


def test_failed_outcome_is_raised() -> None:
    with engine() as remote:
        (outcome,) = remote.run(CASES["a node that fails"])
    assert isinstance(outcome, Raised)
    assert (outcome.error, outcome.message) == ("ValueError", "no")
