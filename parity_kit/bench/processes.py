"""Starting worker processes."""

from __future__ import annotations

import os
import subprocess
import sys

from parity_kit.bench.plan import Answer, Plan
from parity_kit.contract.errors import CandidateHungError, KitError

LIMIT = 600
"""Seconds after which a worker is given up."""

_HASH_SEED = "PYTHONHASHSEED"


def ask(plan: Plan) -> Answer:
    """Return what a worker process answers to a plan.

    Raises:
        KitError: If the worker itself failed.
    """
    # The hash seed is left to chance: a fixed one would measure one layout of memory only.
    environment = {name: value for name, value in os.environ.items() if name != _HASH_SEED}
    try:
        worker = subprocess.run(
            [sys.executable, "-m", "parity_kit.bench.worker", plan.to_json()],
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(error=[CandidateHungError.code, f"not measured within {LIMIT} s"])
    lines = worker.stdout.splitlines()
    if worker.returncode or not lines:
        last = (worker.stderr.strip().splitlines() or ["no output"])[-1]
        raise KitError(f"a benchmark worker ended with code {worker.returncode}: {last}")
    return Answer.from_json(lines[-1])
