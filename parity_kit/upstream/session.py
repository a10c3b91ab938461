"""A session with LangGraph's tests: LangGraph twice, the candidate, its suspects once more alone.

LangGraph's own rounds are kept in the cache, and so is each file that a stopped session finished.
"""

from __future__ import annotations

import fnmatch
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from parity_kit.candidates.manifest import Candidate, CommandSetup, PipSetup, PythonSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import UsageError
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.comparing import Verdict, compare, suspects
from parity_kit.upstream.part import Part
from parity_kit.upstream.process import FILE_SECONDS, RECURSION_LIMIT, Runner, lost
from parity_kit.upstream.results import FileResult, Journal, TestResult
from parity_kit.upstream.suites import PUBLISHED, Suite

Emit = Callable[[str], None]
"""Called with a line about what is being done."""

_INSIDE = ("plugin", "lines")
"""The modules of a test process that all results hang on."""
_OF_PARTS = ("parts", "remote", "codec_shadow", "wire_saver")
"""Those that the results of a candidate's part hang on, too."""
_ORACLE = ("LangGraph-1", "LangGraph-2")
"""LangGraph's own rounds; no candidate's name has a capital letter."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tests: of files that match, those of a pytest expression, or of the published one."""

    keyword: str = ""
    published: bool = False
    file: str = "*"

    def files(self, suites: Iterable[Suite]) -> list[tuple[Suite, str]]:
        """Return the files to run."""
        return [
            (suite, file)
            for suite in suites
            for file in suite.files
            if self._takes(suite.name, Path(file).name)
        ]

    def _takes(self, suite: str, file: str) -> bool:
        if self.published and (suite, file) != ("langgraph", PUBLISHED[0]):
            return False
        return fnmatch.fnmatchcase(file, self.file)

    @property
    def expression(self) -> str:
        """What `-k` gets."""
        parts = [part for part in (self.keyword, PUBLISHED[1] if self.published else "") if part]
        return " and ".join(f"({part})" for part in parts)


@dataclass(frozen=True, slots=True)
class _Job:
    suite: str
    file: str
    run: Callable[[], FileResult]


