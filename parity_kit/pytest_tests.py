"""Cases and lockstep suites as pytest's tests: `parity::CORPUS::CASE`, `parity::lockstep::SUITE`.

    equal                          passed
    unsupported                    skipped, with the candidate's reason
    expected                       xfailed, with the ledger's reason
    divergent, crashed, flaky …    failed; the text is the kit's explanation, and how to replay it

What no single test can say (nothing was compared, a stale entry of the ledger, a candidate that
never drove) is said at the end, and fails the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from parity_kit import workspace
from parity_kit.casewise import Casewise, Standing, Told
from parity_kit.contract import CaseId, SubjectKind
from parity_kit.errors import CandidateError, ParityKitError

ROOT = "parity"
LOCKSTEP = "lockstep"
_SUITES = tuple(kind.value for kind in SubjectKind)
_STANDING = "parity_kit_standing"
N = TypeVar("N", bound=pytest.Item | pytest.Collector)


def _node(kind: type[N], parent: Any, name: str, **more: str) -> N:
    """Return a node of pytest's, whose own constructors are without types."""
    return cast("Any", kind).from_parent(parent, name=name, **more)


class _Failed(Exception):  # noqa: N818  # what pytest shows of it is its text
    """A verdict that fails a test."""


class ParityTest(pytest.Item):
    """A case, or a suite; `told` judges it."""

    told: Callable[[], Told]

    def runtest(self) -> None:
        """Turn the verdict into what pytest knows."""
        try:
            told = self.told()
        except CandidateError as error:
            self.session.shouldfail = "the candidate could not be judged any further"
            raise _Failed(f"error {error.code}: {error}") from error
        except ParityKitError as error:
            raise _Failed(f"error {error.code}: {error}") from error
        match told.verdict:
            case "equal":
                return
            case "unsupported":
                pytest.skip(f"unsupported: {told.said}")
            case "expected":
                pytest.xfail(f"expected: {told.said}")
            case _:
                raise _Failed(told.text)

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
class Asked:
    """What was asked for: no corpus and no suite means all of both."""

    corpora: Sequence[str]
    suites: Sequence[str]
    examples: int
    chosen: Sequence[str] = ()
    """Node ids that were given as arguments."""

    @property
    def everything(self) -> bool:
        """Whether nothing was named."""
        return not self.corpora and not self.suites

    def takes(self, nodeid: str) -> bool:
        """Whether a test is one of those given as arguments, if any were."""
        return not self.chosen or any(self.is_in(each, nodeid) for each in self.chosen)

    @staticmethod
    def is_in(chosen: str, nodeid: str) -> bool:
        """Whether a test is the one that an argument names, or in what it names."""
        return nodeid == chosen or nodeid.startswith(f"{chosen}::")


@dataclass(slots=True)
class ParityTests:
    """Collects a candidate's tests, ends its process, and says at the end what fails the whole."""

    judge: Casewise
    asked: Asked
    problems: list[str] = field(default_factory=list[str])
    others: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What other processes saw."""

    @classmethod
    def of(cls, config: pytest.Config) -> ParityTests:
        """Return what the options ask for, and take the arguments that name its tests."""
        option: Any = config.option
        chosen = [each for each in config.args if _names_tests(each)]
        config.args = [each for each in config.args if each not in chosen]
        corpora, suites = option.parity_corpus, option.parity_suite
        asked = Asked(corpora, suites, option.parity_examples, chosen)
        given = option.parity_workspace
        try:
            space = workspace.find(Path(given) if given else config.rootpath)
            judge = Casewise.of(space, option.parity_candidate)
        except ParityKitError as error:
            raise pytest.UsageError(f"error {error.code}: {error}") from error
        if unknown := [each for each in asked.suites if each not in _SUITES]:
            raise pytest.UsageError(f"no suite {unknown[0]!r}: they are {', '.join(_SUITES)}")
        return cls(judge, asked)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add the candidate's tests to whatever else is collected."""
        try:
            corpora = self._corpora()
        except ParityKitError as error:
            raise pytest.UsageError(f"error {error.code}: {error}") from error
        root = _node(ParityGroup, session, ROOT, nodeid=ROOT)
        search, examples = self.judge.search, self.asked.examples
        suites = _SUITES if self.asked.everything else self.asked.suites
        items += self._group(
            root, LOCKSTEP, {each: partial(search, each, examples) for each in suites}
        )
        for corpus, cases in corpora.items():
            judge = self.judge.judge
            items += self._group(
                root, corpus, {each: partial(judge, corpus, each) for each in cases}
            )

        for each in self.asked.chosen:
            if not any(self.asked.is_in(each, item.nodeid) for item in items):
                raise pytest.UsageError(f"not found: {each}")

    def _corpora(self) -> dict[str, list[CaseId]]:
        if self.asked.suites and not self.asked.corpora:
            return {}
        return self.judge.corpora(self.asked.corpora or self.judge.settings.gate.corpora)

    def _group(
        self, root: ParityGroup, name: str, tests: Mapping[str, Callable[[], Told]]
    ) -> list[ParityTest]:
        """Collect a group's tests as pytest does, so that they are counted."""
        group = _node(ParityGroup, root, name)
        group.held = []
        for each, told in tests.items():
            if self.asked.takes(f"{ROOT}::{name}::{each}"):
                test = _node(ParityTest, group, each)
                test.told = told
                group.held.append(test)
        if group.held:
            report = group.ihook.pytest_make_collect_report(collector=group)
            group.ihook.pytest_collectreport(report=report)
        return group.held

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist saw."""
        # A worker that was killed gives nothing.
        seen: dict[str, Any] | None = getattr(node, "workeroutput", {}).get(_STANDING)
        if seen is not None:
            self.others.append(seen)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the candidate's process; where this is no worker, judge the whole."""
        standing = self.judge.close()
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_STANDING] = standing.to_plain()
            return
        for each in self.others:
            standing.add(each)
        self._conclude(session, standing)

    def _conclude(self, session: pytest.Session, standing: Standing) -> None:
        if session.config.option.collectonly or not standing.seen:
            return
        ledger = self.judge.ledger()
        self.problems = list(standing.problems(ledger, whole=self.judge.is_whole()))
        if self.problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what fails the whole."""
        if self.problems:
            terminalreporter.section(f"Parity Kit: {self.judge.candidate.name}", red=True)
        for each in self.problems:
            terminalreporter.line(each, red=True)


def _names_tests(argument: str) -> bool:
    """Whether an argument names tests of the kit's, and no file."""
    return argument.partition("::")[0] == ROOT and not Path(argument).exists()
