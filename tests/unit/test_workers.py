"""Workers: a plan in, lines out; a failure and a timeout are told apart."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from parity_kit.candidates.workers import WorkerFailedError, WorkerTimeoutError, run_worker


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which `worker` runs its plan as Python."""
    (tmp_path / "worker.py").write_text("import sys\nexec(sys.argv[1])\n", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_a_worker_answers_with_its_last_line(environment: dict[str, str]) -> None:
    lines: list[str] = []
    plan = "print(1)\nprint(2)"
    answer = run_worker("worker", plan, environment=environment, on_line=lines.append)
    assert (answer, lines) == ("2\n", ["1\n", "2\n"])


def test_a_worker_that_fails_is_quoted(environment: dict[str, str]) -> None:
    with pytest.raises(WorkerFailedError) as caught:
        run_worker("worker", "print(1)\nraise KeyError('gone')", environment=environment)
    assert caught.value.exit_code == 1
    assert caught.value.last_line == "KeyError: 'gone'"


def test_a_worker_that_prints_nothing_has_failed(environment: dict[str, str]) -> None:
    with pytest.raises(WorkerFailedError) as caught:
        run_worker("worker", "", environment=environment)
    assert (caught.value.exit_code, caught.value.last_line) == (0, "no output")


def test_a_worker_that_takes_too_long_is_killed(environment: dict[str, str]) -> None:
    started = time.monotonic()
    with pytest.raises(WorkerTimeoutError):
        run_worker("worker", "import time; time.sleep(60)", environment=environment, limit=0.5)
    assert time.monotonic() - started < 30
