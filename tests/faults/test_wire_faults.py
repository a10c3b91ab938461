"""Engines that break the wire in one way each: every one ends in the right error, in time."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Pins,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.contract.plain import Plain
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.limits import Limits

ENGINES = Path(__file__).parent / "engines"
SHORT = 1.0
LONG = 20.0


def case(name: str, **args: Plain) -> Case:
    return Case(
        CaseId(name), Subject(SubjectKind.CODEC, {"strict": True}), (Operation("decode", args),)
    )


GOOD, BAD = case("good"), case("bad")


def engine(
    script: str, seconds: float = LONG, start_seconds: float = LONG, restarts: int = 20
) -> RemoteEngine:
    launch = Launch(script, (sys.executable, str(ENGINES / f"{script}.py")), ENGINES, os.environ)
    limits = Limits(
        seconds=seconds, start_seconds=start_seconds, frame_bytes=1 << 20, restarts=restarts
    )
    return RemoteEngine(launch, limits)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """No test leaves a process or a file descriptor, whatever its engine did."""
    me = psutil.Process()
    # Other tests' fixtures may have processes of their own (a browser) in the meantime.
    processes, descriptors = me.children(recursive=True), me.num_fds()
    yield
    assert me.children(recursive=True) == processes
    assert me.num_fds() == descriptors


def alive_in_group(group: int) -> list[int]:
    """Return the processes of a group: orphans are in it, though no longer anybody's children."""
    alive: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
    return alive


FAULTS: list[tuple[str, type[CandidateError], str, float]] = [
    ("hangs", CandidateHungError, "did not answer case bad within 1 s", SHORT),
    ("crashes", CandidateCrashedError, "ended with exit code 3 during case bad", LONG),
    ("is_killed", CandidateCrashedError, "ended with signal SIGSEGV", LONG),
    ("exits_quietly", CandidateCrashedError, "ended with exit code 0", LONG),
    ("half_a_frame", CandidateCrashedError, "7 bytes into a frame", LONG),
    ("leaves_a_child", CandidateCrashedError, "ended with exit code 5", LONG),
    ("closes_stdout", ProtocolFaultError, "closed its standard output", LONG),
    ("wrong_msgid", ProtocolFaultError, "msgid", LONG),
    ("oversized", ProtocolFaultError, "announces 4294967295 bytes", LONG),
    ("prints_later", ProtocolFaultError, "begins with 'step 1 of 2", LONG),
    ("not_msgpack", ProtocolFaultError, "not MessagePack", LONG),
    ("two_values", ProtocolFaultError, "not exactly one MessagePack value", LONG),
    ("asks_back", ProtocolFaultError, "with a request, not a response", LONG),
    ("no_message", ProtocolFaultError, "not a MessagePack-RPC message", LONG),
    ("too_few_outcomes", ProtocolFaultError, "expected 1, one per operation", LONG),
    ("wrong_outcome", ProtocolFaultError, "outcomes[0].stored.data: expected bytes", LONG),
    ("negative_ext", ProtocolFaultError, "not plain data", LONG),
]


@pytest.mark.parametrize(("script", "error", "words", "seconds"), FAULTS)
def test_fault_ends_in_its_error_and_the_next_case_is_answered(
    script: str, error: type[CandidateError], words: str, seconds: float
) -> None:
    with engine(script, seconds) as candidate:
        first = candidate.pid
        began = time.monotonic()
        with pytest.raises(CandidateError) as caught:
            candidate.run(BAD)
        assert type(caught.value) is error
        assert words in str(caught.value)
        assert f"candidate {script}" in str(caught.value)
        assert time.monotonic() - began < seconds + 3
        assert first is not None
        # An orphan that was killed is gone a moment later than the call that killed it.
        until = time.monotonic() + 5
        while alive_in_group(first) and time.monotonic() < until:
            time.sleep(0.01)
        assert alive_in_group(first) == []
        assert candidate.run(GOOD) == (Returned(1),)
        assert candidate.restarts == 1


def test_with_many_in_flight_each_case_that_fails_is_blamed_and_no_other() -> None:
    with engine("exits_quietly") as candidate:
        answers = list(candidate.run_all([*[GOOD] * 3, BAD, *[GOOD] * 40, BAD, GOOD]))
        failed = [number for number, answer in enumerate(answers) if not isinstance(answer, tuple)]
        assert failed == [3, 44]
        assert [answer for answer in answers if isinstance(answer, tuple)] == [(Returned(1),)] * 44
        assert candidate.restarts <= len(failed)


def test_answers_nobody_waited_for_are_not_taken_for_the_next_ones() -> None:
    with engine("crashes") as candidate:
        answers = candidate.run_all([GOOD, GOOD, GOOD])
        next(answers)
        answers.close()
        assert candidate.run(case("other")) == (Returned(1),)


START_FAULTS: list[tuple[str, type[CandidateError], str, float]] = [
    ("mute", CandidateHungError, "did not answer the handshake", SHORT),
    ("prints_first", ProtocolFaultError, "is something printed to standard output?", LONG),
    ("other_protocol", ProtocolFaultError, "the kit speaks protocol 1, not 99", LONG),
    ("there_is_no_such_script", CandidateCrashedError, "No such file", LONG),
]


