"""`parity-kit bench --stored`: what LangGraph stores and holds a superstep."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from parity_kit.cli.common import console, print_json, progress_messages
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import UsageError


def print_stored(workloads: Sequence[str], *, as_json: bool) -> None:
    """Run these workloads, or some of each kind, and print bytes a superstep.

    Raises:
        UsageError: If a workload does not exist, or stores nothing.
    """
    from rich.table import Table

    from parity_kit.bench.catalogue import select
    from parity_kit.bench.stored import SERIALIZERS, WORKLOADS, measure

    for workload in select(workloads or WORKLOADS):
        if not workload.case.subject.spec.get("saver"):
            raise UsageError(f"workload {workload.name!r} has no checkpointer, and stores nothing")
    with progress_messages("running LangGraph"):
        rows = list(measure(workloads or WORKLOADS))
    if as_json:
        print_json([dataclasses.asdict(row) for row in rows])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("workload", "saver"):
        table.add_column(name)
    for name in ("supersteps", *SERIALIZERS, "growth", "peak KiB", "held"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.workload,
            row.saver,
            str(row.supersteps),
            *(f"{row.bytes[name]:,.0f}" if name in row.bytes else "" for name in SERIALIZERS),
            f"{row.growth:,.0f}",
            f"{row.peak / 1024:,.0f}",
            f"{row.held:,.0f}",
        )
    out = console()
    print_table(out, table)
    out.print("bytes a superstep; peak and held are Python objects", markup=False)
