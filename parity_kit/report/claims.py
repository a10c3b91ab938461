"""Published claims beside what was measured: a pure function of claims and of runs' reports."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from parity_kit.bench.claims import Claim, Quantity
from parity_kit.bench.scaling import kept
from parity_kit.bench.statistics import MARGIN, interval

Json = Mapping[str, Any]
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)-\d{6}")


class Standing(StrEnum):
    """How a claim stands; of its workloads' standings the first of these counts."""

    FAILS = "does not hold"
    NOT_COMPARABLE = "not comparable"
    NOT_MEASURED = "not measured"
    UNDECIDED = "undecided"
    HOLDS = "holds"
    CANNOT_RUN = "cannot run here"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a run measured of one workload, as a claim counts it, with its 95 % interval.

    `middle` is None where the workload was not comparable, which `detail` explains; the interval's
    ends are None with too few pairs.
    """

    workload: str
    middle: float | None
    low: float | None
    high: float | None
    pairs: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A claim, how it stands, and the figures for it, with the run, day and machine they are from.

    `note` says why it cannot run here, or which command measures it.
    """

    claim: Claim
    standing: Standing
    figures: Sequence[Figure] = ()
    note: str = ""
    run: str = ""
    day: str = ""
    machine: str = ""


def answer(claim: Claim, reports: Iterable[Json], known: Collection[str] | None = None) -> Answer:
    """Hold a claim against the first of some reports that measured one of its workloads.

    `known` are the candidates that can be measured here, if that is known.
    """
    if claim.cannot_run:
        return Answer(claim, Standing.CANNOT_RUN, note=claim.cannot_run)
    command = _command(claim)
    for report in reports:
        figures = list(_figures(claim, report))
        if figures:
            standing = _standing(claim, figures)
            run = report["run"].get("name", "")
            note = command if standing in {Standing.NOT_MEASURED, Standing.UNDECIDED} else ""
            return Answer(claim, standing, figures, note, run, _day(run), _machine(report))
    if known is not None and not claim.about_langgraph and claim.candidate not in known:
        note = f"this workspace has no candidate {claim.candidate}"
        return Answer(claim, Standing.CANNOT_RUN, note=note)
    return Answer(claim, Standing.NOT_MEASURED, note=command)


def _figures(claim: Claim, report: Json) -> Iterable[Figure]:
    candidates = {candidate["name"]: candidate["benchmarks"] for candidate in report["candidates"]}
    rows = report["control"] if claim.about_langgraph else candidates.get(claim.candidate, [])
    for row in rows:
        if row["workload"] in claim.workloads:
            yield _figure(claim, row)


def _figure(claim: Claim, row: Json) -> Figure:
    name = row["workload"]
    if row["ratio"] is None:
        return Figure(name, None, None, None, 0, row.get("detail", "") or row["verdict"])
    pairs = kept(row)
    if claim.quantity is Quantity.TIMES:
        return Figure(name, row["ratio"], row["low"], row["high"], len(pairs))
    side = 0 if claim.about_langgraph else 1
    times = [pair[side] / claim.operations for pair in pairs.values()]
    if not times:
        return Figure(name, None, None, None, 0, "its pairs were not kept")
    low, high = interval(times) or (None, None)
    return Figure(name, statistics.median(times), low, high, len(times))


def _standing(claim: Claim, figures: Sequence[Figure]) -> Standing:
    """Return how a claim stands: it has to hold on each of its workloads."""
    standings = {_of_figure(claim, figure) for figure in figures}
    if len(figures) < len(claim.workloads):
        standings.add(Standing.NOT_MEASURED)
    return next(standing for standing in Standing if standing in standings)


def _of_figure(claim: Claim, figure: Figure) -> Standing:
    """Return how a claim stands on one workload, within the margin of equivalence.

    A figure better than the one claimed keeps the claim, unless it is an estimate of LangGraph.
    """
    if figure.middle is None:
        return Standing.NOT_COMPARABLE
    if figure.low is None or figure.high is None:
        return Standing.UNDECIDED
    least, most = claim.low / (1 + MARGIN), claim.high * (1 + MARGIN)
    if not claim.about_langgraph:
        least, most = (least, math.inf) if claim.quantity is Quantity.TIMES else (0, most)
    if least <= figure.low and figure.high <= most:
        return Standing.HOLDS
    if figure.high < least or figure.low > most:
        return Standing.FAILS
    return Standing.UNDECIDED


def _command(claim: Claim) -> str:
    """Return the command that measures a claim; LangGraph is measured beside any candidate."""
    candidate = "pure" if claim.about_langgraph else claim.candidate
    return f"parity-kit bench {candidate} " + " ".join(
        f"--workload {name}" for name in claim.workloads
    )


def _day(run: str) -> str:
    stamp = _STAMP.search(run)
    return "-".join(stamp.groups()) if stamp else ""


def _machine(report: Json) -> str:
    machine: Mapping[str, str] = report.get("machine", {})
    parts = [machine.get("system", ""), machine.get("architecture", "")]
    if "processors" in machine:
        parts.append(f"{machine['processors']} CPUs")
    return ", ".join(part for part in parts if part)
