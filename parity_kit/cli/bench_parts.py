"""`parity-kit bench --parts` and `--instructions`: where time goes, and what a call executes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, print_json
from parity_kit.cli.tables import print_table


def print_parts(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Measure the parts of one run on LangGraph and a candidate, and print them."""
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.bench.parts import measure
    from parity_kit.candidates.launch import find
    from parity_kit.cli.bench_session import Progress
    from parity_kit.judging import text

    with Progress() as progress:
        parts = measure(workspace, find(workspace, name), progress.say)
    if as_json:
        print_json([dataclasses.asdict(part) for part in parts])
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("part")
    for heading in ("LangGraph", escape(name), "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("", overflow="fold")
    for part in parts:
        ours, theirs = part.reference, part.candidate
        table.add_row(
            part.name,
            text.seconds(ours),
            text.seconds(theirs),
            text.ratio(ours / theirs) if ours and theirs and theirs > 0 else "",
            escape(part.detail),
        )
    print_table(console(), table)


def print_instructions(
    workspace: Workspace, name: str, workloads: Sequence[str], *, as_json: bool
) -> None:
    """Count instructions a call on LangGraph and a candidate, and print them."""
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.bench.instructions import count
    from parity_kit.candidates.launch import find
    from parity_kit.cli.bench_session import Progress
    from parity_kit.judging import text

    with Progress() as progress:
        counts = count(workspace, find(workspace, name), workloads, progress.say)
    if as_json:
        print_json([dataclasses.asdict(row) for row in counts])
        return
    table = Table(title="instructions a call, not time", box=None, pad_edge=False)
    table.add_column("workload")
    for heading in ("LangGraph", escape(name), "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("", overflow="fold")
    for row in counts:
        ours, theirs = row.reference, row.candidate
        table.add_row(
            row.workload,
            f"{ours:,}" if ours else "",
            f"{theirs:,}" if theirs else "",
            text.ratio(ours / theirs) if ours and theirs else "",
            escape(row.detail),
        )
    print_table(console(), table)
