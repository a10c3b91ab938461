"""`parity-kit parity`: the whole path, from the corpora to the page."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.cli.files import files_options
from parity_kit.cli.lifecycle import Order, begin, resume_option
from parity_kit.cli.tables import print_table
from parity_kit.cli.workers import workers_option
from parity_kit.contract.errors import BadManifestError, CandidateError, ExitCode
from parity_kit.contract.events import CorporaChecked
from parity_kit.gates.rules import SUITES
from parity_kit.gates.settings import Settings, read_settings

if TYPE_CHECKING:
    from parity_kit.cli.lifecycle import Run
    from parity_kit.contract.events import RunStarted
    from parity_kit.gates.runner import Plan
    from parity_kit.report.ci.account import Account
    from parity_kit.report.ci.files import Wanted
    from parity_kit.report.summary import CandidateSummary

_ASKED = ("examples", "seed", "pairs", "everyone")
"""The options that a resumed run keeps."""


@click.command("parity")
@click.option(
    "--examples",
    default=100,
    show_default=True,
    help="Cases tried per suite: half random, half by Hypothesis.",
)
@click.option("--seed", default=0, show_default=True, help="The seed of every choice.")
@click.option(
    "--pairs",
    type=click.IntRange(min=0),
    default=6,
    show_default=True,
    help="Pairs of processes to measure; 0 skips the benchmarks.",
)
@click.option(
    "--all", "everyone", is_flag=True, help="Judge every candidate, not only those in parity.toml."
)
@workers_option("auto", "Run gates and generators")
@resume_option
@files_options
@json_option
@corpora_option
def command(
    workspace: Workspace,
    examples: int,
    seed: int,
    pairs: int,
    workers: int,
    resumed: str | None,
    wanted: Wanted,
    everyone: bool,
    as_json: bool,
) -> int:
    """Check the corpora, judge and measure the candidates, and write the report.

    Candidates in `ours` of parity.toml decide the exit code; the others are only shown. Exits with
    0 for parity, 1 for a divergence, a stale ledger entry or a broken rule, 3 if one of `ours`
    could not be judged, and 4 if LangGraph no longer produces the committed corpora.

    To continue a run that was stopped or killed, give --resume RUN. No pair of processes is
    measured twice.
    """
    if examples < 1:
        raise click.BadParameter("must be at least 1", param_hint="--examples")
    from parity_kit.candidates.launch import find
    from parity_kit.report.write import write_report

    settings = read_settings(workspace)

    def order() -> Order:
        asked = {"examples": examples, "pairs": pairs}
        return Order(_names(workspace, settings, everyone), seed, asked, list(settings.others))

    with begin(workspace, resumed, _ASKED, order, wanted, as_json=as_json) as run:
        codes: list[ExitCode] = []
        judging = run.judging(workers)
        for name in run.start.candidates:
            plan = _plan(settings, name, run.start, workspace.fixtures)
            conclusion = judging.candidate(find(workspace, name), plan)
            codes.append(conclusion.exit_code if name in settings.ours else ExitCode.PARITY)
        run.emit(corpora := _checked(run, workers))
        codes.append(ExitCode.KIT_FAULT if corpora.drifted else ExitCode.PARITY)
        _benchmarks(run)
        run.finish(code := max(codes))
    assert run.folder, "a run that began has a folder"  # noqa: S101  # an invariant
    page = write_report(run.folder)
    if as_json:
        print_json(_as_json(run.account, page, code))
    else:
        _show(run.account, settings, page, run.seconds)
    return int(code)


def _plan(settings: Settings, candidate: str, start: RunStarted, fixtures: Path) -> Plan:
    from parity_kit.gates.matrix.rows import all_rows
    from parity_kit.gates.runner import Plan

    examples = start.asked["examples"]
    # A handover or a crash takes several runs of both engines.
    suites = dict.fromkeys(SUITES, examples) | dict.fromkeys(SUITES[-2:], -(-examples // 4))
    rules = dataclasses.replace(settings.rules(candidate), corpora=(), suites=suites)
    return Plan(rules, seed=start.seed, floors=settings.floors, rows=all_rows(fixtures))


def _names(workspace: Workspace, settings: Settings, everyone: bool) -> list[str]:
    """Return the candidates that a new run judges."""
    from parity_kit.candidates.launch import readable

    names = [*settings.ours, *settings.others]
    if everyone:
        names += [known.name for known in readable(workspace)[0] if known.name not in names]
    if not names:
        raise BadManifestError(
            "lists no candidate, so there is nothing to judge",
            where=str(workspace.root / MARKER),
            hint='name some: ours = ["NAME"]; `parity-kit candidates list` shows the names',
        )
    return names


def _checked(run: Run, workers: int) -> CorporaChecked:
    """Check the committed corpora against LangGraph, unless an earlier run did."""
    from parity_kit.corpora.manifest import read_manifest
    from parity_kit.corpora.regenerate import check

    if known := run.earlier and run.earlier.checked:
        return known
    if run.workspace.oracle:
        # They were made with that LangGraph when they were first needed.
        listed = read_manifest(run.workspace.fixtures).corpora
        cases = {str(name): entry.cases for name, entry in listed.items()}
        return CorporaChecked(cases, [], 0.0)
    run.note("fixtures: regenerating from real LangGraph")
    return check(run.workspace, workers=workers).event()


def _benchmarks(run: Run) -> None:
    """Measure the candidates, unless that was done before a resume."""
    from parity_kit.bench.begun import QUICK_SECONDS, Settings
    from parity_kit.bench.catalogue import Effort, select
    from parity_kit.bench.session import run_benchmarks

    measured = run.earlier.benchmarks if run.earlier else []
    for event in measured:
        run.emit(event)
    if measured or not run.start.asked["pairs"] or run.folder is None:
        return
    if run.workspace.oracle:
        run.note(f"benchmarks: not measured, as the oracle is {run.workspace.oracle[0]}")
        return
    run.note("benchmarks: measuring in pairs of processes")
    try:
        run_benchmarks(
            run.workspace,
            run.start.candidates,
            run.folder / "bench",
            Settings(
                run.start.asked["pairs"],
                value_seconds=QUICK_SECONDS,
                workloads=[workload.name for workload in select(effort=Effort.QUICK)],
            ),
            seed=run.start.seed,
            emit=run.emit,
            resume=run.earlier is not None,
        )
    except CandidateError as error:
        run.note(f"benchmarks: {error.problem}")


def _compared(candidate: CandidateSummary) -> int:
    return sum(gate.compared for gate in candidate.gates.values())


def _speed(candidate: CandidateSummary) -> str:
    """Return a candidate's ratios in a few words."""
    if not candidate.benchmarks:
        return "not measured"
    ratios = [
        workload.ratio for workload in candidate.benchmarks.values() if workload.ratio is not None
    ]
    return f"{min(ratios):.2f}x to {max(ratios):.2f}x" if ratios else "not comparable"


