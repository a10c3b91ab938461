"""Starting worker processes."""

from __future__ import annotations

import os

from parity_kit.bench.plan import Answer, Plan
from parity_kit.candidates.workers import WorkerFailedError, WorkerTimeoutError, run_worker
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
        answer = run_worker(
            "parity_kit.bench.worker", plan.to_json(), environment=environment, limit=LIMIT
        )
    except WorkerTimeoutError:
        return Answer(error=[CandidateHungError.code, f"not measured within {LIMIT} s"])
    except WorkerFailedError as error:
        raise KitError(
            f"a benchmark worker ended with code {error.exit_code}: {error.last_line}"
        ) from error
    return Answer.from_json(answer)
