"""One forked process per mutant: this one has loaded the engine, and stays as it was.

killed     a case failed, crashed the mutant or ran too long
survived   every case that reaches the change passed
skipped    the change reaches no function of a running process
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from parity_kit.candidates.forks import Ended, Job, in_forks
from parity_kit.selftest.operators import Mutant
from parity_kit.selftest.patching import LiveFunctions, NotPatchedError
from parity_kit.selftest.results import Result
from parity_kit.selftest.stages import Kill, Stage

CASE_SECONDS = 30
"""A case of a mutant that takes longer hangs: cases take at most two seconds."""
_CPU_SECONDS = 1200
_MEMORY_BYTES = 6 << 30


def judge(
    mutants: Sequence[Mutant], stages: Sequence[Stage], live: LiveFunctions, workers: int
) -> Iterator[Result]:
    """Yield the result of every mutant, as they end."""
    left = set(range(len(mutants)))
    for number, result in in_forks([_job(mutant, stages, live) for mutant in mutants], workers):
        if isinstance(result, Result):
            left.remove(number)
            yield result
        elif isinstance(result, Ended) and number in left:
            kill = Kill(stages[0].name, "crashed", "", str(result.error))
            yield Result.of(mutants[number], kill=kill)


def _job(mutant: Mutant, stages: Sequence[Stage], live: LiveFunctions) -> Job:
    def job(send: Callable[[Result], None]) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
