"""Worker processes, as the session sees them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor

from parity_kit.bench.plan import Answer, Plan, Request, to_line
from parity_kit.candidates.workers import WorkerFailedError
from parity_kit.contract.errors import CandidateHungError, KitError

LIMIT = 600
"""Seconds after which a worker that does not answer is given up."""

_HASH_SEED = "PYTHONHASHSEED"


class Process:
    """A worker process; `started` is its first answer: whether its engine runs.

    It has `hung` if it did not answer in time, and was killed.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  # open as long as the process
        self._process: subprocess.Popen[str] | None = None
        self.hung = False
        self.started = Answer()

    def start(self) -> None:
        """Start the worker and its engine.

        Raises:
            KitError: If the worker itself failed.
        """
        # The hash seed is left to chance: a fixed one would measure one layout of memory only.
        environment = {name: value for name, value in os.environ.items() if name != _HASH_SEED}
        self._process = subprocess.Popen(
            # A module in the current directory must not shadow one that the worker imports.
            [sys.executable, "-P", "-m", "parity_kit.bench.worker", to_line(self._plan)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
        )
        self.started = self._answer(self._process)

    def ask(self, request: Request) -> Answer:
        """Return what the worker answers to a request.

        Raises:
            KitError: If the worker itself failed.
        """
        process = self._process
        if process is None or process.stdin is None:
            raise AssertionError("a worker is started before it is asked")
        with contextlib.suppress(BrokenPipeError):  # it ended: its exit code says why
            process.stdin.write(f"{to_line(request)}\n")
            process.stdin.flush()
        return self._answer(process)

    def finish(self) -> None:
        """Let the worker write what it measured, and end.

        Raises:
            KitError: If the worker itself failed.
        """
        if self._process is not None and not self.hung:
            self._process.communicate(timeout=LIMIT)
            self._check(self._process)

    def kill(self) -> None:
        """End the worker, if it has not ended."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._errors.close()

    def _answer(self, process: subprocess.Popen[str]) -> Answer:
        over = threading.Event()
        timer = threading.Timer(LIMIT, lambda: (over.set(), process.kill()))
        timer.start()
        try:
            line = process.stdout.readline() if process.stdout else ""
        finally:
            timer.cancel()
        if over.is_set():
            self.hung = True
            return Answer(problem=f"not measured within {LIMIT} s", code=CandidateHungError.code)
        if not line:
            process.wait()
            self._check(process)
            raise KitError("a benchmark worker ended without an answer")
        return Answer(**json.loads(line))

    def _check(self, process: subprocess.Popen[str]) -> None:
        if code := process.returncode:
            self._errors.seek(0)
            error = WorkerFailedError(code, self._errors.read())
            raise KitError(f"a benchmark worker ended with code {code}: {error.last_line}")


@contextlib.contextmanager
def started(plans: Sequence[Plan]) -> Generator[list[Process]]:
    """Yield a started process for each plan; they end, whatever happens.

    As many start at once as the machine has CPUs. Nothing is measured meanwhile, and one that has
    started waits without work until it is asked.
    """
    running = [Process(plan) for plan in plans]
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in [pool.submit(process.start) for process in running]:
                done.result()
        yield running
        for process in running:
            process.finish()
    finally:
        for process in running:
            process.kill()
