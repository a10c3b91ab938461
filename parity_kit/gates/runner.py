"""Judging a candidate: its gates in turn, each told as events; then the verdict as a whole."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parity_kit.candidates.launch import find, start
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Description, Level
from parity_kit.contract.errors import CandidateError, ExitCode
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    ClaimsRead,
    EngagementSeen,
    Event,
    GateFinished,
)
from parity_kit.gates.gate import BREAKDOWNS, gate_corpora
from parity_kit.gates.matrix.claims import read_claims
from parity_kit.gates.matrix.evidence import Evidence
from parity_kit.gates.matrix.rows import read_rows
from parity_kit.gates.resume import Earlier
from parity_kit.gates.search_gate import Search, gate_suite
from parity_kit.gates.settings import read_settings
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.verdicts import FAILURES, PASSING, worst
from parity_kit.search.generate import SUITES

CORPORA = "corpora"
ALL_SUITES = (CORPORA, *SUITES)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a candidate."""

    suites: Sequence[str] = ALL_SUITES
    examples: int = 200
    bulk: int = 0
    seed: int = 0
    required: Level = Level.BYTES


@dataclass(slots=True)
class Judging:
    """One candidate being judged in one run."""

    workspace: Workspace
    folder: Path
    plan: Plan
    emit: Callable[[Event], None]
    note: Callable[[str], None]
    earlier: Earlier = field(default_factory=Earlier)
    """What is known already, where the run was stopped before."""
    compared: int = 0
    """Cases of the candidate that was judged last."""
    declined: int = 0
    """Cases that it does not support."""

    def candidate(self, name: str) -> ExitCode:
        """Judge a candidate and return the exit code that its verdict stands for."""
        if told := self.earlier.candidates.get(name):
            return self._again(told)
        candidate = find(self.workspace, name)
        rows = read_rows()
        claims = read_claims(candidate, rows)
        evidence = Evidence(name, rows, claims.by_row)
        self.compared = self.declined = 0
        gates: list[str] = []
        try:
            with start(candidate, self.workspace, on_progress=self.note) as engine:
                self._started(name, candidate.title, engine.describe(), engine.ready_seconds)
                under_test = CandidateUnderTest.started(candidate, engine)
                # What it replaces is counted by one process: an earlier one's count is gone.
                earlier = Earlier() if engine.describe().engaged else self.earlier
                gates = [
                    self._gate(under_test, suite, evidence, earlier) for suite in self.plan.suites
                ]
                engaged = self._engagement(name, engine.describe())
        except CandidateError as error:
            self.emit(CandidateFailed(name, candidate.title, error.code, error.problem))
            return self._judged(name, "unknown", error.problem, ExitCode.NOT_JUDGED)
        if CORPORA in self.plan.suites:
            if claims.source:
                speed = [dataclasses.asdict(each) for each in claims.speed]
                self.emit(ClaimsRead(name, claims.source, claims.version, speed))
            for row in evidence.judged(engaged):
                self.emit(row)
        return self._verdict(name, gates, engaged)

    def _again(self, told: Sequence[Event]) -> ExitCode:
        """Tell what was told of a candidate; how it was judged comes last."""
        for event in told:
            self.emit(event)
        *_, judged = told
        assert isinstance(judged, CandidateJudged), "its verdict is the last event"  # noqa: S101  # an invariant
        return ExitCode(judged.exit_code)

    def _started(self, name: str, title: str, said: Description, seconds: float) -> None:
        levels = {kind.value: level.label for kind, level in said.levels.items()}
        engine = f"{said.name} {said.version}"
        self.emit(CandidateStarted(name, title, engine, said.language, levels, seconds))

    def _gate(
        self, under_test: CandidateUnderTest, suite: str, evidence: Evidence, earlier: Earlier
    ) -> str:
        required = self.plan.required
        if suite == CORPORA:

            def emit(event: Event) -> None:
                evidence.emit(event)
                self._count(event)

            return gate_corpora(
                self.workspace, under_test, required, emit, folder=self.folder, earlier=earlier
            )
        if told := earlier.suites.get((under_test.name, suite)):
            for event in told:
                self._count(event)
            *_, finished = told
            assert isinstance(finished, GateFinished), "its result is the last event"  # noqa: S101  # an invariant
            return finished.verdict
        plan = self.plan
        floors = read_settings(self.workspace).floors
        asked = Search(plan.examples, plan.bulk, plan.seed, required, floors)
        return gate_suite(under_test, suite, asked, self._count, self.folder)

    def _count(self, event: Event) -> None:
        if isinstance(event, GateFinished):
            self.compared += event.compared
            self.declined += event.verdicts.get("unsupported", 0)
        self.emit(event)

    def _engagement(self, name: str, said: Description) -> dict[str, int]:
        if said.engaged:
            engaged = any(said.engaged.values())
            self.emit(EngagementSeen(name, dict(said.engaged), engaged))
        return dict(said.engaged)

    def _verdict(self, name: str, gates: Sequence[str], engaged: dict[str, int]) -> ExitCode:
        if engaged and not any(engaged.values()):
            counts = ", ".join(f"{function} ran 0 times" for function in engaged)
            reason = f"not engaged: {counts}, so it was LangGraph itself that answered"
            return self._judged(name, "unknown", reason, ExitCode.NOT_JUDGED)
        found = worst(gates)
        named = ", ".join(
            suite
            for suite, verdict in zip(self.plan.suites, gates, strict=True)
            if verdict == found
        )
        if found not in PASSING and not (found == "unsupported" and PASSING & set(gates)):
            judged = found in FAILURES and (found not in BREAKDOWNS or self.compared > 0)
            code = ExitCode.DIVERGENCE if judged else ExitCode.NOT_JUDGED
            return self._judged(name, found, f"{found} in {named}", code)
        level = self.plan.required.label
        reason = {
            "equal": f"agrees at level {level} in {named}",
            "expected": f"agrees at level {level}, but for what its ledger expects in {named}",
            # A gap that the candidate admits is no failure.
            "unsupported": f"agrees where it claims to; unsupported: {named}",
        }[found]
        gap = f"; {self.declined} cases unsupported" if self.declined else ""
        return self._judged(name, "parity", f"{reason}{gap}", ExitCode.PARITY)

    def _judged(self, name: str, verdict: str, reason: str, code: ExitCode) -> ExitCode:
        self.emit(CandidateJudged(name, verdict, reason, int(code)))
        return code


def machine() -> dict[str, str]:
    """Return what a report says of the machine."""
    import psutil  # noqa: PLC0415  # only here

    return {
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "processors": str(psutil.cpu_count() or "?"),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
    }
