"""What is told of a gate: its result, and each kind of disagreement found in it."""

from __future__ import annotations

from collections.abc import Sequence

from parity_kit.contract import Case, Level
from parity_kit.contract.events import CaseJudged, DivergenceFound, GateFinished
from parity_kit.judging.judge import Tally
from parity_kit.judging.verdicts import (
    Divergent,
    Equal,
    Expected,
    Verdict,
    cause,
    headline,
    label,
)
from parity_kit.search.coverage import Coverage


def divergence(  # noqa: PLR0913  # a finding's parts, all named
    *, candidate: str, gate: str, case: Case, verdict: Verdict, count: int, file: str
) -> DivergenceFound:
    """Return the event that tells a finding."""
    difference = verdict.difference if isinstance(verdict, Divergent) else None
    return DivergenceFound(
        candidate=candidate,
        gate=gate,
        case=case.id,
        verdict=label(verdict),
        headline=headline(verdict),
        level=difference.level.label if difference else "",
        reference=difference.reference if difference else "",
        candidate_side=difference.candidate if difference else "",
        reference_hex=difference.reference_hex if difference else "",
        candidate_hex=difference.candidate_hex if difference else "",
        file=file,
        size=len(case.operations),
        count=count,
        cause=cause(verdict),
        reached=(verdict.reached if isinstance(verdict, Divergent) else Level.NONE).label,
        difference=difference.to_json() if difference else None,
    )


def case_judged(candidate: str, gate: str, case: Case, verdict: Verdict) -> CaseJudged:
    """Return the event that tells the verdict on one case."""
    match verdict:
        case Equal(level):
            reached = level
        case Divergent() | Expected():
            reached = verdict.reached
        case _:
            reached = Level.NONE
    differences = verdict.differences if isinstance(verdict, Divergent) else ()
    return CaseJudged(
        candidate,
        gate,
        case.id,
        label(verdict),
        reached.label,
        headline(verdict),
        cause(verdict),
        [
            {"headline": item.headline(), "level": item.level.label, "cause": item.cause}
            for item in differences
        ],
    )


def gate_finished(  # noqa: PLR0913  # a result's parts, all named
    *,
    candidate: str,
    gate: str,
    kind: str,
    verdict: str,
    tally: Tally,
    seconds: float,
    coverage: Coverage | None = None,
    notes: Sequence[str] = (),
    areas: Sequence[str] | None = None,
) -> GateFinished:
    """Return the event that tells a gate's result."""
    reached = tally.reached if tally.compared else Level.NONE
    return GateFinished(
        candidate=candidate,
        gate=gate,
        kind=kind,
        verdict=verdict,
        required=tally.required.label,
        reached=reached.label,
        compared=tally.compared,
        verdicts=dict(tally.verdicts.most_common()),
        features=dict(sorted(tally.features.items())),
        seconds=seconds,
        pairs=coverage.covered if coverage else 0,
        possible=coverage.possible if coverage else 0,
        notes=list(notes),
        areas=None if areas is None else list(areas),
        subjects={
            kind.value: {
                "reached": (subject_tally.reached if subject_tally.compared else Level.NONE).label,
                "verdicts": dict(subject_tally.verdicts.most_common()),
            }
            for kind, subject_tally in sorted(tally.subjects.items())
        },
    )
