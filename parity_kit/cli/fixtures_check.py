"""`parity-kit fixtures check`: compares the committed corpora with what real LangGraph makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import (
    console,
    corpora_option,
    json_option,
    print_json,
    progress,
    progress_messages,
)
from parity_kit.cli.fixtures_changes import changes_as_json, print_changes, print_skipped
from parity_kit.cli.fixtures_loss import loss_options
from parity_kit.cli.fixtures_masks import against_kept, print_stale
from parity_kit.cli.tables import print_table
from parity_kit.cli.workers import workers_option
from parity_kit.contract.errors import ExitCode

if TYPE_CHECKING:
    from parity_kit.corpora.drift.interpreters import Interpreter
    from parity_kit.corpora.drift.masking import Stale
    from parity_kit.corpora.drift.subprocess_check import FreshCheck
    from parity_kit.corpora.regenerate import Checked

EVERYWHERE_SEEDS = 5


@click.command("check")
@click.argument("corpora", nargs=-1, shell_complete=completing.corpora)
@click.option(
    "--seeds",
    type=click.IntRange(0),
    default=0,
    help="Check again in N processes, with another hash seed, time zone, locale and folder.",
)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="VERSION|PATH",
    help="Check again in another Python (3.13, or its path), in an environment of its own.",
)
@click.option(
    "--everywhere",
    is_flag=True,
    help=f"Check again with {EVERYWHERE_SEEDS} hash seeds and in every other installed Python, and "
    "check the masks.",
)
@workers_option("1", "Run the generators")
@loss_options
@json_option
@corpora_option
def command(
    workspace: Workspace,
    corpora: tuple[str, ...],
    seeds: int,
    pythons: tuple[str, ...],
    everywhere: bool,
    workers: int,
    as_json: bool,
) -> int:
    """Regenerate in memory and compare byte for byte with the committed corpora.

    Exits with 4 if the oracle's versions or any byte differ, and with 1 if the masks differ
    from what --everywhere measures. With --loss, checks a database of your own instead for values
    that LangGraph itself does not restore, and exits with 1 if it finds any.
    """
    from parity_kit.corpora import regenerate
    from parity_kit.corpora.drift import interpreters

    asked = [interpreters.find(python) for python in pythons]
    if everywhere:
        seeds = max(seeds, EVERYWHERE_SEEDS)
        asked += [other for other in interpreters.others() if other not in asked]
    with progress() as on_progress:
        checked = regenerate.check(workspace, corpora, on_progress, workers)
    again = _check_again(workspace, corpora, seeds, asked)
    stale = _measure_masks(workspace) if everywhere else None
    code = ExitCode.DIVERGENCE if stale and stale.any else ExitCode.PARITY
    if checked.drifted or any(check.exit_code for check in again):
        code = ExitCode.KIT_FAULT
    if as_json:
        print_json(
            {
                "corpora": checked.cases,
                "drifted": changes_as_json(checked.drifted),
                "skipped": checked.skipped,
                "seconds": checked.seconds,
                "fresh": [dataclasses.asdict(check) for check in again],
                "other_interpreters": [str(interpreter) for interpreter in asked],
                **({} if stale is None else stale.to_json()),
                "exit_code": int(code),
            }
        )
    else:
        if stale is not None:
            print_stale(stale)
        _print(checked, again, alone=everywhere and not asked)
    return code


def _measure_masks(workspace: Workspace) -> Stale:
    from parity_kit.corpora.drift.masking import measure

    with progress_messages() as emit:
        return against_kept(measure(workspace, emit))


def _check_again(
    workspace: Workspace, corpora: tuple[str, ...], seeds: int, asked: Sequence[Interpreter]
) -> list[FreshCheck]:
    """Check in other processes: one for each hash seed, then one for each interpreter."""
    from parity_kit.candidates import environment
    from parity_kit.corpora.drift.recipes import interpreter_recipe
    from parity_kit.corpora.drift.subprocess_check import check_fresh

    again: list[FreshCheck] = []
    with progress_messages() as emit:
        for seed in range(1, seeds + 1):
            emit(f"another process, hash seed {seed}")
            again.append(check_fresh(workspace, seed, corpora))
        for number, interpreter in enumerate(asked, seeds + 1):
            python = environment.make(interpreter_recipe(interpreter), workspace, emit)
            emit(f"another process, {interpreter}")
            again.append(check_fresh(workspace, number, corpora, python=(interpreter, python)))
    return again


def _print(checked: Checked, again: Sequence[FreshCheck], *, alone: bool) -> None:
    """Print the result; `alone` means that other interpreters were requested but none exists."""
    from parity_kit.corpora.drift import interpreters

    out = console()
    print_changes(checked.drifted)
    print_skipped(checked.skipped)
    if again:
        _print_fresh(again)
    if alone:
        first, last = interpreters.OLDEST, interpreters.NEWEST
        out.print(
            f"no other Python from {first[0]}.{first[1]} to {last[0]}.{last[1]} on this machine: "
            "those versions were not checked"
        )
    cases = sum(checked.cases.values())
    verdict = "differ from the committed ones" if checked.drifted else "the same bytes"
    out.print(
        f"{cases} cases in {len(checked.cases)} corpora regenerated in "
        f"{checked.seconds:.1f} s: {verdict}"
    )
    if checked.drifted:
        out.print("next: find out what changed; if it is meant, parity-kit fixtures build")


def _print_fresh(again: Sequence[FreshCheck]) -> None:
    from rich.table import Table

    table = Table("python", "hash seed", "zone", "locale", "directory", box=None)
    table.add_column("cases", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("bytes")
    for check in again:
        result = "the same"
        if check.drifted:
            result = f"differ: {', '.join(check.drifted)}"
        elif check.skipped:
            result += f" (not made there: {', '.join(check.skipped)})"
        elif check.exit_code:
            result = f"not checked: {check.problem or f'exit code {check.exit_code}'}"
        cells = (check.python, check.seed, check.zone, check.locale, check.directory)
        table.add_row(*map(str, cells), str(check.cases), f"{check.seconds:.1f}", result)
    out = console()
    print_table(out, table)
    if missing := sorted({check.locale for check in again if not check.has_locale}):
        out.print(f"not installed here, where Python takes C instead: {', '.join(missing)}")
