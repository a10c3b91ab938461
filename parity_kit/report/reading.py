"""Reading a `report.json` back: it may come from anybody, so every field is checked before use.

Fields that have a default may be missing, as they are in reports of before they existed; fields
that are not known are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import (
    SEEN_FIELDS,
    BenchMeasured,
    CandidateFailed,
    ClaimsRead,
    DivergenceFound,
    EngagementSeen,
    EntryStale,
    GateFinished,
    ReleaseCompared,
    RowJudged,
    UpstreamJudged,
)
from parity_kit.contract.files import read_file
from parity_kit.contract.json_types import fits, hints
from parity_kit.report.summary import SAME_FOR_ALL, SCHEMA

_AGAIN = "make it again from its journal with `parity-kit report RUN`"
_MOST = 1e12  # of a ratio or of seconds; logarithms and powers are taken of them
_MOST_DIGITS = 18
_LISTS = {
    "gates": GateFinished,
    "tests": UpstreamJudged,
    "divergences": DivergenceFound,
    "stale": EntryStale,
    "rows": RowJudged,
    "benchmarks": BenchMeasured,
}
_PARTS = {
    "failure": CandidateFailed,
    "claims": ClaimsRead,
    "engagement": EngagementSeen,
    "release": ReleaseCompared,
}


@dataclass(frozen=True, slots=True)
class _Run:
    name: str
    seed: int | None
    seconds: float | None
    exit_code: int | None
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    title: str
    version: str
    language: str
    levels: dict[str, str]
    verdict: str
    reason: str
    exit_code: int
    reached: str
    gates: list[dict[str, Any]]
    divergences: list[dict[str, Any]]
    stale: list[dict[str, Any]]
    benchmarks: list[dict[str, Any]]
    tests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    packages: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    failure: dict[str, Any] | None = None
    claims: dict[str, Any] | None = None
    engagement: dict[str, Any] | None = None
    release: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Report:
    kit: str
    run: dict[str, Any]
    oracle: dict[str, str]
    machine: dict[str, str]
    candidates: list[dict[str, Any]]
    control: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def read_report(file: Path) -> dict[str, Any]:
    """Return the content of a `report.json`.

    Raises:
        BadFileError: If it cannot be read, or names a field that is no report's.
    """
    try:
        data = read_file(file, hint="name a run")
        report = json.loads(data, parse_int=_integer, parse_constant=_integer)
        schema = report["schema"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        hint = "name a run, or its report.json"
        raise BadFileError(f"is no report: {error!r}", where=str(file), hint=hint) from error
    if schema != SCHEMA:
        problem = f"a report of schema {schema!r:.40}, not {SCHEMA}"
        raise BadFileError(problem, where=str(file), hint=_AGAIN)
    try:
        _check(report, _Report, "report")
        _check(report["run"], _Run, "run")
        for number, row in enumerate(report["control"]):
            _check_benchmark(row, f"control[{number}]")
        for number, candidate in enumerate(report["candidates"]):
            _check_candidate(candidate, f"candidates[{number}]")
    except (TypeError, ValueError, OverflowError) as error:
        raise BadFileError(f"is no report: {error}", where=str(file), hint=_AGAIN) from error
    return report


def _integer(text: str) -> int:
    """Return an integer that fits into a table; NaN and Infinity are none."""
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _check(values: dict[str, Any], kind: type[Any], where: str, *absent: str) -> None:
    """Check the fields of one part, and add those that have a default."""
    known = hints(kind)
    for item in fields(kind):
        if item.name in {"candidate", *absent}:
            continue
        if item.name not in values:
            if item.default_factory is not MISSING:
                values[item.name] = item.default_factory()
            elif item.default is not MISSING:
                values[item.name] = item.default
            else:
                raise TypeError(f"{where}.{item.name} is missing")
        if not fits(values[item.name], known[item.name]):
            raise TypeError(f"{where}.{item.name} has the wrong type")


def _check_candidate(candidate: dict[str, Any], where: str) -> None:
    _check(candidate, _Candidate, where)
    for name, kind in _LISTS.items():
        for number, values in enumerate(candidate[name]):
            absent = SAME_FOR_ALL if kind is RowJudged else ()
            _check(values, kind, f"{where}.{name}[{number}]", *absent)
    for name, kind in _PARTS.items():
        if candidate[name] is not None:
            _check(candidate[name], kind, f"{where}.{name}", "title")
    for number, row in enumerate(candidate["benchmarks"]):
        _check_benchmark(row, f"{where}.benchmarks[{number}]")
    for number, gate in enumerate(candidate["gates"]):
        for subject, counted in gate["subjects"].items():
            if not fits(counted.get("verdicts"), dict[str, int]):
                raise TypeError(f"{where}.gates[{number}].subjects.{subject} counts no verdicts")


def _check_benchmark(row: dict[str, Any], where: str) -> None:
    """Check the figures of one workload."""
    _check(row, BenchMeasured, where)
    for name in ("ratio", "low", "high", "reference_seconds", "candidate_seconds"):
        _check_positive([row[name]], f"{where}.{name}")
    for number, pair in enumerate(row["seen"]):
        place = f"{where}.seen[{number}]"
        seen = dict(zip(SEEN_FIELDS, pair, strict=False))
        if len(pair) != len(SEEN_FIELDS) or None in {seen["pair"], seen["kept"]}:
            raise ValueError(f"{place} is no pair")
        times = [seen["reference_seconds"], seen["candidate_seconds"]]
        if None in times:
            raise ValueError(f"{place} has no times")
        _check_positive(times, place)
    if any(len(sizes) != 2 for sizes in row["memory"].values()):  # noqa: PLR2004  # idle, peak
        raise ValueError(f"{where}.memory has no two sizes")


def _check_positive(numbers: Sequence[float | None], where: str) -> None:
    for number in numbers:
        if number is not None and not 1 / _MOST < number < _MOST:
            raise ValueError(f"{where} is {number!r:.40}")
