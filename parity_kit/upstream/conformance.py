"""LangGraph's conformance suite on a candidate: its codec as a shadow, and each of its savers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.judged import CONFORMANCE, JudgedTests
from parity_kit.upstream.part import parts_of
from parity_kit.upstream.plugin_names import CODEC, SAVER
from parity_kit.upstream.process import Runner
from parity_kit.upstream.results import FileResult, Outcome, TestResult

Emit = Callable[[str], None]

BASE = ("put", "put_writes", "get_tuple", "list", "delete_thread")
"""The capabilities that every saver must offer (`BASE_CAPABILITIES` of the suite)."""


@dataclass(frozen=True, slots=True)
class Conformed:
    """The suite on one saver, or on LangGraph's own with the candidate's codec behind it.

    `counts_calls` is whether it is known in which functions the candidate's code ran.
    """

    label: str
    result: FileResult
    counts_calls: bool

    def of(self, outcome: Outcome) -> list[TestResult]:
        """Return the functions with this outcome."""
        return [test for test in self.result.tests if test.outcome is outcome]

    @property
    def drove(self) -> int:
        """In how many of the functions that passed the candidate's code ran."""
        return sum(test.drove for test in self.of(Outcome.PASSED))

    @property
    def not_offered(self) -> list[str]:
        """The capabilities that the saver does not offer; the suite skips their functions."""
        return [*dict.fromkeys(test.test.partition("::")[0] for test in self.of(Outcome.SKIPPED))]

    @property
    def missing(self) -> list[str]:
        """Those among them that every saver must offer."""
        return [name for name in self.not_offered if name in BASE]

    def judged(self, release: str) -> JudgedTests:
        """Return it as a gate; a base capability that is not offered fails."""
        missing = (
            TestResult(name, Outcome.FAILED, error="every saver must offer it, this one does not")
            for name in self.missing
        )
        return JudgedTests(
            CONFORMANCE,
            self.label,
            release,
            tuple(self.of(Outcome.PASSED)),
            (*missing, *self.of(Outcome.FAILED)),
            Counter(test.outcome.value for test in self.result.tests),
            self.counts_calls,
            sum(test.seconds for test in self.result.tests),
            self.result.problem,
        )


def judge(
    candidate: Candidate | None, bench: TestBench, workspace: Workspace, emit: Emit
) -> list[Conformed]:
    """Return what the suite says of a candidate; without one, of LangGraph's own savers."""
    conformed: list[Conformed] = []
    for label, runner, saver in _plans(candidate, bench, workspace, emit):
        emit(f"conformance of {label}")
        counts = runner.part is not None or _is_patched(candidate)
        conformed.append(Conformed(label, runner.conform(saver, label), counts))
    return conformed


def _is_patched(candidate: Candidate | None) -> bool:
    setup = candidate and candidate.setup
    return isinstance(setup, PipSetup) and setup.patch is not None


def _plans(
    candidate: Candidate | None, bench: TestBench, workspace: Workspace, emit: Emit
) -> Sequence[tuple[str, Runner, str]]:
    """Return what to run: a label, the runner, and the saver to judge."""
    if candidate is None or isinstance(candidate.setup, PipSetup):
        runner = Runner(bench, workspace, candidate)
        if candidate and isinstance(candidate.setup, PipSetup) and candidate.setup.saver:
            return [(candidate.setup.saver, runner, candidate.setup.saver)]
        names = ["memory", *(["sqlite"] if "langgraph-checkpoint-sqlite" in bench.packages else [])]
        return [(name, runner, f"langgraph {name}") for name in names]
    parts = {part.name: part for part in parts_of(candidate, workspace, emit)}
    codec, saver = (Runner(bench, workspace, candidate, parts.get(name)) for name in (CODEC, SAVER))
    return [
        *([(CODEC, codec, "langgraph memory")] if codec.part else []),
        *((name, saver, f"wire {name}") for name in (saver.part.savers if saver.part else ())),
    ]
