"""Jobs in forks of this process, several at a time: each has what this one has loaded and read.

A job sends what it finds out as it comes. What a fork sent for a job is void if it dies before the
job ends: the job then starts anew in another one, as often as `attempts` allows.
"""

from __future__ import annotations

import contextlib
import gc
import math
import multiprocessing
import os
import platform
import signal
import traceback
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NoReturn

from parity_kit.contract.errors import KitError, ParityKitError

ATTEMPTS = 3
"""How often a job whose forks die is tried in all."""
_QUOTA = Path("/sys/fs/cgroup/cpu.max")

Send = Callable[[Any], None]
Job = Callable[[Send], None]
"""What a fork does; what it sends is data."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over: `error` is what it raised, or that its fork died."""

    error: ParityKitError | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """A message that is only shown, and only while its job has its turn."""

    message: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """The fork of a job died: what it sent is void, and the job starts anew."""


@dataclass(slots=True)
class _Fork:
    """A process, and the task that it is at."""

    process: BaseProcess
    pipe: Connection
    task: Any = None

    def give(self, task: Any) -> None:
        """Let it do a task."""
        self.task = task
        with contextlib.suppress(OSError):  # it died while idle, which the next read shows
            self.pipe.send(task)

    def end(self) -> None:
        """Wait for its end."""
        self.pipe.close()
        self.process.join()


def usable_cores() -> int:
    """Return how many processors this process may use, by its affinity and its container.

    It is one on macOS, whose system libraries do not survive a fork.
    """
    if platform.system() == "Darwin":
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = map(int, _QUOTA.read_text(encoding="ascii").split())
        cores = min(cores, math.ceil(quota / period))
    return max(1, cores)


def in_forks(
    jobs: Sequence[Job], workers: int, *, lasting: bool = False, attempts: int = 1
) -> Generator[tuple[int, Any]]:
    """Run jobs in `workers` forks; yield the number of a job and what it sent, last `Ended`.

    A fork that is `lasting` does one job after another; otherwise every job has one of its own.
    """

    def work(number: int, send: Send) -> None:
        jobs[number](send)

    forks = Forks(work, workers, deque(range(len(jobs))), lasting=lasting, attempts=attempts)
    if not lasting:
        gc.collect()
        gc.freeze()  # so that the collectors of many forks do not copy what they share
    try:
        yield from forks.messages()
    finally:
        gc.unfreeze()


@dataclass(slots=True)
class Forks:
    """Forks of this process, and the tasks that wait for one; more may be added meanwhile.

    `work` does a task in a fork. A task is plain data that can be hashed.
    """

    work: Callable[[Any, Send], None]
    workers: int
    waiting: deque[Any]
    lasting: bool = True
    attempts: int = ATTEMPTS
    _tries: Counter[Any] = field(default_factory=Counter[Any])
    _forks: list[_Fork] = field(default_factory=list[_Fork])

    def messages(self) -> Generator[tuple[Any, Any]]:
        """Yield a task and what its fork sent, as it comes, last `Ended`."""
        try:
            while busy := self._busy():
                for pipe in wait([*busy]):
                    yield self._read(busy[pipe])
        finally:
            for fork in self._forks:
                fork.process.kill()
                fork.end()

    def _busy(self) -> dict[Any, _Fork]:
        """Return the forks that are at a task, by their pipes, after giving tasks to all."""
        while self.waiting:
            idle = next((fork for fork in self._forks if fork.task is None), None)
            if idle is None and len(self._forks) == self.workers:
                break
            (idle or self._add()).give(self.waiting.popleft())
        return {fork.pipe: fork for fork in self._forks if fork.task is not None}

    def _add(self) -> _Fork:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        pipes = [ours, *(fork.pipe for fork in self._forks)]
        process = context.Process(target=self._serve, args=(theirs, pipes), daemon=True)
        # An interrupt meanwhile is for this process alone: the fork cannot take it yet.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        theirs.close()
        self._forks.append(fork := _Fork(process, ours))
        return fork

    def _read(self, fork: _Fork) -> tuple[Any, Any]:
        """Return what a fork sent for its task, or that it died."""
        task = fork.task
        try:
            message = fork.pipe.recv()
        except (EOFError, OSError):
            self._tries[task] += 1
            again = self._tries[task] < self.attempts
            message = Lost() if again else None
            self.waiting.extendleft([task] if again else [])
        if isinstance(message, Ended):
            fork.task = None
        if message is None or isinstance(message, Lost if self.lasting else (Lost, Ended)):
            self._forks.remove(fork)
            fork.end()
        return task, Ended(_death(fork.process)) if message is None else message

    def _serve(self, pipe: Connection, inherited: Sequence[Connection]) -> NoReturn:
        """Do the jobs that are asked for, until nobody asks any more."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its forks
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        for other in inherited:
            other.close()  # so that the end of the parent is the end of the pipe
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        try:
            while True:
                pipe.send(self._done(pipe.recv(), pipe.send))
                if not self.lasting:
                    break
        except (EOFError, OSError):
            pass  # the parent is gone
        finally:
            os._exit(0)  # whatever threads and hooks a job left behind

    def _done(self, task: Any, send: Send) -> Ended:
        try:
            self.work(task, send)
        except ParityKitError as error:
            return Ended(error)
        except BaseException as error:  # noqa: BLE001  # a mutant may raise anything
            last = traceback.format_exception_only(error)[-1].strip()
            frames = traceback.extract_tb(error.__traceback__)
            at = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
            return Ended(KitError(f"a worker process failed: {last}{at}"))
        return Ended()


def in_order(
    jobs: Sequence[Job], workers: int, show: Callable[[Any], None]
) -> Generator[list[Any]]:
    """Yield all that each job sent, in the order of the jobs, whatever order they end in.

    `show` gets what is only passing. A single worker is this process.

    Raises:
        ParityKitError: What a job raised, in its turn.
    """
    if workers == 1:
        yield from _in_turn(jobs, show)
        return
    kept: dict[int, list[Any]] = {}
    ended: dict[int, ParityKitError | None] = {}
    turn = 0
    forks = in_forks(jobs, workers, lasting=True, attempts=ATTEMPTS)
    with contextlib.closing(forks):
        for job, message in forks:
            match message:
                case Passing():
                    if job == turn:
                        show(message.message)
                case Lost():
                    kept.pop(job, None)
                case Ended(error):
                    ended[job] = error
                case _:
                    kept.setdefault(job, []).append(message)
            while turn in ended:
                if (error := ended[turn]) is not None:
                    raise error
                yield kept.pop(turn, [])
                turn += 1


def _in_turn(jobs: Sequence[Job], show: Callable[[Any], None]) -> Generator[list[Any]]:
    for job in jobs:
        sent: list[Any] = []

        def send(message: Any, sent: list[Any] = sent) -> None:
            if isinstance(message, Passing):
                show(message.message)
            else:
                sent.append(message)

        job(send)
        yield sent


def _death(process: BaseProcess) -> KitError:
    return KitError(
        f"a worker process ended with {process.exitcode}",
        hint="if the system ended it because memory ran out, give fewer --workers",
    )
