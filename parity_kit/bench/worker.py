"""One process that measures one engine: `python -m parity_kit.bench.worker PLAN`.

The parent starts one for each engine of a round. It opens the engine and then, for each workload it
is asked for, checks the outcome against the reference's digest and has pyperf measure what agrees.
Each line on stdout answers a line on stdin, the first says that the engine runs; everything else
goes to stderr. When stdin ends, the runs are appended to the engine's file.

pyperf's own manager would start one process a workload and so pay LangGraph's import for each. The
worker therefore *is* pyperf's worker process (`--worker`), for all workloads in turn.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import shutil
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Protocol

from parity_kit.bench.catalogue import FUNCTIONS, Workload, select
from parity_kit.bench.memory import held, highest, kept_below, reset
from parity_kit.bench.noise import between, read
from parity_kit.bench.plan import REFERENCE, Answer, Plan, Request, to_line
from parity_kit.candidates.manifest import Candidate, PipSetup, load
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    Outcome,
    Unsupported,
    UnsupportedSubjectError,
    outcome_to_plain,
)
from parity_kit.contract.canonical import digest, pack
from parity_kit.contract.errors import CandidateError, ParityKitError

VALUES = 3
WARMUPS = 1


class Timed(Protocol):
    """What the worker needs of an engine, in this process or across a pipe."""

    def run(self, case: Case) -> tuple[Outcome, ...]:
        """Return the outcomes of a whole case."""
        ...

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds that `loops` runs of the case took."""
        ...


class _InProcess:
    """The reference in this process."""

    def __init__(self) -> None:
        from parity_kit.reference import Engine  # noqa: PLC0415  # LangGraph: only where measured

        self._engine = Engine()

    def run(self, case: Case) -> tuple[Outcome, ...]:
        from parity_kit.contract import run  # noqa: PLC0415  # the method has the same name

        return run(self._engine, case)

    def measure(self, case: Case, loops: int) -> int:
        return self._engine.measure(case, loops)


def _candidate(plan: Plan) -> Candidate:
    from parity_kit.candidates.launch import find  # noqa: PLC0415  # only for a candidate

    elsewhere = plan.folders.get(plan.engine)
    return (
        load(Path(elsewhere)) if elsewhere else find(Workspace(Path(plan.workspace)), plan.engine)
    )


def in_process() -> Timed:
    """Return the reference in this process."""
    return _InProcess()


@contextlib.contextmanager
def _opened(plan: Plan) -> Generator[Timed]:
    if plan.engine == REFERENCE:
        yield _InProcess()
        return
    from parity_kit.candidates.launch import start  # noqa: PLC0415  # only for a candidate

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    workspace = Workspace(Path(plan.workspace))
    with start(_candidate(plan), workspace, on_progress=say) as engine:
        yield engine


def runs_functions(plan: Plan) -> bool:
    """Return whether the engine is LangGraph, in which nodes can be Python functions."""
    return plan.engine == REFERENCE or isinstance(_candidate(plan).setup, PipSetup)


def outcome_digest(outcomes: tuple[Outcome, ...]) -> str:
    """Return the digest of a case's outcomes: values, errors, events and stored bytes."""
    return digest(pack([outcome_to_plain(outcome) for outcome in outcomes]))


def calibrate(engine: Timed, case: Case, seconds: float) -> int:
    """Return how many runs of a case take about `seconds`."""
    wanted = seconds * 1e9
    loops = 1
    while True:
        took = max(engine.measure(case, loops), 1)
        if took >= wanted / 2:
            return max(1, math.ceil(loops * wanted / took))
        # A first, cold run says little: grow at most eightfold before looking again.
        loops = min(loops * 8, max(loops + 1, math.ceil(loops * wanted / took)))


def _problem(engine: Timed, workload: Workload, expected: str | None) -> tuple[str, str]:
    """Return the digest of a workload's outcomes, and why it is not to be timed (or nothing)."""
    outcomes = engine.run(workload.case)
    for outcome in outcomes:
        if isinstance(outcome, Unsupported):
            return "", f"unsupported: {outcome.reason}"
    digest_ = outcome_digest(outcomes)
    if expected is not None and digest_ != expected:
        return digest_, f"the outcomes differ: {digest_[:12]}, reference {expected[:12]}"
    return digest_, ""


