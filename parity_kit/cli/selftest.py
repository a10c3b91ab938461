"""`parity-kit selftest`: whether the kit notices faults put into engines, LangGraph and itself."""

from __future__ import annotations

import fnmatch
import random
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import (
    console,
    corpora_option,
    json_option,
    print_json,
    progress_messages,
)
from parity_kit.cli.tables import print_table
from parity_kit.cli.workers import workers_option
from parity_kit.contract.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rich.table import Table

    from parity_kit.selftest.operators import Mutant
    from parity_kit.selftest.results import Result, Row
    from parity_kit.selftest.stages import Stage
    from parity_kit.selftest.survivors import Survivors

_JOURNAL = "{of}-{seed}.jsonl"


@click.command("selftest")
@click.option(
    "--of",
    type=click.Choice(["named", "pure", "oracle", "kit"]),
    default="named",
    show_default=True,
    help="What is mutated: hand-written faults in `pure`, `pure`, LangGraph, or the kit's verdict "
    "code.",
)
@click.option("--sample", type=click.IntRange(1), help="Judge this many mutants (default: all).")
@click.option("--seed", default=0, show_default=True, help="Draws the sample and the cases.")
@click.option("--module", default="*", help="Only modules that match GLOB.", metavar="GLOB")
@click.option(
    "--examples",
    default=200,
    show_default=True,
    help="Cases that a search draws per suite, for what the corpora do not kill.",
)
@workers_option("auto", "Judge mutants")
@json_option
@corpora_option
def command(
    workspace: Workspace,
    of: str,
    sample: int | None,
    seed: int,
    module: str,
    examples: int,
    workers: int,
    as_json: bool,
) -> int:
    """Put faults into engines, LangGraph or the kit, and count those that the kit notices.

    Each mutant has a process of its own. To resume a stopped self-test, run the same command
    again.
    """
    from parity_kit.selftest.survivors import read_survivors
    from parity_kit.selftest.targets import Preparation

    survivors = read_survivors(of)
    with progress_messages("loading") as tell:
        target = Preparation(workspace, workers, examples, seed, tell).target(of)
        known = {mutant.id for mutant in target.mutants}
        chosen = _chosen(target.mutants, target.stages, module, sample, seed)
        asked = f"{of} {sample} {seed} {module} {examples} {sorted(m.id for m in chosen)!r}"
        journal = workspace.cache / "selftest" / _JOURNAL.format(of=of, seed=seed)
        results = _judged(chosen, target.stages, journal, asked, workers, tell)
    return _show(of, results, survivors, survivors.stale(results, known), as_json)


def _chosen(
    mutants: Sequence[Mutant], stages: Sequence[Stage], module: str, sample: int | None, seed: int
) -> list[Mutant]:
    """Return the mutants to judge: those asked for that the first stage reaches, or a sample."""
    asked = [mutant for mutant in mutants if fnmatch.fnmatchcase(mutant.module, module)]
    reached = [
        mutant
        for mutant in asked
        if mutant.chosen or stages[0].lines.runs(mutant.file, mutant.lines)
    ]
    if not reached:
        raise UsageError(f"no case reaches a mutant in a module that matches {module!r}")
    if sample is None or sample >= len(reached):
        return reached
    return random.Random(seed).sample(reached, sample)  # noqa: S311  # a sample, no secret


def _judged(
    chosen: Sequence[Mutant],
    stages: Sequence[Stage],
    path: Path,
    asked: str,
    workers: int,
    tell: Callable[[str], None],
) -> list[Result]:
    """Return the result of each mutant, those of a stopped self-test as they were."""
    from parity_kit.selftest.patching import LiveFunctions
    from parity_kit.selftest.results import Journal
    from parity_kit.selftest.runner import judge

    journal = Journal(path, asked)
    done = {result.id for result in journal.results}
    left = [mutant for mutant in chosen if mutant.id not in done]
    live = LiveFunctions.now(frozenset(mutant.file for mutant in left))
    for result in judge(left, stages, live, workers):
        journal.add(result)
        survived = sum(result.survived for result in journal.results)
        tell(f"{len(journal.results)} of {len(chosen)} mutants, {survived} survived")
    journal.remove()
    return sorted(journal.results, key=lambda result: (result.module, result.line, result.what))


def _show(
    of: str, results: Sequence[Result], survivors: Survivors, stale: Sequence[str], as_json: bool
) -> int:
    from parity_kit.selftest.results import rows

    counts = rows(results, survivors.equivalent)
    missed = [*survivors.missed(of, counts)]
    words = {result.id: survivors.judgements.get(result.id, "new") for result in results}
    left = [(result, words[result.id]) for result in results if result.survived]
    code = ExitCode.DIVERGENCE if missed or stale else ExitCode.PARITY
    if as_json:
        print_json(
            {
                "of": of,
                "rows": [row.to_json() for row in counts],
                "results": [result.to_json() for result in results],
                "survivors": {result.id: word for result, word in left},
                "stale": [*stale],
                "missed": missed,
                "exit_code": int(code),
            }
        )
        return code
    out = console()
    print_table(out, _table(counts))
    for result, word in left:
        out.print(f"survived ({word}): line {result.line} of {result.id}", markup=False)
    for result in results:
        if result.kill is not None and result.kill.stage == "search":
            out.print(f"by search only: line {result.line} of {result.id}", markup=False)
        if result.misplaced and result.kill is not None:
            out.print(f"another place: {result.id}: {result.kill.place}", markup=False)
    for name in stale:
        out.print(f"stale in survivors.toml: {name}", markup=False)
    for floor in missed:
        out.print(f"below the floor: {floor}", markup=False)
    return code


def _table(counts: Sequence[Row]) -> Table:
    from rich.table import Table

    stages = sorted({stage for row in counts for stage in row.kills})
    table = Table("module", box=None)
    for heading in ("mutants", *stages, "survived", "equivalent", "skipped", "killed", "median"):
        table.add_column(heading, justify="right")
    for row in counts:
        table.add_row(
            row.module,
            str(row.judged + row.equivalent + row.skipped),
            *(str(row.kills[stage]) for stage in stages),
            *(str(count) for count in (row.survived, row.equivalent, row.skipped)),
            f"{row.rate:.0%}",
            f"{row.seconds:.2f} s",
        )
    return table
