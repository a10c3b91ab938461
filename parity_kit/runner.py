"""Judging a candidate: its gates in turn, each told as events; then the verdict as a whole."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from parity_kit.candidates.launch import find, start
from parity_kit.casefile import SUFFIX, CaseFile
from parity_kit.contender import Contender
from parity_kit.contract import Case, Description, Level, Outcome, SubjectKind, run
from parity_kit.errors import CandidateError, ExitCode
from parity_kit.events import (
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    ClaimsRead,
    EngagementSeen,
    Event,
    GateFinished,
    GateProgress,
)
from parity_kit.findings import divergence, gate_finished
from parity_kit.gate import BREAKDOWNS, gate_corpora
from parity_kit.generate import SUITES, left_out
from parity_kit.lockstep import Lockstep, search
from parity_kit.matrix.claims import read_claims
from parity_kit.matrix.evidence import Evidence
from parity_kit.matrix.rows import read_rows
from parity_kit.reference import Engine
from parity_kit.settings import read_settings
from parity_kit.verdicts import FAILURES, PASSING, worst
from parity_kit.workspace import Workspace

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

    space: Workspace
    folder: Path
    plan: Plan
    tell: Callable[[Event], None]
    note: Callable[[str], None]
    compared: int = 0
    """Cases of the candidate that was judged last."""
    declined: int = 0
    """Cases that it does not support."""

    def candidate(self, name: str) -> ExitCode:
        """Judge a candidate and return the exit code that its verdict stands for."""
        candidate = find(self.space, name)
        rows = read_rows()
        claims = read_claims(candidate, rows)
        evidence = Evidence(name, rows, claims.by_row)
        self.compared = self.declined = 0
        gates: list[str] = []
        try:
            with start(candidate, self.space, on_progress=self.note) as engine:
                self._started(name, candidate.title, engine.describe(), engine.ready_seconds)
                contender = Contender.started(candidate, engine)
                gates = [self._gate(contender, suite, evidence) for suite in self.plan.suites]
                engaged = self._engagement(name, engine.describe())
        except CandidateError as error:
            self.tell(CandidateFailed(name, candidate.title, error.code, error.problem))
            return self._judged(name, "unknown", error.problem, ExitCode.NOT_JUDGED)
        if CORPORA in self.plan.suites:
            if claims.by_row:
                self.tell(ClaimsRead(name, claims.source, claims.version))
            for row in evidence.judged(engaged):
                self.tell(row)
        return self._verdict(name, gates, engaged)

    def _started(self, name: str, title: str, said: Description, seconds: float) -> None:
        levels = {kind.value: level.label for kind, level in said.levels.items()}
        engine = f"{said.name} {said.version}"
        self.tell(CandidateStarted(name, title, engine, said.language, levels, seconds))

    def _gate(self, contender: Contender, suite: str, evidence: Evidence) -> str:
        required = self.plan.required
        if suite == CORPORA:

            def tell(event: Event) -> None:
                evidence.tell(event)
                self._count(event)

            return gate_corpora(self.space, contender, required, tell, folder=self.folder)
        reference = Engine()
        total = self.plan.examples + self.plan.bulk

        def progress(done: int) -> None:
            self.tell(GateProgress(contender.name, suite, done, total))

        result = search(
            suite,
            reference,
            contender,
            examples=self.plan.examples,
            bulk=self.plan.bulk,
            seed_value=self.plan.seed,
            required=contender.asked(SubjectKind(suite), required),
            on_case=progress,
        )
        return self._report(contender, result)

    def _report(self, contender: Contender, result: Lockstep) -> str:
        name = contender.name
        gate = f"lockstep {result.suite}"
        for number, finding in enumerate(result.findings, 1):
            path = self.folder / "cases" / f"{_slug(name)}-{result.suite}-{number}{SUFFIX}"
            write_finding(path, contender, finding.case)
            self.tell(
                divergence(
                    candidate=name,
                    gate=gate,
                    case=finding.case,
                    verdict=finding.verdict,
                    count=finding.count,
                    file=str(path.relative_to(self.folder)),
                )
            )
        verdict, missed = result.judged(read_settings(self.space).floors)
        if verdict == "unsupported" and result.suite in contender.claimed:
            verdict = "unknown"
            missed = f"{result.suite} is claimed, and nothing of it was compared"
        self._count(
            gate_finished(
                candidate=name,
                gate=gate,
                kind="lockstep",
                verdict=verdict,
                tally=result.tally,
                seconds=result.seconds,
                coverage=result.coverage,
                notes=[note for note in (missed, left_out(result.suite)) if note],
            )
        )
        return verdict

    def _count(self, event: Event) -> None:
        if isinstance(event, GateFinished):
            self.compared += event.compared
            self.declined += event.verdicts.get("unsupported", 0)
        self.tell(event)

    def _engagement(self, name: str, said: Description) -> dict[str, int]:
        if said.engaged:
            engaged = any(said.engaged.values())
            self.tell(EngagementSeen(name, dict(said.engaged), engaged))
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
        self.tell(CandidateJudged(name, verdict, reason, int(code)))
        return code


def write_finding(path: Path, contender: Contender, case: Case) -> None:
    """Write a case with the outcomes of both sides, as far as the candidate gives any."""
    theirs: tuple[Outcome, ...] | None
    try:
        theirs = contender.run(case)
    except CandidateError:
        theirs = None
    CaseFile(case, contender.name, run(Engine(), case), theirs).write(path)


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


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
