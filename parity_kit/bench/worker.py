"""One process that measures one engine: `python -m parity_kit.bench.worker PLAN`.

The parent starts it twice a pair. It opens the engine, checks each workload's outcome against the
reference's digest, has pyperf measure what agrees, and appends the runs to the engine's file. Its
last line on stdout is an `Answer`; everything else goes to stderr.

pyperf's own manager would start one process a workload and so pay LangGraph's import six times a
pair. The worker therefore *is* pyperf's worker process (`--worker`), for all workloads in turn.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import shutil
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

from parity_kit.bench.catalogue import Workload, select
from parity_kit.bench.memory import held, highest, kept_below
from parity_kit.bench.noise import between, read
from parity_kit.bench.plan import REFERENCE, Answer, Plan
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


@contextlib.contextmanager
def _opened(plan: Plan) -> Generator[Timed]:
    if plan.engine == REFERENCE:
        yield _InProcess()
        return
    from parity_kit.candidates.launch import find, start  # noqa: PLC0415  # only for a candidate
    from parity_kit.candidates.workspace import Workspace  # noqa: PLC0415  # only for a candidate

    workspace = Workspace(Path(plan.workspace))

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    with start(find(workspace, plan.engine), workspace, on_progress=say) as engine:
        yield engine


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

    def get(self) -> Timed:
        """Return the running engine, started if need be."""
        if self._engine is None:
            self._engine = self._stack.enter_context(_opened(self._plan))
        return self._engine

    def drop(self) -> None:
        """Close the engine; the next `get` starts another."""
        self._engine = None
        self._stack.close()


class Worker:
    """A plan being done."""

    def __init__(self, plan: Plan) -> None:
        # Imported by name: pyperf carries no types.
        self._pyperf: Any = importlib.import_module("pyperf")
        self._runner = self._pyperf.Runner()
        self._runner.parse_args(
            ["--worker", "--quiet", f"--values={VALUES}", f"--warmups={WARMUPS}", "--loops=1"]
        )
        self._plan = plan
        self._answer = Answer()
        self._measured: list[Any] = []
        self._idle: int | None = None

    def work(self) -> Answer:
        """Check and measure the plan's workloads.

        Raises:
            ParityKitError: If the engine does not start.
        """
        source = _Renewed(self._plan)
        for workload in select(tuple(self._plan.workloads)):
            engine = source.get()
            try:
                self._do(engine, workload)
            except UnsupportedSubjectError as error:
                self._answer.problems[workload.name] = f"not timed: {error}"
            except CandidateError as error:
                first = str(error).splitlines()[0]
                self._answer.broken[workload.name] = error.code
                self._answer.problems[workload.name] = f"[{error.code}] {first}"
                source.drop()
        source.drop()
        if self._measured and self._plan.append:
            self._append(Path(self._plan.append))
        return self._answer

    def _append(self, file: Path) -> None:
        """Add what was measured to a file, which is whole however this process ends."""
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        if file.exists():
            shutil.copyfile(file, fresh)
        self._pyperf.add_runs(str(fresh), self._pyperf.BenchmarkSuite(self._measured))
        fresh.replace(file)

    def _do(self, engine: Timed, workload: Workload) -> None:
        name, plan = workload.name, self._plan
        if plan.memory:
            self._weigh(engine, workload)
            return
        outcome, problem = _problem(engine, workload, plan.digests.get(name))
        self._answer.digests[name] = outcome
        if problem:
            self._answer.problems[name] = problem
        elif name not in plan.loops:
            self._answer.loops[name] = calibrate(engine, workload.case, plan.value_seconds)
        else:
            self._measured.append(self._timed(engine, workload, outcome))

    def _weigh(self, engine: Timed, workload: Workload) -> None:
        """Remember what an engine held before any workload, and at the height of this one."""
        mine = os.getpid()
        processes = [mine] if self._plan.engine == REFERENCE else kept_below(mine)
        if self._idle is None:
            self._idle = held(processes)
        loops = self._plan.loops[workload.name]
        most = highest(processes, lambda: engine.measure(workload.case, loops))
        if self._idle is not None and most is not None:
            self._answer.memory[workload.name] = [self._idle, most]

    def _timed(self, engine: Timed, workload: Workload, outcome: str) -> Any:
        """Return the pyperf benchmark that holds this process's run of a workload."""
        self._runner.parse_args().loops = self._plan.loops[workload.name]
        before = read()

        def seconds(loops: int) -> float:
            return engine.measure(workload.case, loops) / 1e9

        benchmark = self._runner.bench_time_func(
            workload.name,
            seconds,
            metadata={"digest": outcome, "family": workload.family, **self._plan.labels},
        )
        # The run folder may be published: it names neither the host nor where Python is installed.
        private = {"hostname": "-", "python_executable": "-"}
        benchmark.update_metadata({**between(before, read()), **private})
        return benchmark


def main() -> None:
    """Do the plan that the first argument holds."""
    plan = Plan.from_json(sys.argv[1])
    try:
        # pyperf prints a line a benchmark; stdout is for the answer alone.
        with contextlib.redirect_stdout(sys.stderr):
            answer = Worker(plan).work()
    except ParityKitError as error:
        answer = Answer(error=[error.code, str(error)])
    sys.stdout.write(f"{answer.to_json()}\n")


if __name__ == "__main__":
    main()
