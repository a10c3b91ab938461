"""What judges a mutant: cases with the reference's outcomes, or the kit's own tests."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pytest

from parity_kit.contract import Engine, Trace, run
from parity_kit.judging.compare import compare, same_outcomes
from parity_kit.judging.verdicts import Divergent, Equal, headline, label
from parity_kit.reference.logs import silence_langgraph
from parity_kit.selftest.lines import Lines, LineTracer

Watch: TypeAlias = Callable[[str], None]
"""Told the name of a case before it runs."""


@dataclass(frozen=True, slots=True)
class Kill:
    """How a mutant was noticed: the first case that failed, the kind of failure and its place."""

    stage: str
    kind: str
    case: str
    place: str


class Stage(Protocol):
    """Judges the mutants of this process."""

    @property
    def name(self) -> str:
        """The stage's name in results."""
        ...

    @property
    def lines(self) -> Lines:
        """Which lines its cases run."""
        ...

    def kill(self, cases: Sequence[str], watch: Watch, shows: str) -> Kill | None:
        """Run cases until one fails with a place that has `shows` in it, or else any."""
        ...


@dataclass(frozen=True, slots=True)
class CasesStage:
    """Cases on an engine in this process.

    The reference must give the very outcomes; any other engine may decline a case.
    """

    name: str
    lines: Lines
    traces: Mapping[str, Trace]
    engine: Engine
    is_reference: bool

    def kill(self, cases: Sequence[str], watch: Watch, shows: str) -> Kill | None:
        """Run cases until one fails with a place that has `shows` in it, or else any."""
        first: Kill | None = None
        with silence_langgraph():
            for case in cases:
                watch(case)
                kind, places = judged(self.engine, self.traces[case])
                if kind == "equal" or (kind == "unsupported" and not self.is_reference):
                    continue
                showing = [place for place in places if shows in place]
                kill = Kill(self.name, kind, case, (showing or places)[0])
                if showing:
                    return kill
                first = first or kill
        return first


def judged(engine: Engine, trace: Trace) -> tuple[str, list[str]]:
    """Return the verdict on an engine's outcomes for a case, and the places that differ."""
    try:
        outcomes = run(engine, trace.case)
    except BaseException as error:  # noqa: BLE001  # a mutant may raise anything, and any is a crash
        return "crashed", [f"{type(error).__name__}: {error}"]
    if same_outcomes(trace.outcomes, outcomes):
        return "equal", []
    verdict = compare(trace.case, trace.outcomes, outcomes)
    match verdict:
        case Divergent():
            return label(verdict), [place.headline() for place in verdict.differences]
        case Equal():
            return "divergent", ["outcomes that differ in no part that is compared"]
        case _:
            return label(verdict), [headline(verdict)]


def trace_cases(engine: Engine, traces: Iterable[Trace], folders: Sequence[Path]) -> Lines:
    """Return which lines below folders each case runs that the unmutated engine passes."""
    lines, tracer = Lines(), LineTracer(folders)
    with silence_langgraph():
        for trace in traces:
            with tracer.tracing() as watch:
                kind, _ = judged(engine, trace)
            ran = tracer.taken()
            if kind == "equal":
                lines.add(trace.case.id, watch.seconds, ran)
            elif kind != "unsupported":
                lines.failed.append(trace.case.id)
    return lines


@dataclass(frozen=True, slots=True)
class TestsStage:
    """The kit's own tests, by pytest's names, in this process."""

    name: str
    lines: Lines
    root: Path

    def kill(self, cases: Sequence[str], watch: Watch, shows: str) -> Kill | None:
        """Run tests until one fails."""
        del shows  # a test says what it expects
        first = _FirstFailure(watch)
        code = _pytest(self.root, [*cases, "-x"], first)
        if first.test:
            return Kill(self.name, "failed", first.test, first.place)
        return Kill(self.name, "crashed", cases[0], f"pytest ended with {code}") if code else None


def load_tests(root: Path, tests: Sequence[str]) -> None:
    """Import tests, and all that they import, into this process, so that no fork has to."""
    with contextlib.redirect_stdout(io.StringIO()):
        _pytest(root, [*tests, "--collect-only"], None)


def trace_tests(root: Path, tests: Sequence[str], folders: Sequence[Path]) -> Lines:
    """Return which lines below folders each quick test runs that passes."""
    tracing = _Tracing(LineTracer(folders))
    _pytest(root, [*tests, "-m", "not slow"], tracing)
    return tracing.lines


_MOST_SECONDS = 3.0  # of a test, traced: slower ones start processes, which no mutant is in
_REWRITTEN = "ignore::pytest.PytestAssertRewriteWarning"  # the plugin is loaded already


def _pytest(root: Path, arguments: Sequence[str], plugin: object | None) -> int:
    usual = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", _REWRITTEN]
    with contextlib.chdir(root):
        return int(pytest.main([*usual, *arguments], plugins=[plugin] if plugin else []))


class _FirstFailure:
    """Keeps the first test that failed, and the line that says why."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.test = self.place = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.watch(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid
            crash = getattr(report.longrepr, "reprcrash", None)
            self.place = str(getattr(crash, "message", report.longrepr)).partition("\n")[0]


class _Tracing:
    """Traces each test."""

    def __init__(self, tracer: LineTracer) -> None:
        self.tracer, self.lines = tracer, Lines()
        self._failed = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._failed = False
        with self.tracer.tracing() as watch:
            result = yield
        ran = self.tracer.taken()
        if self._failed:
            self.lines.failed.append(item.nodeid)
        elif watch.seconds < _MOST_SECONDS:
            self.lines.add(item.nodeid, watch.seconds, ran)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed |= not report.passed
