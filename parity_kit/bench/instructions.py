"""Counts instructions a call with cachegrind: no time, and no noise of a machine.

One process runs a workload once, another `LOOPS` times more. What the second executes beyond the
first, over `LOOPS`, is what a call takes: starting and the first, cold call cancel. A session's
opening and closing, which no time contains, is part of it. Hash seeds are fixed.

`python -m parity_kit.bench.instructions ENGINE FOLDER WORKLOAD LOOPS` is what cachegrind runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

from parity_kit.bench.catalogue import FUNCTIONS, Workload, select
from parity_kit.bench.worker import Timed, in_process, outcome_digest
from parity_kit.candidates.launch import REFERENCE, start
from parity_kit.candidates.manifest import Candidate, PythonSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Engine, Unsupported
from parity_kit.contract.errors import UsageError

WORKLOADS = ("sequential-5", "parallel-fan-out-5", "conditional-loop-5", "checkpoint-memory-5")
LOOPS = 10
_SECONDS = 1800
_CACHEGRIND = (
    "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"
)  # fmt: skip
_TOTAL = re.compile(r"I\s+refs:\s+([\d,]+)")


@dataclass(frozen=True, slots=True)
class Count:
    """Instructions a call of a workload, or why there are none."""

    workload: str
    reference: int | None = None
    candidate: int | None = None
    detail: str = ""


def count(
    workspace: Workspace, candidate: Candidate, names: Sequence[str], say: Callable[[str], None]
) -> list[Count]:
    """Count on LangGraph and on a candidate, for workloads whose outcomes are equal.

    Raises:
        UsageError: If cachegrind is not installed, or the candidate is no Python class.
        CandidateError: If the candidate fails.
    """
    if shutil.which("valgrind") is None:
        raise UsageError("instructions not counted: no program valgrind", hint="install valgrind")
    setup = candidate.setup
    if not isinstance(setup, PythonSetup):
        raise UsageError(
            f"instructions not counted: {candidate.name} is not of kind python",
            hint=f"parity-kit bench {candidate.name} measures its time",
        )
    chosen = select(names or WORKLOADS)
    reference = in_process()
    with start(candidate, workspace, on_progress=say) as engine:
        problems = [_problem(reference, engine, workload) for workload in chosen]
    counts: list[Count] = []
    for number, (workload, problem) in enumerate(zip(chosen, problems, strict=True), 1):
        name = workload.name
        if problem:
            counts.append(Count(name, detail=problem))
            continue
        say(f"{name}: {number} of {len(chosen)}, LangGraph under cachegrind")
        ours = _a_call(REFERENCE, Path.cwd(), name)
        say(f"{name}: {number} of {len(chosen)}, {candidate.name} under cachegrind")
        counts.append(Count(name, ours, _a_call(setup.object, setup.path, name)))
    return counts


def _problem(reference: Timed, engine: Timed, workload: Workload) -> str:
    """Return why a workload is not to be counted: parity comes before speed."""
    if workload.case.subject.spec.get(FUNCTIONS):
        return "unsupported: only LangGraph has Python functions as nodes"
    outcomes = engine.run(workload.case)
    refused = next((item for item in outcomes if isinstance(item, Unsupported)), None)
    if refused is not None:
        return f"unsupported: {refused.reason}"
    same = outcome_digest(outcomes) == outcome_digest(reference.run(workload.case))
    return "" if same else "the outcomes differ"


def _a_call(engine: str, folder: Path, workload: str) -> int:
    once, more = (_executed(engine, folder, workload, loops) for loops in (1, 1 + LOOPS))
    return round((more - once) / LOOPS)


def _executed(engine: str, folder: Path, workload: str, loops: int) -> int:
    """Return the instructions of a process that runs a workload `loops` times."""
    try:
        done = subprocess.run(
            [*_CACHEGRIND, sys.executable, "-m", "parity_kit.bench.instructions",
             engine, str(folder), workload, str(loops)],
            env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False,
            timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"cachegrind took more than {_SECONDS} s for {workload}",
            hint="--workload chooses a smaller one",
        ) from error
    found = _TOTAL.search(done.stderr)
    if done.returncode or found is None:
        said = [line for line in done.stderr.splitlines() if line and not line.startswith("==")]
        raise UsageError(
            f"cachegrind ended with {done.returncode} on {workload}: {(said or ['no words'])[-1]}",
            hint="valgrind --tool=cachegrind true shows whether valgrind works here",
        )
    return int(found[1].replace(",", ""))


def main() -> None:
    """Run one workload on one engine."""
    engine, folder, name, loops = sys.argv[1:]
    sys.path.insert(0, folder)
    made: Engine = resolve_name(engine)()
    (workload,) = select((name,))
    made.measure(workload.case, int(loops))


if __name__ == "__main__":
    main()
