"""`parity-kit bench --against`: whether a candidate became slower than its base."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parity_kit.cli.common import console, print_json
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import BenchMeasured, CandidateFailed, Event
from parity_kit.contract.text import one_line, sentence

if TYPE_CHECKING:
    from parity_kit.bench.begun import Settings
    from parity_kit.bench.tripwire import Change


def report(
    events: Sequence[Event],
    candidates: Sequence[str],
    folder: Path,
    settings: Settings,
    tolerance: float,
    *,
    as_json: bool,
) -> ExitCode:
    """Print what changed between the two `candidates` that a session measured, base and head."""
    from parity_kit.bench.tripwire import changes

    before, head = candidates
    rows = [event for event in events if isinstance(event, BenchMeasured)]
    failures = [event for event in events if isinstance(event, CandidateFailed)]
    problems = {
        row.workload: f"{row.candidate}: {row.detail}"
        for row in rows
        if row.candidate in candidates and row.ratio is None
    }
    judged = [
        dataclasses.replace(change, detail=problems.get(change.workload, change.detail))
        for change in changes(folder, before, head, settings.workloads, tolerance)
    ]
    code = _code(judged, failures)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "tolerance": tolerance,
                "exit_code": int(code),
                "failures": [dataclasses.asdict(failure) for failure in failures],
                "rows": [dataclasses.asdict(change) for change in judged],
            }
        )
    else:
        _print(before, head, judged, failures, tolerance, folder)
    return code


def _code(judged: Sequence[Change], failures: Sequence[CandidateFailed]) -> ExitCode:
    """Return the exit code: nothing compared is not a pass."""
    from parity_kit.bench.tripwire import Trip

    if any(change.trip is Trip.SLOWER for change in judged):
        return ExitCode.DIVERGENCE
    if failures or all(change.trip is Trip.NOT_COMPARABLE for change in judged):
        return ExitCode.NOT_JUDGED
    return ExitCode.PARITY


def _print(
    base: str,
    head: str,
    judged: Sequence[Change],
    failures: Sequence[CandidateFailed],
    tolerance: float,
    folder: Path,
) -> None:
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.bench.tripwire import Trip
    from parity_kit.report.speed_text import interval_text

    out = console()
    slower = [change.workload for change in judged if change.trip is Trip.SLOWER]
    limit = f"{tolerance:.0%}"
    if slower:
        out.print(f"slower by more than {limit}: {', '.join(slower)}", markup=False)
    else:
        within = sum(change.trip is Trip.WITHIN for change in judged)
        out.print(f"{within} of {len(judged)} workloads within {limit}", markup=False)
    table = Table(box=None, pad_edge=False)
    for name in ("workload", "verdict"):
        table.add_column(name)
    for name in (f"{escape(head)} / {escape(base)}", "95 % interval", "pairs"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for change in judged:
        ratio = change.measured
        table.add_row(
            change.workload,
            change.trip.value,
            f"{ratio.ratio:.2f}" if ratio else "",
            interval_text(ratio.low, ratio.high) if ratio else "",
            str(ratio.pairs) if ratio else "0",
            escape(one_line(change.detail)),
        )
    print_table(out, table)
    for failure in failures:
        out.print(f"could not be judged: {one_line(sentence(failure.problem))}", markup=False)
    out.print(f"both measured in one session, pyperf files in {folder}", markup=False)
