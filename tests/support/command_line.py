"""The command line in this process: what it prints and its exit code, without what a start costs.

Only what a process of its own shows (signals, pipes, the time of a start, what is imported) needs
one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, chdir, contextmanager, suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO
from unittest import mock

import pytest

from parity_kit import cli

ROOT = Path(__file__).parents[2]


def parity_kit(
    *words: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> subprocess.CompletedProcess[str]:
    """Run `parity-kit WORDS` in a folder, with these variables over those of this process.

    `encoding` is that of the streams, as a locale or `PYTHONIOENCODING` sets it.
    """
    handler = signal.getsignal(signal.SIGINT)
    with ExitStack() as stack:
        printed = [stack.enter_context(_descriptor(number)) for number in (1, 2)]
        for name in ("stdout", "stderr"):
            stream = TextIOWrapper(BytesIO(), encoding)  # the command replaces it by one like it
            stack.enter_context(mock.patch.object(sys, name, stream))
        stack.enter_context(mock.patch.object(sys, "argv", ["parity-kit", *words]))
        stack.enter_context(mock.patch.object(sys, "path", [*sys.path]))
        stack.enter_context(mock.patch.dict(os.environ, env or {}))
        stack.enter_context(chdir(cwd))
        stack.callback(signal.signal, signal.SIGINT, handler)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        for file in printed:
            file.seek(0)
        output = [file.read().decode(encoding) for file in printed]
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(("parity-kit", *words), ended.value.code, *output)


@contextmanager
def started(*words: str, cwd: Path) -> Generator[subprocess.Popen[str]]:
    """Start `parity-kit WORDS` in a session of its own, and leave nothing of it, come what may."""
    running = subprocess.Popen(
        [sys.executable, "-m", "parity_kit", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in the background of a shell, interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads
    )
    with running:
        try:
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


@contextmanager
def _descriptor(number: int) -> Generator[BinaryIO]:
    """Let a descriptor write to a file meanwhile: whoever writes to it, also other processes."""
    kept = os.dup(number)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), number)
        try:
            yield file
        finally:
            os.dup2(kept, number)
            os.close(kept)
