"""The events that a campaign comes to, as a search's: a gate a suite, a divergence a cause."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from parity_kit.contract import Level
from parity_kit.contract.events import DivergenceFound, GateFinished
from parity_kit.gates.campaign import Campaign, SuiteTotals
from parity_kit.gates.rules import subject_of
from parity_kit.gates.totals import compared
from parity_kit.judging.verdicts import PASSING, worst
from parity_kit.search.coverage import Coverage, Floors, calibration_of, shortfall
from parity_kit.search.generate import left_out
from parity_kit.search.handing_over import SUITE as HANDOVER
from parity_kit.search.handing_over import notes as handover_notes


def result_events(
    campaign: Campaign, candidate: str, required: Level, floors: Floors
) -> Iterator[DivergenceFound | GateFinished]:
    """Yield the divergences and the result of each suite."""
    for suite, totals in campaign.suites.items():
        notes: list[str] = []
        for (of, verdict, cause), known in campaign.causes.items():
            if of != suite:
                continue
            if known.shrunk is None:
                notes.append(f"not shrunk yet: {verdict}, {cause} ({known.cases:,} cases)")
            elif known.shrunk.found is None:
                notes.append(f"did not show again: {verdict}, {cause} ({known.cases:,} cases)")
            else:
                yield dataclasses.replace(known.shrunk.found, count=known.cases)
        yield _gate(suite, totals, candidate, required, floors, notes)


def _gate(  # noqa: PLR0913, PLR0917  # a result's parts
    suite: str,
    totals: SuiteTotals,
    candidate: str,
    required: Level,
    floors: Floors,
    notes: list[str],
) -> GateFinished:
    verdicts = +totals.verdicts
    number = compared(verdicts)
    verdict = worst(word for word in verdicts if word != "unsupported" or not number)
    possible = len(calibration_of(suite).pairs)
    coverage = Coverage(totals.pairs.bit_count(), possible, _expected(suite, totals.cases))
    missed = ""
    if suite == HANDOVER:
        unsupported = verdicts["unsupported"]
        told = handover_notes(totals.begun, totals.left_out, unsupported, totals.features)
        notes = [*notes, *told, "feature pairs are counted among those of graphs, without a floor"]
    elif verdict in PASSING:
        missed = shortfall(floors, coverage, number, totals.cases)
    reached = (totals.reached if number else Level.NONE).label
    return GateFinished(
        candidate=candidate,
        gate=f"lockstep {suite}",
        kind="lockstep",
        verdict="unknown" if missed else verdict,
        required=required.label,
        reached=reached,
        compared=number,
        verdicts=dict(verdicts.most_common()),
        features=dict(sorted(totals.features.items())),
        seconds=totals.seconds,
        pairs=coverage.covered,
        possible=possible,
        notes=[note for note in (missed, *notes, left_out(suite)) if note],
        subjects={
            subject_of(suite).value: {"reached": reached, "verdicts": dict(verdicts.most_common())}
        },
        areas=None if totals.areas is None else sorted(totals.areas),
    )


def _expected(suite: str, cases: int) -> int:
    """Return how many pairs so many cases usually cover."""
    return calibration_of(suite).coverage((), cases).expected