@pytest.mark.parametrize(("script", "error", "words", "seconds"), START_FAULTS)
def test_fault_at_the_start_ends_in_its_error(
    script: str, error: type[CandidateError], words: str, seconds: float
) -> None:
    with pytest.raises(CandidateError) as caught:
        engine(script, start_seconds=seconds).connect()
    assert type(caught.value) is error
    assert words in str(caught.value)


def test_program_that_is_not_there_is_named() -> None:
    launch = Launch("gone", ("./no-such-program",), ENGINES, os.environ)
    with pytest.raises(CandidateCrashedError, match=r"could not be started: .*no-such-program"):
        RemoteEngine(launch).connect()


def test_large_request_to_an_engine_that_does_not_read_is_hung() -> None:
    with engine("deaf", seconds=SHORT) as candidate, pytest.raises(CandidateHungError):
        candidate.run(case("large", data=b"x" * 500_000))


def test_last_words_are_shown_without_what_steers_a_terminal() -> None:
    with engine("crashes") as candidate, pytest.raises(CandidateCrashedError) as caught:
        candidate.run(BAD)
    assert "the widget is broken" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_much_on_standard_error_is_no_fault() -> None:
    with engine("floods_stderr") as candidate:
        assert candidate.run(BAD) == (Returned(1),)
        assert candidate.restarts == 0


SEND = """
import json, os, struct, sys, ormsgpack, miniature
def send(message):
    body = ormsgpack.packb(message)
    size = len(body)
    {how}
answer = miniature.answer
def answer_then_err(msgid, result):
    answer(msgid, result)
    miniature.send = send
miniature.answer = answer_then_err
miniature.serve(print)
"""
"""An engine that makes a mistake from its second response on."""

FRAMED = "miniature.raw(struct.pack('>I', len(body)) + body)"
MISTAKES = [
    ("sys.stdout.buffer.write(struct.pack('>I', size) + body)", "flush standard output"),
    ("miniature.raw(struct.pack('>I', size + 4) + body)", "leave the 4 bytes of the length out"),
    ("miniature.raw(struct.pack('<I', size) + body)", "write the length big-endian"),
    ("miniature.raw(struct.pack('<I', 256) + b' ' * 256)", "write the length big-endian"),
    ("miniature.raw(struct.pack('>Q', size) + body)", "write the length with 4 bytes, not 8"),
    ("miniature.raw(b'\\n' + struct.pack('>I', size) + body)", "write no newline after a frame"),
    ("miniature.raw(b'\\r\\n' + struct.pack('>I', size) + body)", "write no newline after a frame"),
    ("miniature.raw(b'Content-Length: 9\\r\\n\\r\\n' + body)", "instead of headers"),
    ("miniature.raw(json.dumps([1, 2, None, 3]).encode())", "not lines of JSON"),
    ("miniature.raw(b'done: ' + body)", "print to standard error"),
    (f"body = json.dumps([1, 2]).encode(); {FRAMED}", "encode the body as MessagePack: it is JSON"),
    (f"body = ormsgpack.packb({{'result': 1}}); {FRAMED}", "write a response as the array"),
]


@pytest.mark.parametrize(("how", "hint"), MISTAKES)
def test_a_common_mistake_is_recognized(how: str, hint: str) -> None:
    program = SEND.replace("{how}", how)
    env = {**os.environ, "PYTHONUNBUFFERED": ""}
    launch = Launch("it", (sys.executable, "-c", program), ENGINES, env)
    with (
        RemoteEngine(launch, Limits(seconds=SHORT, start_seconds=LONG)) as candidate,
        pytest.raises(CandidateError) as caught,
    ):
        candidate.run(GOOD)
    assert hint in caught.value.hint


def test_a_slow_candidate_gets_no_hint_about_bytes() -> None:
    with engine("half_a_frame", SHORT) as candidate, pytest.raises(CandidateError) as caught:
        candidate.run(BAD)
    assert "frame" not in caught.value.hint


def test_error_of_the_engine_is_reported_and_its_process_kept() -> None:
    with engine("fails") as candidate:
        first = candidate.pid
        with pytest.raises(CandidateCrashedError, match="IndexError: out of range") as caught:
            candidate.run(BAD)
        assert "engine.c:42" in str(caught.value)
        assert candidate.run(GOOD) == (Returned(1),)
        assert candidate.pid == first


def test_refused_request_is_the_candidates_fault() -> None:
    with engine("refuses") as candidate, pytest.raises(ProtocolFaultError, match="no such field"):
        candidate.run(BAD)


def test_subject_that_is_not_offered_is_unsupported() -> None:
    with engine("declines") as candidate:
        assert candidate.run(BAD) == (Unsupported("no codec here"),)


def test_answer_to_open_must_be_a_number() -> None:
    with engine("crashes") as candidate:
        with pytest.raises(ProtocolFaultError, match="session: expected a non-negative"):
            candidate.open(GOOD.subject, Pins())
        assert candidate.run(GOOD) == (Returned(1),)


def test_restarts_come_to_an_end() -> None:
    with engine("exits_quietly", restarts=2) as candidate:
        for _ in range(3):
            with pytest.raises(CandidateCrashedError):
                candidate.run(BAD)
        with pytest.raises(CandidateError, match="failed 3 times") as caught:
            candidate.run(GOOD)
        assert type(caught.value) is CandidateError


def test_every_engine_here_is_used() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in ENGINES.parent.glob("*.py"))
    names = {file.stem for file in ENGINES.glob("*.py")} - {"miniature"}
    assert {name for name in names if f'"{name}"' not in source} == set()
