"""`parity-kit run`: the differential suite against one candidate."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, corpora_option, json_option, level_option, print_json
from parity_kit.cli.files import files_options
from parity_kit.cli.lifecycle import Order, begin, resume_option
from parity_kit.cli.tracing import trace_option
from parity_kit.cli.workers import workers_option
from parity_kit.contract import Level
from parity_kit.judging.words import SUBJECTS

if TYPE_CHECKING:
    from parity_kit.cli.lifecycle import Run
    from parity_kit.contract.events import RunStarted
    from parity_kit.gates.runner import Plan
    from parity_kit.gates.settings import Settings
    from parity_kit.report.ci.files import Wanted

CORPORA = "corpora"
_SUITES = (CORPORA, *SUBJECTS, "handover", "crash")
_ASKED = ("candidate", "suites", "examples", "bulk", "seed", "level")
"""The options that a resumed run keeps."""


@click.command("run")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    type=click.Choice(_SUITES),
    help="Run only this suite; may be repeated (default: all).",
)
@click.option(
    "--examples",
    default=200,
    show_default=True,
    help="Cases tried per suite: half random, half by Hypothesis.",
)
@click.option(
    "--bulk",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Extra random cases per suite: faster, not adaptive.",
)
@click.option("--seed", default=0, show_default=True, help="The seed of every choice.")
@level_option
@workers_option("1", "Run the gates")
@resume_option
@click.option("--keep", is_flag=True, help="Copy shrunk cases to fixtures/regressions/.")
@files_options
@trace_option
@json_option
@corpora_option
def command(
    workspace: Workspace,
    candidate: str | None,
    suites: tuple[str, ...],
    examples: int,
    bulk: int,
    seed: int,
    level: str,
    workers: int,
    resumed: str | None,
    keep: bool,
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Run the differential suite against CANDIDATE.

    Compares CANDIDATE with the committed corpora, then drives it and LangGraph in lockstep on
    random cases and on cases that Hypothesis chooses. Hypothesis shrinks every disagreement, and
    the run's cases/ folder keeps it for `parity-kit replay` and `parity-kit explain`.

    To continue a run that was stopped or killed, give --resume RUN instead of CANDIDATE. It ends in
    the same report.

    Exits with 0 for parity, 1 for a divergence, a stale ledger entry or a broken rule, and 3 if the
    candidate could not be judged or nothing was compared.
    """
    if examples < 1:
        raise click.BadParameter("must be at least 1", param_hint="--examples")
    from parity_kit.candidates.launch import find
    from parity_kit.gates.examples import example_names
    from parity_kit.gates.settings import read_settings

    settings = read_settings(workspace)

    def order() -> Order:
        if candidate is None:
            raise click.MissingParameter(param_hint="CANDIDATE", param_type="argument")
        asked = {"suites": list(suites), "examples": examples, "bulk": bulk, "level": level}
        known = {
            suite: names
            for suite in suites or _SUITES
            if (names := example_names(workspace, candidate, suite))
        }
        return Order([candidate], seed, asked | ({"known": known} if known else {}))

    with begin(workspace, resumed, _ASKED, order, wanted, as_json=as_json) as run:
        (name,) = run.start.candidates
        plan = _plan(settings, name, run.start, workspace.fixtures)
        code = run.judging(workers).candidate(find(workspace, name), plan).exit_code
        chosen = run.start.asked["suites"]
        run.finish(code, [f"only these suites were run: {', '.join(chosen)}"] if chosen else [])
    assert run.folder, "a run that began has a folder"  # noqa: S101  # an invariant
    kept = keep_cases(workspace, run.folder) if keep else []
    _close(run, run.folder, kept, as_json=as_json)
    return int(code)


def _plan(settings: Settings, candidate: str, start: RunStarted, fixtures: Path) -> Plan:
    """Return the plan of a run: the rules of parity.toml, as far as a part can be held to them."""
    from dataclasses import replace

    from parity_kit.gates.matrix.rows import all_rows
    from parity_kit.gates.runner import Plan

    asked = start.asked
    chosen, required = asked["suites"], Level[asked["level"].upper()]
    rules = settings.rules(candidate)
    rules = replace(rules.for_a_part() if chosen else rules, corpora=())
    if required is not Level.BYTES:
        rules = replace(rules, levels={})  # a lower level was asked for
    searched = [suite for suite in chosen or _SUITES if suite != CORPORA]
    return Plan(
        replace(rules, suites=dict.fromkeys(searched, asked["examples"])),
        required,
        corpora=not chosen or CORPORA in chosen,
        bulk=asked["bulk"],
        seed=start.seed,
        floors=settings.floors,
        rows=all_rows(fixtures),
        examples=asked.get("known", {}),
    )


def _close(run: Run, folder: Path, kept: list[Path], *, as_json: bool) -> None:
    from parity_kit.contract.events import event_to_json

    if as_json:
        events = [event_to_json(event) for event in run.events]
        print_json({"run": str(folder), "events": events})
        return
    out = console()
    for path in kept:
        out.print(f"kept {path}", markup=False)
    out.print(f"\nrun     {folder}", markup=False)
    out.print(f"report  parity-kit report {folder.name}", markup=False)


def keep_cases(workspace: Workspace, folder: Path) -> list[Path]:
    """Copy a run's cases to the regressions, and return the copies."""
    workspace.regressions.mkdir(parents=True, exist_ok=True)
    return [
        Path(shutil.copy(path, workspace.regressions / path.name))
        for path in sorted((folder / "cases").glob("*"))
    ]
