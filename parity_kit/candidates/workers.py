"""Worker processes: a module of the kit that takes a JSON plan and prints lines of JSON."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

_LAST_LINES = 8


class WorkerFailedError(Exception):
    """A worker ended without an answer; `lines` is the end of its stderr."""

    def __init__(self, exit_code: int, errors: str) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code
        self.lines = errors.strip().splitlines()[-_LAST_LINES:]

    @property
    def last_line(self) -> str:
        """The last line of its stderr, which names a Python exception."""
        return self.lines[-1] if self.lines else "no output"


class WorkerTimeoutError(Exception):
    """A worker was killed because its time was over."""


def run_worker(  # noqa: PLR0913  # the settings of a process, all named
    module: str,
    plan: str,
    *,
    environment: Mapping[str, str],
    python: Path = Path(sys.executable),
    limit: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run a module with a plan as its only argument; return the last line that it prints.

    `environment` replaces that of this process, `limit` is in seconds, and `on_line` is called
    with every line as it comes.

    Raises:
        WorkerFailedError: If the worker fails, or prints nothing.
        WorkerTimeoutError: If it runs for longer than `limit`.
    """
    last, over = "", threading.Event()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            # A module in the current directory must not shadow one that the worker imports.
            [str(python), "-P", "-m", module, plan],
            env={**environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        timer = threading.Timer(limit or 0, lambda: (over.set(), process.kill()))
        if limit is not None:
            timer.start()
        try:
            for line in process.stdout or ():
                last = line
                if on_line is not None:
                    on_line(line)
            exit_code = process.wait()
        finally:
            timer.cancel()
        if over.is_set():
            raise WorkerTimeoutError(f"no answer within {limit} s")
        if exit_code or not last:
            errors.seek(0)
            raise WorkerFailedError(exit_code, errors.read())
    return last
