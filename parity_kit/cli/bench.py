"""`parity-kit bench`: measure a candidate against the reference."""

from __future__ import annotations

import dataclasses
import random
import time
from pathlib import Path

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import json_option, print_json, workspace_option
from parity_kit.cli.files import OutputFile
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import BenchMeasured, CandidateFailed


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
    from parity_kit.cli.bench_session import measure
    from parity_kit.cli.bench_tables import print_rows, print_workloads

    if quick and rigorous:
        raise click.UsageError("--quick and --rigorous exclude each other")
    effort = Effort.QUICK if quick else Effort.RIGOROUS if rigorous else Effort.DEFAULT
    chosen = select(workloads, families, effort)
    if listed:
        print_workloads(chosen, as_json=as_json)
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
    if study:
        from parity_kit.cli.bench_study import run_study

        run_study(workspace, folder, settings, seed=seed, as_json=as_json)
        return ExitCode.PARITY
    assert candidate is not None, "checked above"  # noqa: S101  # an invariant
    events = measure(workspace, [candidate], folder, settings, seed, resume=resumed is not None)
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
        print_rows(rows, failures, seed, folder)
    return ExitCode.NOT_JUDGED if failures else ExitCode.PARITY
