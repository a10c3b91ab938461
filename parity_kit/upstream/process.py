"""One pytest process on one file of a suite, kept like a candidate and within a time limit."""

from __future__ import annotations

import json
import os
import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity_kit.candidates import environment, variables
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import CandidateCrashedError
from parity_kit.contract.text import one_line
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.part import Part
from parity_kit.upstream.plugin_names import (
    ALONE,
    ENGINE,
    HOOK,
    JAVASCRIPT,
    NAMED_SAVER,
    PART,
    POSTGRES_PORT,
)
from parity_kit.upstream.results import FileResult, Outcome, TestResult
from parity_kit.upstream.suites import Suite
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import MIB, Limits
from parity_kit.wire.usage import Meter

RECURSION_LIMIT = 200
"""Supersteps after which a graph gives up on both sides; LangGraph's own limit is 10,000."""
FILE_SECONDS = 600.0
"""Seconds after which the process of one file is ended."""
TEST_SECONDS = 60.0
"""Seconds that a test may take in a fork of its own."""

_ENGAGE = "parity_kit.upstream.parts:engage"
_MOST_BYTES = 64 * MIB
_TAIL = 4096
_LIMITS = Limits(open_files=4096, memory_bytes=4096 * MIB, processes=256)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs tests in the environment of a bench: with a candidate's hook or part, or without."""

    bench: TestBench
    workspace: Workspace
    candidate: Candidate | None = None
    part: Part | None = None

    def check(self) -> None:
        """Engage the candidate once, before its tests take minutes.

        Raises:
            CandidateCrashedError: If it cannot be engaged.
        """
        words = ["-m", "parity_kit.upstream.plugin"]
        result = self._run("", "", words, environment.kit_folder(self.workspace), {})
        if self.candidate and result.problem:
            hint = "check `patch` and `path` in candidate.toml, and that the hook works there"
            problem = f"cannot be engaged: {result.problem}"
            raise CandidateCrashedError(
                problem, where=f"candidate {self.candidate.name}", hint=hint
            )

    def run(self, suite: Suite, file: str, select: str = "") -> FileResult:
        """Return what became of the tests of a file; `select` is an expression for `-k`."""
        chosen = ["-k", select] if select else []
        return self._pytest(suite, file, [file, *chosen], {})

    def run_alone(self, suite: Suite, file: str, tests: Sequence[str]) -> FileResult:
        """Return what became of these tests of a file, each in a fork of its own."""
        return self._pytest(suite, file, tests, {ALONE: str(TEST_SECONDS)})

    def conform(self, saver: str, label: str) -> FileResult:
        """Return what becomes of the conformance suite on a saver (`NAMED_SAVER`)."""
        words = ["-m", "parity_kit.upstream.conforming"]
        nothing = environment.kit_folder(self.workspace)
        return self._run("conformance", label, words, nothing, {NAMED_SAVER: saver})

    def validate(self, folder: Path, saver: str) -> FileResult:
        """Return what becomes of LangGraph.js's validation, installed in a folder, on a saver."""
        words = ["-m", "parity_kit.upstream.validating"]
        more = {NAMED_SAVER: saver, JAVASCRIPT: str(folder)}
        return self._run("javascript", saver, words, folder, more)

    def _pytest(
        self, suite: Suite, file: str, arguments: Sequence[str], more: Mapping[str, str]
    ) -> FileResult:
        words = ["-m", "pytest", "-c", "pytest.ini", "-q"]
        words += ["-p", "parity_kit.upstream.plugin", "-p", "no:cacheprovider", "--tb=no"]
        words += ["-W", "ignore"]
        # LangSmith's plugin would load LangChain before the hook, and take seconds each time.
        unwanted = {"parity_kit", "langsmith_plugin"}
        if not suite.is_async_by_plugin:
            unwanted.add("asyncio")  # these tests are marked for anyio
        wanted = (plugin for plugin in self.bench.plugins if plugin not in unwanted)
        words += [word for plugin in wanted for word in ("-p", plugin)]
        # Autoloading would rewrite the assertions of every package that brings a plugin.
        more = {**more, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        if self.bench.postgres and (port := suite.postgres_port):
            more = {**more, "NO_DOCKER": "false", POSTGRES_PORT: port}
        return self._run(suite.name, file, [*words, *arguments], suite.folder, more)

    def _run(
        self, suite: str, file: str, words: Sequence[str], folder: Path, more: Mapping[str, str]
    ) -> FileResult:
        began = time.monotonic()
        reader = _Reader()
        process = KeptProcess(self._launch(words, folder, more), _LIMITS)
        try:
            process.stdin.close()
            problem = reader.read(process, began + FILE_SECONDS)
        finally:
            process.end()
        tests = tuple({test.test: test for test in reader.tests}.values())
        return FileResult(suite, file, tests, round(time.monotonic() - began, 2), problem)

    def _launch(self, words: Sequence[str], folder: Path, more: Mapping[str, str]) -> Launch:
        paths = [environment.kit_folder(self.workspace)]
        own = {
            "NO_DOCKER": "true",
            "LANGGRAPH_DEFAULT_RECURSION_LIMIT": str(RECURSION_LIMIT),
            "PYTHONUNBUFFERED": "1",
            # Its private directory, which goes with it: LangGraph's tests leave files behind.
            "TMPDIR": "./",
            **more,
        }
        read_only = [folder, self.workspace.root, self.workspace.cache]
        passed: tuple[str, ...] = ()
        if self.part:
            own |= {HOOK: _ENGAGE, PART: self.part.words, ENGINE: self.part.engine}
        elif self.candidate and isinstance(setup := self.candidate.setup, PipSetup):
            paths.append(setup.path)
            own |= self.candidate.env
            own |= {HOOK: setup.patch} if setup.patch else {}
            read_only.append(self.candidate.folder.resolve())
            passed = self.candidate.pass_env
        own["PYTHONPATH"] = os.pathsep.join(map(str, paths))
        return Launch(
            self.candidate.name if self.candidate else "LangGraph",
            (str(self.bench.python), "-P", *words),
            folder,
            variables.of_candidate(passed) | own,
            tuple(folder for folder in read_only if folder.is_dir()),
        )


class _Reader:
    """Reads a test process: results from its standard output, the last words from the other."""

    def __init__(self) -> None:
        self.tests: list[TestResult] = []
        self._tail = b""
        self._rest = b""
        self._bytes = 0
        self._problem = ""

    def read(self, process: KeptProcess, deadline: float) -> str:
        """Read until the process ends; return how it failed, or an empty text."""
        selector = selectors.DefaultSelector()
        takers: dict[Any, Callable[[bytes], None]] = {
            process.stdout: self._take,
            process.stderr: self._note,
        }
        for stream in takers:
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ)
        meter = Meter(process.first_pid, _LIMITS)
        while selector.get_map():
            used = meter.sample()
            if used and (excess := meter.excess(used)):
                return f"it was {excess}"
            if time.monotonic() > deadline:
                return f"it did not end within {FILE_SECONDS:g} s"
            for key, _ in selector.select(1.0):
                data = os.read(key.fd, 1 << 16)
                if data:
                    takers[key.fileobj](data)
                else:
                    selector.unregister(key.fileobj)
            if self._bytes > _MOST_BYTES:
                return f"it reported more than {_MOST_BYTES // MIB} MiB"
        code = process.ended(10.0)
        if code in {0, 5} or (code == 1 and self.tests):  # all passed, none collected, some failed
            return self._problem
        last = self._tail.decode("utf-8", "replace").strip().splitlines()[-1:]
        return self._problem or f"its process ended with {code}: {one_line(' '.join(last))}"

    def _take(self, data: bytes) -> None:
        self._bytes += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
                if message.get("collected") is False:
                    error = one_line(str(message["error"])).removeprefix("E ").strip()
                    self._problem = f"it cannot be collected: {error}"
                else:
                    self.tests.append(TestResult.from_plain(message))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                self._problem = "it wrote a line that is no result of a test"

    def _note(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-_TAIL:]


def lost(test: str, problem: str) -> TestResult:
    """Return the result of a test that a process which failed never reported.

    What the process had used when it was ended is another amount each time, and no cause.
    """
    limit, _, _ = problem.partition(" with ")
    return TestResult(test, Outcome.LOST, error=limit or "it was not collected")
