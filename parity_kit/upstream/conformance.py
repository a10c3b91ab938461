"""LangGraph's conformance suite on a candidate: its codec as a shadow, and each of its savers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import ExitCode
from parity_kit.upstream.bench import TestBench
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

    @property
    def exit_code(self) -> ExitCode:
        """Divergence for a failure or a missing capability, not judged if nothing passed."""
        if self.of(Outcome.FAILED) or self.missing:
            return ExitCode.DIVERGENCE
        ran = self.drove if self.counts_calls else len(self.of(Outcome.PASSED))
        return ExitCode.NOT_JUDGED if self.result.problem or not ran else ExitCode.PARITY


@dataclass(frozen=True, slots=True)
class ConformanceVerdict:
    """The suite on a candidate."""

    candidate: str
    conformed: tuple[Conformed, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The worst of its savers; not judged if there is none."""
        codes = [one.exit_code for one in self.conformed]
        order = (ExitCode.NOT_JUDGED, ExitCode.DIVERGENCE)
        return (
            next((code for code in order if code in codes), ExitCode.PARITY) if codes else order[0]
        )

    @property
    def headline(self) -> str:
        """The verdict in a line."""
        if not self.conformed:
            return "it offers neither a codec nor a saver"
        return "; ".join(map(_in_words, self.conformed))


def _in_words(one: Conformed) -> str:
    passed, failed = len(one.of(Outcome.PASSED)), len(one.of(Outcome.FAILED))
    if one.result.problem:
        return f"{one.label}: {one.result.problem}"
    drove = f", its code ran in {one.drove}" if one.counts_calls else ""
    missing = f"; not offered: {', '.join(one.missing)}" if one.missing else ""
    return f"{one.label}: {passed} of {passed + failed} functions pass{drove}{missing}"


def judge(
    candidate: Candidate | None, bench: TestBench, workspace: Workspace, emit: Emit
) -> ConformanceVerdict:
    """Return what the suite says of a candidate; without one, of LangGraph's own savers."""
    name = candidate.name if candidate else f"LangGraph {bench.packages['langgraph']}"
    conformed: list[Conformed] = []
    for label, runner, saver in _plans(candidate, bench, workspace, emit):
        emit(f"{name}: {label}")
        counts = runner.part is not None or _is_patched(candidate)
        conformed.append(Conformed(label, runner.conform(saver, label), counts))
    return ConformanceVerdict(name, tuple(conformed))


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
