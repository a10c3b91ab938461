"""What a run found, put together from its events: the content of `report.json`.

Each event goes where it belongs. A run that is resumed tells everything again, so that what came
before its last beginning is left out. Nothing is judged here: verdicts are the run's own, and what
the run did not judge is `unknown`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from parity_kit.bench.plan import CONTROL
from parity_kit.contract import Level
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    CaseJudged,
    ClaimsRead,
    CorporaChecked,
    DivergenceFound,
    EngagementSeen,
    EntryStale,
    Event,
    GateFinished,
    GateProgress,
    ReleaseCompared,
    RowJudged,
    RunFinished,
    RunStarted,
    UpstreamJudged,
)

SCHEMA = 1
"""Version of `report.json`; raised when a field changes its meaning or goes."""

SAME_FOR_ALL = ("published", "shows", "patterns")
"""What a row of the matrix is, whoever is judged."""

NOT_JUDGED = "the run ended before this candidate was judged"
NOT_FINISHED = "the run did not end: what is missing here was never compared"


@dataclass(slots=True)
class CandidateSummary:
    """Everything a run found about one candidate."""

    name: str
    started: CandidateStarted | None = None
    failed: CandidateFailed | None = None
    judged: CandidateJudged | None = None
    engagement: EngagementSeen | None = None
    release: ReleaseCompared | None = None
    gates: dict[str, GateFinished] = field(default_factory=dict[str, GateFinished])
    stale: dict[tuple[int, str], EntryStale] = field(
        default_factory=dict[tuple[int, str], EntryStale]
    )
    divergences: dict[tuple[str, str], DivergenceFound] = field(
        default_factory=dict[tuple[str, str], DivergenceFound]
    )
    tests: dict[str, UpstreamJudged] = field(default_factory=dict[str, UpstreamJudged])
    claims: ClaimsRead | None = None
    rows: dict[tuple[str, str], RowJudged] = field(default_factory=dict[tuple[str, str], RowJudged])
    benchmarks: dict[str, BenchMeasured] = field(default_factory=dict[str, BenchMeasured])

    def to_json(self) -> dict[str, Any]:
        """Return the candidate's part of `report.json`."""
        title = (self.started or self.failed or self).title
        judged = self.conclusion
        return {
            "name": self.name,
            "title": title,
            "version": self.started.version if self.started else "",
            "language": self.started.language if self.started else "",
            "levels": self.started.levels if self.started else {},
            "packages": self.started.packages if self.started else {},
            "start_seconds": self.started.seconds if self.started else None,
            "verdict": judged.verdict,
            "reason": judged.reason,
            "exit_code": judged.exit_code,
            "not_looked_at": judged.not_looked_at,
            "not_judged": judged.not_judged,
            "reached": self.reached,
            "failure": _without_candidate(self.failed, "title") if self.failed else None,
            "gates": [_without_candidate(gate) for gate in self.gates.values()],
            "tests": [_without_candidate(tests) for tests in self.tests.values()],
            "divergences": [_divergence(divergence) for divergence in self.divergences.values()],
            "stale": [_without_candidate(entry) for entry in self.stale.values()],
            "claims": _without_candidate(self.claims) if self.claims else None,
            "rows": [_without_candidate(row, *SAME_FOR_ALL) for row in self.rows.values()],
            "engagement": _without_candidate(self.engagement) if self.engagement else None,
            "release": _without_candidate(self.release) if self.release else None,
            "benchmarks": [_without_candidate(benchmark) for benchmark in self.benchmarks.values()],
        }

    @property
    def conclusion(self) -> CandidateJudged:
        """The verdict on the candidate; `unknown` where the run ended before it was judged."""
        code = ExitCode.NOT_JUDGED.value
        return self.judged or CandidateJudged(
            self.name, "unknown", NOT_JUDGED, code, own_words=len(NOT_JUDGED)
        )

    @property
    def verdicts(self) -> Counter[str]:
        """How many cases of all gates have which verdict."""
        return sum((Counter(gate.verdicts) for gate in self.gates.values()), Counter[str]())

    @property
    def title(self) -> str:
        """The name, where the candidate never said what it is called."""
        return self.name

    @property
    def reached(self) -> str:
        """The level that every case of every gate reached: the lowest of the gates'."""
        levels = [Level[gate.reached.upper()] for gate in self.gates.values() if gate.compared]
        return min(levels, default=Level.NONE).label


