"""Starts the workers of an upgrade, each with the interpreter of its environment."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from parity_kit.candidates.environment import kit_folder
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import CandidateError

_LAST_LINES = 6
_MISSING_THERE = (
    "add what is missing with --with REQUIREMENT, or pin what fits: "
    "--with langgraph-prebuilt==VERSION"
)
RELEASES = {
    "before": "the installed release",
    "after": "the other release",
    "rollback": "the installed release, after a rollback",
    "forward": "the other release, behind the installed one",
}


@dataclass(slots=True)
class Side:
    """A worker: `greet` waits until it is ready; `packages` are those of its environment."""

    title: str
    process: subprocess.Popen[str]
    log: Path
    start_again: Callable[[], subprocess.Popen[str]]
    packages: Mapping[str, str] = field(default_factory=dict[str, str])
    _asked: deque[Mapping[str, Any]] = field(default_factory=deque[Mapping[str, Any]])

    @classmethod
    def start(
        cls, title: str, python: Path, settings: Mapping[str, Any], log: Path, workspace: Workspace
    ) -> Self:
        """Start a worker on a copy of the database."""
        paths = [str(kit_folder(workspace)), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}

        def start() -> subprocess.Popen[str]:
            with log.open("w", encoding="utf-8") as errors:
                return subprocess.Popen(
                    [str(python), "-m", "parity_kit.apps.upgrade.worker", json.dumps(settings)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment,
                    text=True,
                    encoding="utf-8",
                )

        return cls(title, start(), log, start)

    def greet(self) -> None:
        """Wait until it is ready.

        Raises:
            CandidateError: If the release or the application cannot be imported there.
        """
        hello = self._line()
        if hello["error"]:
            # What fails in the kit's own environment is no matter of the other release.
            mended = hello["pin"] if self.title == "after" else hello["hint"]
            raise CandidateError(
                hello["error"], where=RELEASES[self.title], hint=mended or _MISSING_THERE
            )
        self.packages = hello["packages"]

    def ask(self, question: Mapping[str, Any]) -> None:
        """Ask for a thread; `answered` returns the results, in the order of the questions."""
        self._asked.append(question)
        self._send(question)

    def _send(self, question: Mapping[str, Any]) -> None:
        assert self.process.stdin, "a pipe"  # noqa: S101  # as it was started
        with contextlib.suppress(BrokenPipeError):  # `answered` says that it ended
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()

    def answered(self) -> dict[str, Any]:
        """Return the result of the thread that was asked for.

        If it reached the time limit, its process ended, and another goes on behind it.

        Raises:
            CandidateError: If the process ended.
        """
        made = self._line()
        self._asked.popleft()
        if "stopped" in made:
            self.close()
            self.process = self.start_again()
            self.greet()
            for question in self._asked:
                self._send(question)
        return made

    def close(self) -> None:
        """End the worker."""
        if self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.process.stdout:
            self.process.stdout.close()
        self.process.terminate()
        self.process.wait()

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout, "a pipe"  # noqa: S101  # as it was started
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            words = self.log.read_text("utf-8", "replace").strip().splitlines()[-_LAST_LINES:]
            thread = f" at thread {self._asked[0]['thread']!r}" if self._asked else ""
            raise CandidateError(
                f"its process ended with exit code {code}{thread}"
                + "".join(f"\n    {line}" for line in words),
                where=RELEASES[self.title],
                hint="mend what ends it and run the command again, which goes on behind the last "
                "thread that was judged; or name the others: --thread ID",
            )
        return json.loads(line)
