"""`parity-kit bench --study`: how often the method is wrong on this machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, print_json
from parity_kit.cli.tables import print_table
from parity_kit.contract.events import Event

if TYPE_CHECKING:
    from parity_kit.bench.begun import Settings
    from parity_kit.bench.study import Rates


def run_study(
    workspace: Workspace,
    folder: Path,
    settings: Settings,
    *,
    seed: int,
    as_json: bool,
) -> None:
    """Measure, and print the rates of each condition and workload."""
    from parity_kit.bench.study import overall, study
    from parity_kit.cli.bench_session import Progress

    events: list[Event] = []
    rounds = max(settings.pairs, settings.extend_to)
    with Progress() as progress:
        progress.say(f"LangGraph against itself, twice: pairs in {folder}")
        rates = study(
            workspace,
            folder,
            rounds,
            settings.value_seconds,
            seed=seed,
            emit=lambda event: progress.take(event, events.append),
        )
    rates = [*rates, *overall(rates)]
    if as_json:
        rows = [dataclasses.asdict(row) for row in rates]
        print_json({"seed": seed, "folder": str(folder), "rates": rows})
    else:
        _print(rates)


def _print(rates: list[Rates]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("machine", "workload"):
        table.add_column(name)
    for name in ("pairs", "CPU waited for", "false verdicts", "equivalent", "10 % found"):
        table.add_column(name, justify="right")
    for row in rates:
        table.add_row(
            row.condition,
            row.workload,
            f"{row.pairs}{f' ({row.dropped} dropped)' if row.dropped else ''}",
            "" if row.pressure is None else f"{row.pressure:.0%}",
            f"{row.false_positives:.1%}",
            f"{row.equivalent:.1%}",
            f"{row.detected:.1%}",
        )
    print_table(console(), table)