@dataclass(slots=True)
class Summary:
    """A whole run."""

    started: RunStarted | None = None
    finished: RunFinished | None = None
    corpora: CorporaChecked | None = None
    candidates: dict[str, CandidateSummary] = field(default_factory=dict[str, CandidateSummary])
    control: dict[str, BenchMeasured] = field(default_factory=dict[str, BenchMeasured])

    def candidate(self, name: str) -> CandidateSummary:
        """Return the summary of a candidate, made when it is first heard of."""
        return self.candidates.setdefault(name, CandidateSummary(name))

    def add(self, event: Event) -> None:
        """Put one event where it belongs."""
        match event:
            case RunStarted():
                self._start(event)
            case RunFinished():
                self.finished = event
            case CorporaChecked():
                self.corpora = event
            case GateProgress() | CaseJudged():
                pass  # shown or counted while it runs, and gone
            case BenchMeasured(candidate=name) if name == CONTROL:
                self.control[event.workload] = event
            case _:
                self._add_to(self.candidate(event.candidate), event)

    def _start(self, event: RunStarted) -> None:
        self.started = event
        self.finished = self.corpora = None
        self.candidates, self.control = {}, {}
        for name in event.candidates:
            self.candidate(name)

    @staticmethod
    def _add_to(  # noqa: C901, PLR0912  # one arm for each kind of event
        mine: CandidateSummary,
        event: CandidateStarted
        | CandidateFailed
        | CandidateJudged
        | DivergenceFound
        | EntryStale
        | GateFinished
        | UpstreamJudged
        | ClaimsRead
        | RowJudged
        | EngagementSeen
        | ReleaseCompared
        | BenchMeasured,
    ) -> None:
        match event:
            case CandidateStarted():
                mine.started = event
            case CandidateFailed():
                mine.failed = event
            case CandidateJudged():
                mine.judged = event
            case DivergenceFound():
                mine.divergences[event.gate, event.case] = event
            case EntryStale():
                mine.stale[event.entry, event.differs] = event
            case GateFinished():
                mine.gates[event.gate] = event
            case UpstreamJudged():
                mine.tests[event.gate] = event
            case ClaimsRead():
                mine.claims = event
            case RowJudged():
                mine.rows[event.category, event.row] = event
            case EngagementSeen():
                mine.engagement = event
            case ReleaseCompared():
                mine.release = event
            case BenchMeasured():
                mine.benchmarks[event.workload] = event
            case _:
                assert_never(event)

    def _matrix(self) -> list[dict[str, Any]]:
        """Return what the rows are; what candidates make of them is under each candidate."""
        rows = {
            key: row
            for candidate in self.candidates.values()
            for key, row in candidate.rows.items()
        }
        return [
            {
                "category": row.category,
                "row": row.row,
                "published": row.published,
                "shows": row.shows,
                "patterns": row.patterns,
            }
            for row in rows.values()
        ]

    def to_json(self, notes: Sequence[str] = ()) -> dict[str, Any]:
        """Return the content of `report.json`."""
        started, finished = self.started, self.finished
        remarks = [*notes, *(finished.notes if finished else [NOT_FINISHED])]
        return {
            "schema": SCHEMA,
            "kit": started.kit if started else "",
            "run": {
                "name": started.run if started else "",
                "seed": started.seed if started else None,
                "seconds": finished.seconds if finished else None,
                "exit_code": finished.exit_code if finished else None,
                "notes": remarks,
            },
            "oracle": started.oracle if started else {},
            "machine": started.machine if started else {},
            "corpora": _corpora(self.corpora),
            "matrix": self._matrix(),
            "candidates": [entry.to_json() for entry in self.candidates.values()],
            "control": [_without_candidate(entry) for entry in self.control.values()],
        }


def summarize(events: Iterable[Event]) -> Summary:
    """Return what a run's events say."""
    summary = Summary()
    for event in events:
        summary.add(event)
    return summary


def _corpora(checked: CorporaChecked | None) -> Mapping[str, Any] | None:
    if checked is None:
        return None
    return {
        "seconds": checked.seconds,
        "corpora": [
            {"name": name, "cases": cases, "drifted": name in checked.drifted}
            for name, cases in checked.corpora.items()
        ],
    }


def _divergence(divergence: DivergenceFound) -> dict[str, Any]:
    """Return a divergence; `detail` is what the page draws of the case, from its file."""
    return {**_without_candidate(divergence), "detail": None}


def _without_candidate(event: Any, *others: str) -> dict[str, Any]:
    """Return an event's fields but the candidate it stands under."""
    fields = dataclasses.asdict(event)
    for name in ("candidate", *others):
        del fields[name]
    return fields
