"""What a candidate's cases say of each row, put together from the verdicts on them.

A row is reached at a level only if each of its cases reached it:

    equal        all cases that were run agree at the level asked for
    expected     some do not, as the candidate's ledger says; `reached` is what all reach
    divergent    one of them does not; `reached` is the highest level at which all agree
    unsupported  the candidate does not offer what some of them need; what it does offer agrees
    crashed …    it broke down on one of them
    no case      no case shows the row
    unknown      the candidate never drove
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parity_kit.contract import Level
from parity_kit.contract.events import CaseJudged, DivergenceFound, Event, RowJudged
from parity_kit.gates.matrix.rows import Row
from parity_kit.judging.verdicts import NO_CASE, worst

NOT_ENGAGED = "not engaged"
MOST_LISTED = 5
"""Differing cases listed for one row; all are counted."""

_COMPARED = ("equal", "expected", "divergent")


@dataclass(slots=True)
class Evidence:
    """Listens to the verdicts on a candidate's cases, and tells its rows."""

    candidate: str
    rows: Sequence[Row]
    claims: Mapping[tuple[str, str], str]
    cases: list[CaseJudged] = field(default_factory=list[CaseJudged])
    shown: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])

    def emit(self, event: Event) -> None:
        """Keep what the rows need."""
        if isinstance(event, CaseJudged):
            self.cases.append(event)
        elif isinstance(event, DivergenceFound):
            self.shown[event.gate, event.verdict, event.cause] = event.case

    def judged(self, engaged: Mapping[str, int]) -> Iterator[RowJudged]:
        """Yield each row. `engaged` counts the calls of what the candidate replaces, if anything.

        What LangGraph itself answered says nothing of the candidate.
        """
        drove = not engaged or any(engaged.values())
        for row in self.rows:
            cases = [case for case in self.cases if row.shown_by(case.case)]
            yield self._row(row, cases if drove else [], "" if drove else NOT_ENGAGED)

    def _row(self, row: Row, cases: Sequence[CaseJudged], unjudged: str) -> RowJudged:
        verdicts = Counter(case.verdict for case in cases)
        compared = [case for case in cases if case.verdict in _COMPARED]
        levels = [Level[case.reached.upper()] for case in compared]
        apart = [case for case in cases if case.verdict not in (*_COMPARED, "unsupported")]
        wrong = [case for case in cases if case.verdict == "divergent"] + apart
        reasons = Counter(_reason(case) for case in cases if case.verdict not in _COMPARED)
        if not cases:
            reasons[unjudged or NO_CASE] = 0
        return RowJudged(
            candidate=self.candidate,
            category=row.category,
            row=row.name,
            published=row.published,
            shows=row.shows,
            patterns=list(row.patterns),
            claimed=self.claims.get(row.key, ""),
            verdict=worst(verdicts) if cases or unjudged else NO_CASE,
            reached=(Level.NONE if apart else min(levels, default=Level.NONE)).label,
            compared=len(compared),
            verdicts=dict(sorted(verdicts.items())),
            reasons=dict(reasons.most_common()),
            differing=[self._differing(case) for case in wrong[:MOST_LISTED]],
        )

    def _differing(self, judged: CaseJudged) -> list[str]:
        case = self.shown.get((judged.gate, judged.verdict, judged.cause))
        return [judged.case, judged.gate if case else "", case or ""]


def _reason(case: CaseJudged) -> str:
    """Return why a case was not compared: the verdict and the first line of what was said."""
    return f"{case.verdict}: {case.said.partition(chr(10))[0]}"
