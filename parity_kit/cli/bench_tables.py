"""The tables of `parity-kit bench`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parity_kit.cli.common import console, print_json
from parity_kit.cli.tables import print_table
from parity_kit.contract.events import BenchMeasured, CandidateFailed
from parity_kit.contract.text import one_line, quoted, sentence

if TYPE_CHECKING:
    from parity_kit.bench.catalogue import Workload


def print_workloads(chosen: Sequence[Workload], *, as_json: bool) -> None:
    """Print the workloads that these options select."""
    from rich.markup import escape
    from rich.table import Table

    rows = [
        (workload.family, workload.name, workload.effort.name.lower(), workload.about)
        for workload in chosen
    ]
    names = ("family", "workload", "session", "one run is")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    print_table(console(), table)


def print_rows(
    rows: Sequence[BenchMeasured], failures: Sequence[CandidateFailed], seed: int, folder: Path
) -> None:
    """Print what a session measured, workload by workload."""
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.judging.text import seconds
    from parity_kit.report.speed_text import interval_text, ratio_text

    table = Table(box=None, pad_edge=False)
    table.add_column("engine")
    table.add_column("workload")
    table.add_column("verdict")
    for name in ("ratio", "95 % interval", "LangGraph", "candidate", "pairs"):
        table.add_column(name, justify="right")
    for row in rows:
        dropped = f" ({row.dropped} dropped)" if row.dropped else ""
        table.add_row(
            escape(row.candidate),
            row.workload,
            f"{row.verdict}{' *' if row.detail else ''}",
            ratio_text(row.verdict, row.ratio),
            "" if row.ratio is None else interval_text(row.low, row.high),
            seconds(row.reference_seconds),
            seconds(row.candidate_seconds),
            f"{row.pairs}{dropped}",
        )
    out = console()
    print_table(out, table)
    remarks: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.detail:
            remarks.setdefault((row.candidate, row.detail), []).append(row.workload)
    for (engine, detail), names in remarks.items():
        out.print(one_line(f"* {engine}, {', '.join(names)}: {detail}"), markup=False)
    for failure in failures:
        out.print(
            f"could not be judged [{failure.code}]: {one_line(sentence(failure.problem))}",
            markup=False,
        )
        for line in quoted(failure.problem):
            out.print(f"  {line}", markup=False)
    out.print(f"seed {seed}, pyperf files in {folder}", markup=False)
