"""One forked process per mutant: this one has loaded the engine, and stays as it was.

killed     a case failed, crashed the mutant or ran too long
survived   every case that reaches the change passed
skipped    the change reaches no function of a running process
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn

from parity_kit.selftest.operators import Mutant
from parity_kit.selftest.patching import LiveFunctions, NotPatchedError
from parity_kit.selftest.results import Result
from parity_kit.selftest.stages import Kill, Stage

CASE_SECONDS = 30
"""A case of a mutant that takes longer hangs: cases take at most two seconds."""
_CPU_SECONDS = 1200
_MEMORY_BYTES = 6 << 30

Job = Callable[[Callable[[Any], None]], None]
"""What a forked process does: it sends one result."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended without a result, and why."""

    reason: str


def in_forks(jobs: Iterable[Job], workers: int) -> Iterator[tuple[int, Any]]:
    """Run each job in a process of its own, `workers` at a time; yield number and result.

    A process that sent nothing yields `Ended`.
    """
    context = multiprocessing.get_context("fork")
    waiting = enumerate(jobs)
    running: dict[Connection, tuple[int, BaseProcess]] = {}
    gc.collect()
    gc.freeze()  # so that the collector of a fork does not copy what they share
    try:
        while True:
            while len(running) < workers and (job := next(waiting, None)) is not None:
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(job[1], theirs), daemon=True)
                process.start()
                theirs.close()
                running[ours] = (job[0], process)
            if not running:
                return
            for ready in wait([*running]):
                assert isinstance(ready, Connection)  # noqa: S101  # only such were given
                number, process = running.pop(ready)
                result: Any = None
                with contextlib.suppress(EOFError):
                    result = ready.recv()
                ready.close()
                process.join()
                yield number, result or Ended(f"the process ended with {process.exitcode}")
    finally:
        for _, process in running.values():
            process.kill()
        gc.unfreeze()


def _child(job: Job, pipe: Connection) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its forks
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    try:
        job(pipe.send)
    except BaseException as error:  # noqa: BLE001  # a mutant may raise anything
        pipe.send(Ended(f"{type(error).__name__}: {error}"))
    finally:
        os._exit(0)  # whatever threads and hooks a mutant left behind


def judge(
    mutants: Sequence[Mutant], stages: Sequence[Stage], live: LiveFunctions, workers: int
) -> Iterator[Result]:
    """Yield the result of every mutant, as they end."""
    jobs = (_job(mutant, stages, live) for mutant in mutants)
    for number, result in in_forks(jobs, workers):
        mutant = mutants[number]
        if isinstance(result, Ended):
            kill = Kill(stages[0].name, "crashed", "", result.reason)
            yield Result.of(mutant, kill=kill)
        else:
            yield result


def _job(mutant: Mutant, stages: Sequence[Stage], live: LiveFunctions) -> Job:
    def job(send: Callable[[Result], None]) -> None:
        started, parent = time.monotonic(), os.getppid()
        try:
            live.patch(mutant.file, mutant.compiled())
        except NotPatchedError as error:
            send(Result.of(mutant, skipped=str(error)))
            return
        for stage in stages:
            current = ""

            def hung(_signal: int, _frame: Any) -> NoReturn:
                kill = Kill(stage.name, "hung", current, f"ran for {CASE_SECONDS} s")  # noqa: B023  # of this stage
                send(Result.of(mutant, kill=kill, seconds=time.monotonic() - started))
                os._exit(0)

            def watch(case: str) -> None:
                nonlocal current
                current = case
                if os.getppid() != parent:
                    os._exit(1)  # nobody waits for the result
                signal.alarm(CASE_SECONDS)

            signal.signal(signal.SIGALRM, hung)
            cases = stage.lines.reaching(mutant.file, mutant.lines)
            kill = stage.kill(cases, watch, mutant.shows) if cases else None
            signal.alarm(0)
            if kill is not None:
                send(Result.of(mutant, kill=kill, seconds=time.monotonic() - started))
                return
        send(Result.of(mutant, seconds=time.monotonic() - started))

    return job
