"""Follows a page: its shell blocks are run in one bash, and what they print is compared loosely."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

_DONE = "--- done ---"


class Shell:
    """One bash for a whole page, so that its folder and its environment stay."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        bash = shutil.which("bash")
        if bash is None:
            pytest.skip("bash is missing")
        self._process = subprocess.Popen(
            [bash],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )

    def run(self, text: str) -> str:
        """Run commands and return what they print; the last must not fail."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f'{text}\ncode=$?; echo; echo "{_DONE} $code"\n')
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.startswith(_DONE):
                assert line.split()[-1] == "0", "".join(lines)
                return "".join(lines)
            lines.append(line)
        raise AssertionError("".join(lines))

    def close(self) -> None:
        self._process.communicate("exit\n", timeout=60)


def blocks(page: str) -> Iterator[tuple[int, str, str]]:
    """Yield each fenced block of a page: its line, its language and its text."""
    for block in re.finditer(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        yield page[: block.start()].count("\n") + 1, block[1], block[2]


def not_printed(shown: str, printed: str) -> str:
    """Return the first line of `shown` that was not printed behind those before it."""
    lines = iter([_loosely(line) for line in printed.splitlines()])
    for line in map(_loosely, shown.splitlines()):
        if line not in {"", "…"} and line not in lines:
            return line
    return ""


def _loosely(line: str) -> str:
    return " ".join(re.sub(r"\d+\.\d+", "0.0", line).split())
