"""`parity-kit bench --parts` and `--instructions`: where time goes, and what a call executes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, print_json
from parity_kit.cli.tables import print_table


def print_parts(workspace: Workspace, name: str, *, as_json: bool) -> None:
    """Measure the parts of one run on LangGraph and a candidate, and print them."""
    from parity_kit.bench.parts import measure
    from parity_kit.candidates.launch import find
    from parity_kit.cli.bench_session import Progress
    from parity_kit.judging import text

    with Progress() as progress:
        parts = measure(workspace, find(workspace, name), progress.say)
    if as_json:
        print_json([dataclasses.asdict(part) for part in parts])
        return
    rows = [(part.name, part.reference, part.candidate, part.detail) for part in parts]
    _print(("part", name), rows, text.seconds)


def print_instructions(
    workspace: Workspace, name: str, workloads: Sequence[str], *, as_json: bool
) -> None:
    """Count instructions a call on LangGraph and a candidate, and print them."""
    from parity_kit.bench.instructions import count
    from parity_kit.candidates.launch import find
    from parity_kit.cli.bench_session import Progress

    with Progress() as progress:
        counts = count(workspace, find(workspace, name), workloads, progress.say)
    if as_json:
        print_json([dataclasses.asdict(row) for row in counts])
        return
    rows = [(row.workload, row.reference, row.candidate, row.detail) for row in counts]
    _print(("workload", name), rows, _count, title="instructions a call, not time")


def _count(number: float | None) -> str:
    return f"{number:,}" if number else ""


def _print(
    names: tuple[str, str],
    rows: Iterable[tuple[str, float | None, float | None, str]],
    shown: Callable[[float | None], str],
    *,
    title: str | None = None,
) -> None:
    """Print LangGraph's figures beside a candidate's; `names` head the rows and the candidate."""
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.judging import text

    first, candidate = names
    table = Table(title=title, box=None, pad_edge=False)
    table.add_column(first)
    for heading in ("LangGraph", escape(candidate), "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("", overflow="fold")
    for name, ours, theirs, detail in rows:
        ratio = text.ratio(ours / theirs) if ours and theirs and theirs > 0 else ""
        table.add_row(name, shown(ours), shown(theirs), ratio, escape(detail))
    print_table(console(), table)
