"""`parity-kit bench`: measure a candidate against the reference."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Sequence
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
@click.option(
    "--against",
    metavar="BASE",
    help="Measure BASE too, and fail if CANDIDATE is slower: a candidate, a folder, or a git ref.",
)
@click.option(
    "--tolerance",
    default=25.0,
    show_default=True,
    type=click.FloatRange(1),
    help="With --against: the percentage by which CANDIDATE may be slower.",
)
@click.option(
    "--stored",
    is_flag=True,
    help="Count what LangGraph stores and holds a superstep; time nothing.",
)
@click.option("--parts", is_flag=True, help="Show where time goes: compile, run, store, serialize.")
@click.option(
    "--instructions",
    is_flag=True,
    help="Count instructions a call with cachegrind; time nothing.",
)
@click.option("--seed", type=int, help="Measure the pairs in the order of an earlier session.")
@click.option(
    "--resume",
    "resumed",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Resume a stopped session, with its options.",
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
def command(  # noqa: C901  # one arm for each thing that it measures
    candidate: str | None,
    workloads: tuple[str, ...],
    families: tuple[str, ...],
    pairs: int,
    max_pairs: int,
    against: str | None,
    tolerance: float,
    seed: int | None,
    resumed: Path | None,
    table: Path | None,
    workspace: Workspace,
    *,
    listed: bool,
    quick: bool,
    rigorous: bool,
    study: bool,
    stored: bool,
    parts: bool,
    instructions: bool,
    as_json: bool,
) -> int:
    """Measure CANDIDATE and LangGraph in pairs of processes, workload by workload.

    Times are shown only for cases with equal outcomes. LangGraph is also measured against itself:
    differences no larger than that control's are noise.

    Without CANDIDATE, the one in `ours` of parity.toml is measured.

    Exits with 0 however slow the candidate is, and with 3 if it does not start or fails on every
    workload. With --against, exits with 1 if on some workload the whole interval of its time over
    that of BASE lies beyond the tolerance.
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
    if stored:
        from parity_kit.cli.bench_stored import print_stored

        print_stored(workloads, as_json=as_json)
        return ExitCode.PARITY
    if parts or instructions:
        named = _named(workspace, candidate)
        _print_alone(workspace, named, workloads, parts=parts, as_json=as_json)
        return ExitCode.PARITY
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    folder = resumed or workspace.reports / time.strftime("bench-%Y%m%d-%H%M%S")
    settings = Settings(
        QUICK_PAIRS if quick else max_pairs if rigorous else pairs,
        0 if quick or against else max_pairs,
        QUICK_SECONDS if quick else VALUE_SECONDS,
        [workload.name for workload in chosen],
    )
    if study:
        from parity_kit.cli.bench_study import run_study

        run_study(workspace, folder, settings, seed=seed, as_json=as_json)
        return ExitCode.PARITY
    folders: dict[str, Path] = {}
    if resumed is not None:
        begun = read_begun(resumed)
        candidates, seed, settings = begun.candidates, begun.seed, begun.settings
        folders = {name: Path(elsewhere) for name, elsewhere in begun.plan.folders.items()}
    else:
        candidates = [_named(workspace, candidate)]
    if against and resumed is None:
        from parity_kit.bench.base import find_base
        from parity_kit.candidates.launch import find

        base = find_base(workspace, find(workspace, candidates[0]), against)
        candidates = [f"{base.name} (base)", *candidates]
        folders = {candidates[0]: base}
    events = measure(
        workspace, candidates, folder, settings, seed, resume=resumed is not None, folders=folders
    )
    if len(candidates) > 1:
        from parity_kit.cli.bench_against import report

        return report(events, candidates, folder, settings, tolerance / 100, as_json=as_json)
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


def _print_alone(
    workspace: Workspace, name: str, workloads: Sequence[str], *, parts: bool, as_json: bool
) -> None:
    """Print what is measured in one process of each engine: parts of time, or instructions."""
    from parity_kit.cli.bench_parts import print_instructions, print_parts

    if parts:
        print_parts(workspace, name, as_json=as_json)
    else:
        print_instructions(workspace, name, workloads, as_json=as_json)


def _named(workspace: Workspace, candidate: str | None) -> str:
    """Return the candidate that is named, or the only one in `ours` of parity.toml."""
    from parity_kit.gates.settings import read_settings

    if candidate is not None:
        return candidate
    ours = read_settings(workspace).ours
    if len(ours) != 1:
        raise click.UsageError("Missing argument 'CANDIDATE'.")
    return ours[0]
