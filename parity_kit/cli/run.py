"""`parity-kit run`: the differential suite against one candidate."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, json_option, level_option, workspace_option
from parity_kit.cli.files import files_options
from parity_kit.cli.lifecycle import Wish, begin, interruptible, resume_option
from parity_kit.cli.tracing import trace_option
from parity_kit.contract import Level
from parity_kit.contract.events import Event, RunFinished

if TYPE_CHECKING:
    from parity_kit.report.ci.files import Wanted

_SUITES = ("corpora", "codec", "channel", "graph", "saver")


_ASKED = ("candidate", "suites", "examples", "bulk", "seed", "level")
"""What says how a candidate is judged."""


@click.command("run")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    type=click.Choice(_SUITES),
    help="Only this suite; may be given several times (default: all).",
)
@click.option("--examples", default=200, show_default=True, help="Cases Hypothesis tries a suite.")
@click.option(
    "--bulk",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Cases a suite tried after those, made by chance: more of them in less time.",
)
@click.option("--seed", default=0, show_default=True, help="Where all choices start.")
@level_option
@resume_option
@click.option("--keep", is_flag=True, help="Keep shrunk cases in fixtures/regressions/.")
@files_options
@trace_option
@json_option
@workspace_option
def command(
    workspace: Workspace,
    candidate: str | None,
    suites: tuple[str, ...],
    examples: int,
    bulk: int,
    seed: int,
    level: str,
    resumed: str | None,
    keep: bool,
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Run the differential suite against CANDIDATE.

    Reference and candidate are driven in lockstep after the committed corpora: Hypothesis chooses
    the cases, then, with --bulk, a faster seeded generator. Every disagreement is shrunk and
    written to the run's cases/ folder, for `parity-kit replay` and `parity-kit explain`.

    A run that was stopped, even killed, goes on with --resume RUN in place of CANDIDATE, and ends
    in the same report.

    Ends with 0 for parity, 1 for a divergence, 3 if the candidate could not be judged or nothing
    was compared.
    """
    if examples < 1:
        raise click.BadParameter("must be at least 1", param_hint="--examples")
    from parity_kit.gates.runner import Judging, Plan
    from parity_kit.report.ci import Journal, Sinks, Terminal
    from parity_kit.report.ci.files import opened

    def wish() -> Wish:
        if candidate is None:
            raise click.MissingParameter(param_hint="CANDIDATE", param_type="argument")
        asked = {"suites": list(suites), "examples": examples, "bulk": bulk, "level": level}
        return Wish([candidate], seed, asked)

    leg = begin(workspace, resumed, _ASKED, wish)
    folder, asked = leg.folder, leg.start.asked
    chosen, required = asked["suites"], Level[asked["level"].upper()]
    plan = Plan(chosen or _SUITES, asked["examples"], asked["bulk"], leg.start.seed, required)
    heard: list[Event] = []
    journal = Journal(folder)
    with (
        interruptible(leg),
        opened(wanted, workspace, folder) as files,
        Terminal(console(stderr=as_json)) as terminal,
    ):
        emit = Sinks(journal, files, terminal, _Ear(heard)).emit
        began = datetime.now(UTC)
        emit(leg.start)
        if known := leg.earlier.says():
            terminal.note(known)
        judging = Judging(workspace, folder, plan, emit, terminal.note, leg.earlier)
        code = judging.candidate(leg.start.candidates[0])
        notes = [f"only these suites were asked for: {', '.join(chosen)}"] if chosen else []
        emit(RunFinished(int(code), (datetime.now(UTC) - began).total_seconds(), notes))
    journal.close()
    kept = keep_cases(workspace, folder) if keep else []
    _close(folder, kept, heard, as_json=as_json)
    return int(code)


class _Ear:
    """Remembers events, for `--json`."""

    def __init__(self, heard: list[Event]) -> None:
        self._heard = heard

    def emit(self, event: Event) -> None:
        self._heard.append(event)


def _close(folder: Path, kept: list[Path], heard: list[Event], *, as_json: bool) -> None:
    from parity_kit.contract.events import PASSING, event_to_json

    if as_json:
        events = [event_to_json(each) for each in heard if not isinstance(each, PASSING)]
        click.echo(json.dumps({"run": str(folder), "events": events}, indent=2))
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
