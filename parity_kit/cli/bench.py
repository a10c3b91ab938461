"""`parity-kit bench`: measure a candidate against the reference."""

from __future__ import annotations

import dataclasses
import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.files import OutputFile
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import BenchMeasured, CandidateFailed, Event, GateProgress
from parity_kit.contract.text import one_line, quoted, sentence

if TYPE_CHECKING:
    from parity_kit.bench.catalogue import Workload


@click.command(name="bench")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@click.option("--list", "listed", is_flag=True, help="List the workloads; measure nothing.")
@click.option(
    "--workload", "workloads", multiple=True, help="Measure only this workload; may be repeated."
)
@click.option(
    "--family", "families", multiple=True, help="Measure only this family; may be repeated."
)
@click.option(
    "--pairs", default=12, type=click.IntRange(1), help="Pairs of processes to measure first."
)
@click.option(
    "--max-pairs",
    default=40,
    type=click.IntRange(1),
    help="Add pairs up to this many if the result is inconclusive or slower.",
)
@click.option(
    "--quick", is_flag=True, help="Measure the main workloads in 6 pairs with short values."
)
@click.option(
    "--rigorous", is_flag=True, help="Measure the largest sizes too, and all pairs at once."
)
@click.option(
    "--study", is_flag=True, help="Measure LangGraph against itself: how often verdicts are wrong."
)
@click.option("--seed", type=int, help="Measure the pairs in the order of an earlier session.")
@click.option(
    "--resume",
    "resumed",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Go on with a stopped session, with its options.",
)
@click.option(
    "--csv",
    "table",
    type=OutputFile(),
    metavar="FILE",
    help="Write the pairs as CSV.",
)
@json_option
@workspace_option
def command(
    candidate: str | None,
    workloads: tuple[str, ...],
    families: tuple[str, ...],
    pairs: int,
    max_pairs: int,
    seed: int | None,
    resumed: Path | None,
    table: Path | None,
    workspace: Workspace,
    *,
    listed: bool,
    quick: bool,
    rigorous: bool,
    study: bool,
    as_json: bool,
) -> int:
    """Measure CANDIDATE and LangGraph in pairs of processes, workload by workload.

    Times are shown only for cases with equal outcomes. LangGraph is also measured against itself:
    differences no larger than that control's are noise.

    Exits with 0 however slow the candidate is, and with 3 if it does not start or fails on every
    workload.
    """
    from parity_kit.bench.begun import (
        QUICK_PAIRS,
        QUICK_SECONDS,
        VALUE_SECONDS,
        Settings,
        read_begun,
    )
    from parity_kit.bench.catalogue import Effort, select
    from parity_kit.bench.session import run_benchmarks

    if quick and rigorous:
        raise click.UsageError("--quick and --rigorous exclude each other")
    effort = Effort.QUICK if quick else Effort.RIGOROUS if rigorous else Effort.DEFAULT
    chosen = select(workloads, families, effort)
    if listed:
        _list(chosen, as_json=as_json)
        return ExitCode.PARITY
    if resumed is not None:
        begun = read_begun(resumed)
        (candidate,), seed, settings = begun.candidates, begun.seed, begun.settings
    elif candidate is None and not study:
        raise click.UsageError("Missing argument 'CANDIDATE'.")
    else:
        settings = Settings(
            QUICK_PAIRS if quick else max_pairs if rigorous else pairs,
            0 if quick else max_pairs,
            QUICK_SECONDS if quick else VALUE_SECONDS,
            [workload.name for workload in chosen],
        )
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    folder = resumed or workspace.reports / time.strftime("bench-%Y%m%d-%H%M%S")
    events: list[Event] = []
    if study:
        from parity_kit.cli.bench_study import run_study

        with _Progress() as progress:
            progress.say(f"LangGraph against itself, twice: pairs in {folder}")
            run_study(
                workspace,
                folder,
                settings,
                seed=seed,
                emit=lambda event: progress.take(event, events.append),
                as_json=as_json,
            )
        return ExitCode.PARITY
    assert candidate is not None, "checked above"  # noqa: S101  # an invariant
    with _Progress() as progress:
        _prepare(workspace, candidate, progress.say)
        progress.say(f"{candidate}: {len(settings.workloads)} workloads, pairs in {folder}")
        try:
            run_benchmarks(
                workspace,
                [candidate],
                folder,
                settings,
                seed=seed,
                emit=lambda event: progress.take(event, events.append),
                resume=resumed is not None,
            )
        except KeyboardInterrupt:
            click.echo(f"\nto resume:    parity-kit bench --resume {folder}", err=True)
            raise
    rows = [event for event in events if isinstance(event, BenchMeasured)]
    failures = [event for event in events if isinstance(event, CandidateFailed)]
    if table is not None:
        from parity_kit.runs import write_pairs

        write_pairs(rows, table)
    if as_json:
        print_json(
            {
                "seed": seed,
                "folder": str(folder),
                "failures": [dataclasses.asdict(failure) for failure in failures],
                "rows": [dataclasses.asdict(row) for row in rows],
            }
        )
    else:
        _print(rows, failures, seed, folder)
    return ExitCode.NOT_JUDGED if failures else ExitCode.PARITY


def _list(chosen: Sequence[Workload], *, as_json: bool) -> None:
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


def _prepare(workspace: Workspace, name: str, say: Callable[[str], None]) -> None:
    """Start the candidate once, so that its environment is there before anything is timed."""
    from parity_kit.candidates.launch import find, start

    with start(find(workspace, name), workspace, on_progress=say):
        say(f"{name}: ready")


class _Progress(AbstractContextManager["_Progress"]):
    """A status line on a terminal's stderr; a line now and then where stderr is no terminal."""

    _EVERY_SECONDS = 10.0

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._status = self._console.status("starting")
        self._live = sys.stderr.isatty()
        self._spoken = 0.0
        self._first: tuple[int, float] | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._status.stop()

    def say(self, text: str) -> None:
        """Show what is being done."""
        if self._live:
            from rich.markup import escape

            self._status.update(escape(one_line(text)))
        elif time.monotonic() - self._spoken > self._EVERY_SECONDS:
            self._spoken = time.monotonic()
            self._console.print(one_line(text), markup=False)

    def take(self, event: Event, keep: Callable[[Event], None]) -> None:
        """Show progress, keep everything else."""
        if isinstance(event, GateProgress):
            self.say(f"measuring: {event.done} of {event.total} times{self._left(event)}")
        else:
            keep(event)

    def _left(self, event: GateProgress) -> str:
        """Return how long the rest will take, from the times since the first."""
        now = time.monotonic()
        if self._first is None:
            self._first = (event.done, now)
        began, since = self._first
        if event.done <= began + 1:
            return ""
        left = (now - since) / (event.done - began) * (event.total - event.done)
        return f", about {left / 60:.0f} min left" if left > 90 else f", about {left:.0f} s left"  # noqa: PLR2004  # from there minutes say more


def _print(
    rows: Sequence[BenchMeasured], failures: Sequence[CandidateFailed], seed: int, folder: Path
) -> None:
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