def _as_json(account: Account, page: Path, code: ExitCode) -> dict[str, object]:
    return {
        "report": str(page),
        "exit_code": int(code),
        "candidates": {
            candidate.name: {
                "verdict": candidate.conclusion.verdict,
                "reason": candidate.conclusion.reason,
                "exit_code": candidate.conclusion.exit_code,
                "compared": _compared(candidate),
            }
            for candidate in account.candidates
        },
    }


def _show(account: Account, settings: Settings, page: Path, seconds: float) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.contract.text import one_line
    from parity_kit.judging.words import mark

    out = console()
    table = Table(box=box.SIMPLE)
    for title in ("candidate", "verdict", "compared", "speed against LangGraph", "why"):
        table.add_column(title, overflow="fold")
    for candidate in account.candidates:
        name = escape(candidate.name)
        table.add_row(
            f"[bold]{name}[/bold]" if candidate.name in settings.ours else name,
            mark(candidate.conclusion.verdict),
            f"{_compared(candidate):,} cases",
            _speed(candidate),
            escape(one_line(candidate.conclusion.reason)),
        )
    print_table(out, table)
    if (checked := account.summary.corpora) is not None:
        total = sum(checked.corpora.values())
        state = "DRIFTED" if checked.drifted else "identical to what LangGraph produces"
        out.print(f"fixtures  {total:,} cases, {state}", markup=False)
    out.print(f"time      {seconds:.0f} s", markup=False)
    out.print(f"report    {page}", markup=False)