@dataclass(frozen=True, slots=True)
class UpstreamSession:
    """Runs the tests of a bench with a candidate, on so many workers."""

    bench: TestBench
    workspace: Workspace
    candidate: Candidate
    selection: Selection
    workers: int
    emit: Emit
    part: Part | None = None

    def judge(self) -> Verdict:
        """Return how LangGraph's tests stand on the candidate.

        Raises:
            UsageError: If the selection takes no test.
            CandidateCrashedError: If the candidate cannot be engaged.
        """
        if not (files := self.selection.files(self.bench.suites)):
            raise UsageError(
                f"no test file of {', '.join(suite.name for suite in self.bench.suites)} matches"
                f" --file {self.selection.file!r}",
                hint='quote the pattern, such as "test_pregel*.py", or name another --suite',
            )
        oracle = Runner(self.bench, self.workspace)
        runner = Runner(self.bench, self.workspace, self.candidate, self.part)
        if not self._is_langgraph:
            runner.check()
        first = self._round("LangGraph, first time", oracle, files, _ORACLE[0])
        if not any(file.tests or file.problem for file in first):
            raise UsageError(
                f"no test in {len(files)} files matches -k {self.selection.expression!r}",
                hint="use words of the tests' names, joined by `and`, `or`, `not`",
            )
        second = self._round("LangGraph, second time", oracle, files, _ORACLE[1])
        if self._is_langgraph:
            return compare(self.candidate.name, first, second, second, (), counts_calls=False)
        name = f"{self.candidate.name}-{self.part.name}" if self.part else self.candidate.name
        seen = self._round(name, runner, files, name)
        alone = self._again(name, runner, suspects(first, second, seen))
        for label in (name, f"{name}-alone"):
            self._journal(label).remove()
        return compare(name, first, second, seen, alone, counts_calls=self._counts_calls)

    @property
    def _is_langgraph(self) -> bool:
        """Whether the candidate is a release as it is, so that LangGraph's rounds are its own."""
        setup = self.candidate.setup
        return isinstance(setup, PipSetup) and setup.patch is None and not self.candidate.env

    @property
    def _counts_calls(self) -> bool:
        setup = self.candidate.setup
        return self.part is not None or (isinstance(setup, PipSetup) and setup.patch is not None)

    def _round(
        self,
        title: str,
        runner: Runner,
        files: Sequence[tuple[Suite, str]],
        label: str,
    ) -> list[FileResult]:
        expression = self.selection.expression

        def job(suite: Suite, file: str) -> _Job:
            return _Job(suite.name, file, lambda: runner.run(suite, file, expression))

        return self._all(title, label, [job(suite, file) for suite, file in files])

    def _again(
        self, name: str, runner: Runner, suspected: dict[tuple[str, str], list[str]]
    ) -> list[FileResult]:
        """Run suspects again, each in a fork of its own."""
        suites = {suite.name: suite for suite in self.bench.suites}

        def job(suite: str, file: str, tests: Sequence[str]) -> _Job:
            return _Job(suite, file, lambda: _one_by_one(runner, suites[suite], file, tests))

        jobs = [job(suite, file, tests) for (suite, file), tests in suspected.items()]
        title = f"{name}: {sum(map(len, suspected.values()))} again, alone"
        return self._all(title, f"{name}-alone", jobs) if jobs else []

    def _all(self, title: str, label: str, jobs: Sequence[_Job]) -> list[FileResult]:
        """Run what the journal does not have yet, the workers side by side."""
        journal = self._journal(label)
        left = [job for job in jobs if (job.suite, job.file) not in journal.files]
        done = len(jobs) - len(left)
        with ThreadPoolExecutor(self.workers) as pool:
            running = [pool.submit(job.run) for job in left]
            try:
                for finished in as_completed(running):
                    journal.add(result := finished.result())
                    done += 1
                    self.emit(
                        f"{title}: {done} of {len(jobs)} files, last {result.suite} {result.file}"
                    )
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [journal.files[job.suite, job.file] for job in jobs]

    def _journal(self, label: str) -> Journal:
        """Return the journal of a round; what its results hang on is in its name."""
        parts = [self.bench.digest, self.selection.expression, str(RECURSION_LIMIT)]
        modules = _INSIDE
        if label not in _ORACLE:
            modules += _OF_PARTS if self.part else ()
            parts += _sources(self.candidate)
        parts += [Path(__file__).with_name(f"{name}.py").read_text("utf-8") for name in modules]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
        return Journal(self.workspace.cache / "upstream" / f"{label}-{digest}.jsonl")


def _sources(candidate: Candidate) -> list[str]:
    """Return the candidate's own files."""
    folder, setup = candidate.folder, candidate.setup
    match setup:
        case PipSetup():
            paths = [*folder.glob("*.*"), *setup.path.glob("*.*")]
        case PythonSetup():
            paths = [*folder.glob("*.*"), *setup.path.rglob("*.py")]
        case CommandSetup():
            built_from = (path for name in setup.files for path in folder.glob(name))
            paths = [*folder.glob("*.*"), *built_from]
    files = sorted({path for path in paths if path.is_file()})
    return [path.read_text("utf-8", errors="replace") for path in files]


def _one_by_one(runner: Runner, suite: Suite, file: str, tests: Sequence[str]) -> FileResult:
    """Return what became of each of these tests: where one ends its process, the next go on."""
    began, left = time.monotonic(), [*tests]
    seen: dict[str, TestResult] = {}
    problems: list[str] = []
    while left:
        result = runner.run_alone(suite, file, left)
        seen |= {test.test: test for test in result.tests}
        left = [test for test in left if test not in seen]
        problems += filter(None, [result.problem])
        late = time.monotonic() - began > FILE_SECONDS
        for test in left if late or not result.problem else left[:1]:
            seen[test] = lost(test, result.problem)
        left = [test for test in left if test not in seen]
    seconds = round(time.monotonic() - began, 2)
    return FileResult(suite.name, file, tuple(seen.values()), seconds, next(iter(problems), ""))
