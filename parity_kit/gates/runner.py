"""Judging one candidate: its gates in turn, emitted as events, then the conclusion.

`gate`, `run`, `parity` and `matrix` all judge here; a plan holds what they ask for.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from parity_kit.candidates.manifest import Candidate
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Level
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import (
    CandidateFailed,
    ClaimsRead,
    EngagementSeen,
    Event,
)
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.reach import Reach, read_reach
from parity_kit.gates.candidate_gates import CandidateGates
from parity_kit.gates.conclusion import Conclusion, conclude
from parity_kit.gates.examples import read_examples
from parity_kit.gates.gate import AnyCorpus, emit_stale, read_wanted
from parity_kit.gates.matrix.evidence import Evidence
from parity_kit.gates.matrix.rows import Row
from parity_kit.gates.resume import Earlier, made_of
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.ledger import Ledger, read_ledger
from parity_kit.search.coverage import Floors

if TYPE_CHECKING:
    from parity_kit.gates.matrix.claims import Claims


@dataclass(frozen=True, slots=True)
class Plan:
    """What one candidate is judged on: rules, level, and how far searches go."""

    rules: Rules = field(default_factory=Rules)
    required: Level = Level.BYTES
    corpora: bool = True
    """Whether committed corpora are run; the rules name them."""
    bulk: int = 0
    seed: int = 0
    floors: Floors = field(default_factory=Floors)
    rows: Sequence[Row] = ()
    """The rows of the matrix to emit."""
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The names of kept cases that each suite tries first."""
    chosen: Callable[[CaseId], bool] | None = None
    """Which committed cases are run; without it all are."""

    def compares(self, corpus: str, case: CaseId) -> bool:
        """Return whether a committed case is run."""
        named = not self.rules.corpora or corpus in self.rules.corpora
        return self.corpora and named and (self.chosen is None or self.chosen(case))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a verdict hangs on, read before the candidate starts: it may try to change it."""

    ledger: Ledger
    corpora: Sequence[AnyCorpus]
    oracle: Mapping[str, str]
    claims: Claims | None
    digests: Mapping[str, str]
    examples: Mapping[str, Sequence[Case]] = field(default_factory=dict[str, Sequence[Case]])

    @classmethod
    def read(cls, candidate: Candidate, workspace: Workspace, plan: Plan) -> Self:
        """Read it.

        Raises:
            BadFileError: If a committed file is broken, or the ledger breaks a rule.
        """
        rules = plan.rules
        return cls(
            read_ledger(candidate.folder),
            read_wanted(workspace, rules.corpora, plan.chosen) if plan.corpora else (),
            read_manifest(workspace.fixtures).oracle,
            _claims(candidate) if plan.rows else None,
            made_of(workspace, [candidate]),
            {
                suite: read_examples(workspace, candidate.name, suite, names)
                for suite, names in plan.examples.items()
            },
        )

    def check_unchanged(self, candidate: Candidate, workspace: Workspace) -> None:
        """Check that the files are still the same.

        Raises:
            CandidateError: Naming what changed while the candidate ran.
        """
        now = made_of(workspace, [candidate])
        names = sorted(
            name for name in {*self.digests, *now} if now.get(name) != self.digests.get(name)
        )
        if names:
            raise CandidateError(
                f"files changed while it was judged: {', '.join(names)}",
                where=f"candidate {candidate.name}",
                hint="restore them, and judge it where nothing else writes to the workspace",
            )


@dataclass(slots=True)
class Judging:
    """The candidates of one run. Failing cases are written to `folder`, which a search needs."""

    workspace: Workspace
    folder: Path | None
    emit: Callable[[Event], None]
    note: Callable[[str], None]
    earlier: Earlier = field(default_factory=Earlier)
    """What is known already, where the run was stopped before."""
    workers: int = 1
    """How many gates run at a time, each in a fork of this process where there are several."""
    reach: Reach | None = field(init=False)
    """What of LangGraph the committed cases run, if that was recorded."""
    errors: dict[str, CandidateError] = field(default_factory=dict[str, CandidateError])
    """Why candidates could not be judged any further, by name."""

    def __post_init__(self) -> None:
        self.reach = read_reach(self.workspace.fixtures)

    def candidate(self, candidate: Candidate, plan: Plan) -> Conclusion:
        """Judge a candidate, emit everything about it, and return the conclusion."""
        name, totals = candidate.name, GateTotals()
        if before := self.earlier.candidates.get(name):
            for event in before[:-1]:
                totals.emit(event)
                self.emit(event)
            return self._concluded(name, totals, plan)

        def emit(event: Event) -> None:
            totals.emit(event)
            self.emit(event)

        inputs = Inputs.read(candidate, self.workspace, plan)
        try:
            self._judge(candidate, plan, inputs, emit)
            inputs.check_unchanged(candidate, self.workspace)
        except CandidateError as error:
            self.errors[name] = error
            emit(CandidateFailed(name, candidate.title, error.code, error.problem))
        return self._concluded(name, totals, plan)

    def _concluded(self, name: str, totals: GateTotals, plan: Plan) -> Conclusion:
        conclusion = conclude(totals, plan.rules, self.reach)
        self.emit(conclusion.event(name))
        return conclusion

    def _judge(
        self, candidate: Candidate, plan: Plan, inputs: Inputs, emit: Callable[[Event], None]
    ) -> None:
        name, claims = candidate.name, inputs.claims
        evidence = Evidence(name, plan.rows, claims.by_row if claims else {})

        def emit_gate(event: Event) -> None:
            evidence.emit(event)
            emit(event)

        gates = CandidateGates(
            candidate, self.workspace, plan, inputs, self.earlier, self.folder, self.note
        )
        complete = not plan.rules.corpora and plan.chosen is None
        with closing(gates.run(self.workers, emit_gate)) as progress:
            for done in progress:
                if plan.corpora and done == len(inputs.corpora):
                    emit_stale(name, gates.ledger, emit, complete=complete)
        from parity_kit.corpora.drift.release import compare_candidate  # noqa: PLC0415  # heavy

        if event := compare_candidate(
            self.workspace, candidate, plan.compares, self.note, plan.rules.corpora
        ):
            emit(event)
        engaged = gates.engaged
        if engaged or gates.loaded:
            drove = not engaged or any(engaged.values())
            emit(EngagementSeen(name, engaged, drove, gates.loaded))
        if plan.corpora and claims and claims.source:
            speed = [dataclasses.asdict(claim) for claim in claims.speed]
            emit(ClaimsRead(name, claims.source, claims.version, speed))
        for row in evidence.judged(engaged) if plan.corpora else ():
            emit(row)


def _claims(candidate: Candidate) -> Claims:
    from parity_kit.gates.matrix.claims import read_claims  # noqa: PLC0415  # not for the gate
    from parity_kit.gates.matrix.rows import read_rows  # noqa: PLC0415  # not for the gate

    return read_claims(candidate, read_rows())


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
