"""Cases and lockstep suites as pytest's tests: `parity::CORPUS::CASE`, `parity::lockstep::SUITE`.

    equal                          passed
    unsupported                    skipped, with the candidate's reason
    expected                       xfailed, with the ledger's reason
    divergent, crashed, flaky …    failed; the text is the kit's explanation, and how to replay it

The session ends with the conclusion that `parity-kit gate` would print, by the same rules of
parity.toml. It fails the session where no single test can: nothing was compared, a rule is broken,
an entry of the ledger is stale, the candidate's code never ran.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract.errors import CandidateError, ParityKitError, UsageError, error_text
from parity_kit.contract.text import one_line
from parity_kit.gates.conclusion import Conclusion
from parity_kit.gates.item_runner import CaseReport, ItemRunner
from parity_kit.gates.rules import SUITES
from parity_kit.judging.words import not_judged, not_looked_at

ROOT = "parity"
LOCKSTEP = "lockstep"
_TOTALS = "parity_kit_totals"
Tests: TypeAlias = dict[str, Callable[[], CaseReport]]
N = TypeVar("N", bound=pytest.Item | pytest.Collector)


def _node(kind: type[N], parent: Any, name: str, **more: str) -> N:
    """Return a node of pytest's, whose own constructors are without types."""
    return cast("Any", kind).from_parent(parent, name=name, **more)


class _Failed(Exception):  # noqa: N818  # what pytest shows of it is its text
    """A verdict that fails a test."""


class ParityTest(pytest.Item):
    """A case, or a suite."""

    judge: Callable[[], CaseReport]

    def runtest(self) -> None:
        """Turn the verdict into what pytest knows."""
        try:
            report = self.judge()
        except CandidateError as error:
            self.session.shouldfail = "the candidate could not be judged any further"
            raise _Failed(error_text(error)) from error
        except ParityKitError as error:
            raise _Failed(f"error {error.code}: {error}") from error
        match report.verdict:
            case "equal":
                return
            case "unsupported":
                pytest.skip(f"unsupported: {one_line(report.reason)}")
            case "expected":
                pytest.xfail(f"expected: {one_line(report.reason)}")
            case _:
                raise _Failed(report.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the kit's own text for a verdict, and pytest's for all else."""
        if isinstance(excinfo.value, (_Failed, pytest.xfail.Exception)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test is: no file holds it."""
        return self.path, None, self.nodeid


class ParityGroup(pytest.Collector):
    """A corpus, the suites, or all of them."""

    held: list[ParityTest]

    def collect(self) -> list[ParityTest]:
        """Return what it holds."""
        return self.held


@dataclass(slots=True)
class ParityTests:
    """Collects a candidate's tests, ends its process, and draws the conclusion.

    `tests` maps groups and names to what judges a test.
    """

    runner: ItemRunner
    tests: Mapping[str, Tests]
    conclusion: Conclusion | None = None
    others: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The totals of other processes."""

    @classmethod
    def of(cls, config: pytest.Config) -> ParityTests:
        """Return what the options ask for, and take the arguments that name its tests.

        This is done before anything is collected: of pytest-xdist's workers nobody hears what is
        wrong with what was asked for.
        """
        option: Any = config.option
        chosen = [arg for arg in config.args if _names_tests(arg)]
        config.args = [arg for arg in config.args if arg not in chosen]
        given = option.parity_workspace
        try:
            workspace = find_workspace(Path(given) if given else config.rootpath)
            runner = ItemRunner.of(workspace, option.parity_candidate)
            return cls(runner, _asked(runner, option, chosen))
        except ParityKitError as error:
            raise pytest.UsageError(error_text(error)) from error

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add the candidate's tests to whatever else is collected."""
        root = _node(ParityGroup, session, ROOT, nodeid=ROOT)
        for name, tests in self.tests.items():
            group = _node(ParityGroup, root, name)
            group.held = []
            for test_name, judge in tests.items():
                test = _node(ParityTest, group, test_name)
                test.judge = judge
                group.held.append(test)
            # Collected as pytest does it, so that they are counted.
            report = group.ihook.pytest_make_collect_report(collector=group)
            group.ihook.pytest_collectreport(report=report)
            items += group.held

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the totals of a worker of pytest-xdist."""
        # A worker that was killed gives nothing.
        totals: dict[str, Any] | None = getattr(node, "workeroutput", {}).get(_TOTALS)
        if totals is not None:
            self.others.append(totals)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the candidate's process and, unless this is a worker, draw the conclusion."""
        totals = self.runner.close()
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_TOTALS] = totals.to_plain()
            return
        for other in self.others:
            totals.merge(other)
        if session.config.option.collectonly or not (totals.gates.total or totals.gates.failure):
            return
        self.conclusion = self.runner.conclude()
        if self.conclusion.exit_code and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the conclusion."""
        if self.conclusion is not None:
            colour = {"red" if self.conclusion.exit_code else "green": True}
            terminalreporter.section(f"Parity Kit: {self.runner.candidate.name}", **colour)
            terminalreporter.line(one_line(self.conclusion.first_line), **colour)
            for line in (
                not_judged(self.conclusion.not_judged),
                not_looked_at(self.conclusion.not_looked_at),
            ):
                if line:
                    terminalreporter.line(one_line(line))


def _asked(runner: ItemRunner, option: Any, chosen: Sequence[str]) -> dict[str, Tests]:
    """Return the tests that are asked for: arguments come before options, and without both all."""
    corpora: list[str] | None = option.parity_corpus  # an empty list means all, None means none
    suites: list[str] = option.parity_suite
    groups = {argument.split("::")[1] for argument in chosen if "::" in argument}
    if groups and ROOT not in chosen:
        corpora = sorted(groups - {LOCKSTEP}) or None
        suites = list(SUITES) if LOCKSTEP in groups else []
    elif not corpora and not suites:
        corpora, suites = list(runner.rules.corpora), list(runner.rules.suites)
    elif not corpora:
        corpora = None
    if unknown := [suite for suite in suites if suite not in SUITES]:
        raise UsageError(f"no suite {unknown[0]!r}", hint=f"they are {', '.join(SUITES)}")
    tests: dict[str, Tests] = {}
    if corpora is not None:
        for corpus, cases in runner.corpora(corpora).items():
            tests[corpus] = {case: partial(runner.judge, corpus, case) for case in cases}
    if suites:
        tests[LOCKSTEP] = {
            suite: partial(runner.search, suite, option.parity_examples) for suite in suites
        }
    return _chosen(tests, chosen) if chosen else tests


def _chosen(tests: Mapping[str, Tests], chosen: Sequence[str]) -> dict[str, Tests]:
    """Return the tests that arguments name, or that are in what they name."""
    left: dict[str, Tests] = {}
    matched: set[str] = set()
    for group, test in ((group, test) for group, named in tests.items() for test in named):
        test_arguments = (ROOT, f"{ROOT}::{group}", f"{ROOT}::{group}::{test}")
        if naming := {*test_arguments} & {*chosen}:
            matched |= naming
            left.setdefault(group, {})[test] = tests[group][test]
    if unknown := [argument for argument in chosen if argument not in matched]:
        raise UsageError(f"no test {unknown[0]}", hint="pytest --collect-only -q lists them")
    return left


def _names_tests(argument: str) -> bool:
    """Whether an argument names tests of the kit's, and no file."""
    return argument.partition("::")[0] == ROOT and not Path(argument).exists()
