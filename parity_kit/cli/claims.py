"""`parity-kit claims`: what ports publish about their speed, beside what was measured here."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, echo, json_option, print_json, workspace_option
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.report.claims import Answer

_DATA = "report.json"


@click.command("claims")
@click.argument("runs", nargs=-1, shell_complete=completing.runs)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the claims from this file instead of the kit's own.",
)
@json_option
@workspace_option
def command(runs: tuple[str, ...], file: Path | None, workspace: Workspace, as_json: bool) -> None:
    """Show each published claim of speed beside what was measured here.

    The figures are from RUNS, folders or names under reports/; without RUNS, from the newest run or
    benchmark session that measured the claim's workloads.

    A claim holds, does not hold, is undecided (the interval spans the claimed figure, or there are
    too few pairs), is not comparable (the outcomes differ), is not measured (the command that
    measures it is shown), or cannot run here.
    """
    from parity_kit.bench.claims import PUBLISHED, read_claims
    from parity_kit.candidates.launch import readable
    from parity_kit.report.claims import answer

    claims = read_claims(file or PUBLISHED)
    reports = [*_named(workspace, runs)] if runs else [*_newest(workspace)]
    known = {candidate.name for candidate in readable(workspace)[0]}
    answers = [answer(claim, reports, known) for claim in claims]
    if as_json:
        print_json([_as_json(item) for item in answers])
    else:
        _show(answers)


def _named(workspace: Workspace, runs: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    from parity_kit.cli.report import find_run

    for run in runs:
        path = Path(run)
        yield _report(path if path.name == _DATA else find_run(workspace, run))


def _newest(workspace: Workspace) -> Iterator[Mapping[str, Any]]:
    """Yield what each run under reports/ measured, the newest first; leave out broken ones."""
    from parity_kit.contract.events import JOURNAL

    journals = {path.parent: path for path in workspace.reports.glob(f"*/{JOURNAL}")}
    data = {path.parent: path for path in workspace.reports.glob(f"*/{_DATA}")}
    files = {**data, **journals}
    for folder in sorted(files, key=lambda folder: files[folder].stat().st_mtime, reverse=True):
        try:
            yield _report(folder if folder in journals else files[folder])
        except BadFileError as error:
            echo(f"left out: {one_line(str(error))}", err=True)


def _report(path: Path) -> Mapping[str, Any]:
    """Return a run's report, without what its page draws of cases."""
    from parity_kit.contract.journal import read_journal
    from parity_kit.report.reading import read_report
    from parity_kit.report.summary import summarize

    if path.is_dir():
        events, notes = read_journal(path)
        return summarize(events).to_json(notes)
    return read_report(path)


def _as_json(item: Answer) -> dict[str, Any]:
    fields = dataclasses.asdict(item)
    return {**fields.pop("claim"), **fields}


def _show(answers: Sequence[Answer]) -> None:
    from rich.markup import escape

    from parity_kit.report.claim_text import claimed, measured, origin

    out = console()
    for item in answers:
        claim = item.claim
        out.print(f"[bold]{escape(claim.engine)}[/bold]: {escape(claim.said)}")
        out.print(f"  claimed {claimed(claim)}: [bold]{item.standing}[/bold]")
        for figure in item.figures:
            out.print(f"  {one_line(measured(claim, figure))}", markup=False)
        for line in (origin(item), item.note, claim.source):
            if line:
                out.print(f"  {one_line(line)}", markup=False, style="dim")
    counts = Counter(item.standing for item in answers)
    summary = ", ".join(f"{count} {standing}" for standing, count in counts.items())
    out.print(f"{len(answers)} claims: {summary}", markup=False)
