"""A candidate's tests beside LangGraph's own: what only it fails, and in which of them it ran."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from parity_kit.judging.text import plural
from parity_kit.upstream.judged import UPSTREAM, JudgedTests
from parity_kit.upstream.results import FileResult, Outcome, TestResult, tests_of


class Standing(StrEnum):
    """A test on a candidate beside the same test on LangGraph."""

    PASSED = "passed"
    REGRESSION = "regression"
    FAILS_ON_BOTH = "fails on both"
    ONLY_ALONE = "passes alone"
    """It failed among the others, and passed when it was run again alone."""
    QUARANTINED = "quarantined"
    """LangGraph itself does not always give the same."""
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Judged:
    """One test: its suite, what became of it on the candidate, and how that stands."""

    suite: str
    result: TestResult
    standing: Standing


@dataclass(frozen=True, slots=True)
class Cause:
    """Regressions with the same error at the same place."""

    error: str
    place: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """LangGraph's tests on a candidate; `counts_calls` is whether it says when its code ran.

    `problems` holds what broke only on the candidate, `broken` the files that LangGraph itself
    could not run whole.
    """

    candidate: str
    tests: tuple[Judged, ...]
    counts_calls: bool
    problems: tuple[str, ...] = ()
    broken: tuple[FileResult, ...] = ()

    def of(self, *standings: Standing, suite: str | None = None) -> list[Judged]:
        """Return the tests that stand so, of one suite or of all."""
        return [
            test
            for test in self.tests
            if test.standing in standings and suite in {None, test.suite}
        ]

    def drove(self, suite: str | None = None) -> int:
        """Return in how many of the passed tests the candidate's code ran."""
        return sum(test.result.drove for test in self.of(Standing.PASSED, suite=suite))

    @property
    def suites(self) -> list[str]:
        """The suites, in the order of the tests; those of which no test could run come last."""
        return [*dict.fromkeys(item.suite for item in (*self.tests, *self.broken))]

    def not_run(self, suite: str | None = None) -> list[str]:
        """Return, a suite each, which files LangGraph itself could not run whole, in words."""
        files: dict[str, list[FileResult]] = defaultdict(list)
        for file in self.broken:
            if suite in {None, file.suite}:
                files[file.suite].append(file)
        return [
            f"{name}: LangGraph itself cannot run {plural(len(broken), 'test file')}, first"
            f" {broken[0].file}: {broken[0].problem}"
            for name, broken in files.items()
        ]

    def judged(self, releases: Mapping[str, str], part: str = "") -> list[JudgedTests]:
        """Return its suites as gates; `releases` names the package of each."""
        return [self._suite(suite, releases[suite], part) for suite in self.suites]

    def _suite(self, suite: str, release: str, part: str) -> JudgedTests:
        every = self.of(*Standing, suite=suite)
        return JudgedTests(
            UPSTREAM,
            f"{part}/{suite}" if part else suite,
            release,
            tuple(test.result for test in self.of(Standing.PASSED, suite=suite)),
            tuple(test.result for test in self.of(Standing.REGRESSION, suite=suite)),
            Counter(test.standing.value for test in every),
            self.counts_calls,
            sum(test.result.seconds for test in every),
            problems=(
                *(text for text in self.problems if text.startswith(f"{suite} ")),
                *self.not_run(suite),
            ),
        )

    @property
    def causes(self) -> list[Cause]:
        """Its regressions by cause, the largest first."""
        return grouped(test.result for test in self.of(Standing.REGRESSION))


def grouped(failed: Iterable[TestResult]) -> list[Cause]:
    """Return failures by cause, the largest first."""
    tests: dict[tuple[str, str], list[str]] = defaultdict(list)
    for test in failed:
        error, _, _ = test.error.partition(":")
        tests[error, test.place].append(test.test)
    causes = [Cause(*key, tuple(names)) for key, names in tests.items()]
    return sorted(causes, key=lambda cause: (-len(cause.tests), cause.error, cause.place))


def suspects(
    first: Sequence[FileResult], second: Sequence[FileResult], candidate: Sequence[FileResult]
) -> dict[tuple[str, str], list[str]]:
    """Return by suite and file the tests that LangGraph passes twice and the candidate does not."""
    on_candidate = {file.key: {test.test: test for test in file.tests} for file in candidate}
    steady = _steady(first, second)
    suspected: dict[tuple[str, str], list[str]] = {}
    for file in first:
        for test in file.tests:
            seen = on_candidate.get(file.key, {}).get(test.test)
            if steady.get((file.suite, test.test)) is Outcome.PASSED and (
                seen is None or seen.outcome is not Outcome.PASSED
            ):
                suspected.setdefault(file.key, []).append(test.test)
    return suspected


def compare(  # noqa: PLR0913  # the rounds, each with its own name
    name: str,
    first: Sequence[FileResult],
    second: Sequence[FileResult],
    candidate: Sequence[FileResult],
    alone: Sequence[FileResult],
    *,
    counts_calls: bool,
) -> Verdict:
    """Return how each test that LangGraph has stands on the candidate.

    `first` and `second` are LangGraph's own rounds, `alone` the suspects run again by themselves.
    """
    steady, once_more = _steady(first, second), tests_of(alone)
    seen = tests_of(candidate)
    judged = [
        _judged(key, steady[key], seen.get(key), once_more.get(key))
        for key in tests_of(first) | tests_of(second)
    ]
    problems = {
        f"{file.suite} {file.file}: {file.problem}" for file in candidate if file.problem
    } - {f"{file.suite} {file.file}: {file.problem}" for file in first}
    broken = tuple(file for file in first if file.problem)
    return Verdict(name, tuple(judged), counts_calls, tuple(sorted(problems)), broken)


def _judged(
    key: tuple[str, str], steady: Outcome | None, seen: TestResult | None, alone: TestResult | None
) -> Judged:
    suite, name = key
    result = seen or TestResult(name, Outcome.LOST, error="its process never came to it")
    match steady, result.outcome:
        case None, _:
            standing = Standing.QUARANTINED
        case Outcome.SKIPPED, _:
            standing = Standing.SKIPPED
        case Outcome.PASSED, Outcome.PASSED:
            standing = Standing.PASSED
        case Outcome.PASSED, _ if alone is not None and alone.outcome is Outcome.PASSED:
            standing = Standing.ONLY_ALONE
        case Outcome.PASSED, _:
            standing, result = Standing.REGRESSION, alone or result
        case _, Outcome.PASSED:
            standing = Standing.PASSED
        case _:
            standing = Standing.FAILS_ON_BOTH
    return Judged(suite, result, standing)


def _steady(
    first: Sequence[FileResult], second: Sequence[FileResult]
) -> dict[tuple[str, str], Outcome | None]:
    """Return what LangGraph gives for each test, and None where its two rounds differ."""
    one, two = tests_of(first), tests_of(second)
    return {
        key: one[key].outcome
        if key in one and key in two and one[key].outcome is two[key].outcome
        else None
        for key in one | two
    }


def counts(verdict: Verdict, suite: str | None = None) -> Mapping[Standing, int]:
    """Return how many tests stand how."""
    return Counter(test.standing for test in verdict.tests if suite in {None, test.suite})
