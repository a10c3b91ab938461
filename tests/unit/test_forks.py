"""Jobs in forks: what they send comes in the order of the jobs, whatever happens to the forks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from parity_kit.candidates import forks
from parity_kit.candidates.forks import Ended, Job, Passing, Send, in_forks, in_order, usable_cores
from parity_kit.contract.errors import CandidateError, KitError


def counting(number: int, seconds: float = 0) -> Job:
    def job(send: Send) -> None:
        send((number, 0))
        time.sleep(seconds)
        send((number, 1))

    return job


def dying(mark: Path, times: int) -> Job:
    """A job whose fork is killed, a few times."""

    def job(send: Send) -> None:
        send("void" if mark.stat().st_size < times else "counted")
        if mark.stat().st_size < times:
            with mark.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)

    return job


def sent(jobs: list[Job], workers: int) -> list[list[Any]]:
    return list(in_order(jobs, workers, print))


def test_the_order_is_that_of_the_jobs() -> None:
    jobs = [counting(0, 0.1), counting(1), counting(2), counting(3)]
    expected = [[(number, 0), (number, 1)] for number in range(4)]
    assert sent(jobs, 1) == sent(jobs, 3) == expected


def test_a_fork_that_is_killed_is_replaced_and_nothing_is_lost_or_counted_twice(
    tmp_path: Path,
) -> None:
    mark = tmp_path / "deaths"
    mark.touch()
    jobs = [counting(0), dying(mark, 2), counting(2), counting(3)]
    assert sent(jobs, 2) == [
        [(0, 0), (0, 1)],
        ["counted"],
        [(2, 0), (2, 1)],
        [(3, 0), (3, 1)],
    ]
    assert mark.stat().st_size == 2


def test_a_job_whose_forks_always_die_is_given_up(tmp_path: Path) -> None:
    mark = tmp_path / "deaths"
    mark.touch()
    with pytest.raises(KitError, match="ended with -9"):
        sent([counting(0), dying(mark, 99)], 2)
    assert mark.stat().st_size == forks.ATTEMPTS


def failing(error: Exception) -> Job:
    def job(send: Send) -> None:
        send("before")
        raise error

    return job


def test_an_error_is_raised_in_the_turn_of_its_job() -> None:
    error = CandidateError("does not answer", where="candidate it", hint="look at it")
    results = in_order([counting(0, 0.2), failing(error)], 2, print)
    assert next(results) == [(0, 0), (0, 1)]
    with pytest.raises(CandidateError) as caught:
        next(results)
    assert str(caught.value) == str(error)
    with pytest.raises(KitError, match="a worker process failed: ZeroDivisionError: by what"):
        sent([failing(ZeroDivisionError("by what"))], 2)


def showing(number: int, seconds: float = 0) -> Job:
    def job(send: Send) -> None:
        time.sleep(seconds)
        send(Passing(number))

    return job


def test_what_is_only_shown_is_shown_in_the_turn_of_its_job_or_not_at_all() -> None:
    shown: list[Any] = []
    assert list(in_order([showing(0, 0.2), showing(1)], 2, shown.append)) == [[], []]
    assert shown == [0]


def test_a_fork_that_lasts_does_several_jobs() -> None:
    def pid(send: Send) -> None:
        send(os.getpid())

    def pids(*, lasting: bool) -> set[int]:
        messages = in_forks([pid] * 3, 1, lasting=lasting)
        return {message for _, message in messages if not isinstance(message, Ended)}

    assert (len(pids(lasting=True)), len(pids(lasting=False))) == (1, 3)


def test_no_fork_outlives_its_use() -> None:
    others = psutil.Process().children()  # such as a database's server
    results = in_order([counting(0), counting(1, 60)], 2, print)
    next(results)
    running = [child for child in psutil.Process().children() if child not in others]
    assert running
    results.close()
    assert not any(process.is_running() for process in running)


@pytest.mark.parametrize(("quota", "cores"), [("150000 100000", 2), ("max 100000", 64), ("", 64)])
def test_a_container_may_allow_fewer_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int
) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    affinity: Callable[[int], range] = lambda _: range(64)  # noqa: E731  # a stand-in
    monkeypatch.setattr(os, "sched_getaffinity", affinity, raising=False)
    monkeypatch.setattr(forks, "_QUOTA", file)
    assert usable_cores() == cores