class _Renewed:
    """An engine that is started again after it broke down, so that a crash costs one workload."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._stack = contextlib.ExitStack()
        self._engine: Timed | None = None
        self.processes: list[int] = []
        self.idle: int | None = None
        self.runs_functions = runs_functions(plan)

    def get(self) -> Timed:
        """Return the running engine, started if need be.

        Raises:
            ParityKitError: If it does not start.
        """
        if self._engine is None:
            self._engine = self._stack.enter_context(_opened(self._plan))
            mine = os.getpid()
            self.processes = [mine] if self._plan.engine == REFERENCE else kept_below(mine)
            self.idle = held(self.processes)
        return self._engine

    def drop(self) -> None:
        """Close the engine; the next `get` starts another."""
        self._engine = None
        self._stack.close()


class Worker:
    """A plan being done.

    Raises:
        ParityKitError: If the engine does not start.
    """

    def __init__(self, plan: Plan) -> None:
        # Imported by name: pyperf carries no types.
        self._pyperf: Any = importlib.import_module("pyperf")
        self._runner = self._pyperf.Runner()
        self._runner.parse_args(
            ["--worker", "--quiet", f"--values={VALUES}", f"--warmups={WARMUPS}", "--loops=1"]
        )
        self._plan = plan
        self._measured: list[Any] = []
        self._source = _Renewed(plan)
        self._source.get()

    def do(self, request: Request) -> Answer:
        """Check and measure a workload."""
        (workload,) = select((request.workload,))
        try:
            return self._do(self._source.get(), workload, request.slot)
        except UnsupportedSubjectError as error:
            return Answer(problem=f"not timed: {error}")
        except CandidateError as error:
            self._source.drop()
            first = str(error).splitlines()[0]
            return Answer(problem=f"[{error.code}] {first}", code=error.code)

    def close(self) -> None:
        """End the engine, and add what was measured to the plan's file.

        The file is whole however this process ends.
        """
        self._source.drop()
        if not (self._measured and self._plan.append):
            return
        file = Path(self._plan.append)
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        if file.exists():
            shutil.copyfile(file, fresh)
        self._pyperf.add_runs(str(fresh), self._pyperf.BenchmarkSuite(self._measured))
        fresh.replace(file)

    def _do(self, engine: Timed, workload: Workload, slot: int) -> Answer:
        name, plan = workload.name, self._plan
        if workload.case.subject.spec.get(FUNCTIONS) and not self._source.runs_functions:
            return Answer(problem="unsupported: only LangGraph has Python functions as nodes")
        outcome, problem = _problem(engine, workload, plan.digests.get(name))
        if problem:
            return Answer(outcome, problem=problem)
        if name not in plan.loops:
            return Answer(outcome, calibrate(engine, workload.case, plan.value_seconds))
        self._measured.append(self._timed(engine, workload, {"digest": outcome, "slot": slot}))
        return Answer(outcome)

    def _timed(self, engine: Timed, workload: Workload, labels: Mapping[str, str | int]) -> Any:
        """Return the pyperf benchmark that holds this process's run of a workload."""
        self._runner.parse_args().loops = self._plan.loops[workload.name]

        def seconds(loops: int) -> float:
            return engine.measure(workload.case, loops) / 1e9

        source = self._source
        weighed = source.idle is not None and reset(source.processes)
        before = read()
        benchmark = self._runner.bench_time_func(
            workload.name,
            seconds,
            metadata={"family": workload.family, **labels, **self._plan.labels},
        )
        noise = between(before, read())
        most = highest(source.processes) if weighed else None
        memory = {} if most is None else {"memory_idle": source.idle, "memory_peak": most}
        # The run folder may be published: it names neither the host nor where Python is installed.
        private = {"hostname": "-", "python_executable": "-"}
        benchmark.update_metadata({**noise, **memory, **private})
        return benchmark


def main() -> None:
    """Do the plan that the first argument holds: a line of stdin for each workload."""
    answers = sys.stdout

    def reply(answer: Answer) -> None:
        answers.write(f"{to_line(answer)}\n")
        answers.flush()

    # pyperf prints a line a benchmark; stdout is for the answers alone.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            worker = Worker(Plan(**json.loads(sys.argv[1])))
        except ParityKitError as error:
            reply(Answer(problem=str(error), code=error.code))
            return
        reply(Answer())
        for line in sys.stdin:
            reply(worker.do(Request(**json.loads(line))))
        worker.close()


if __name__ == "__main__":
    main()
