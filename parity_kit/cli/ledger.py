"""`parity-kit ledger`: known differences of a candidate, checked and proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.contract import Level
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import CaseJudged, EntryStale, Event, GateProgress
from parity_kit.contract.files import write_atomically
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.judging.ledger import Ledger


@click.group("ledger")
def command() -> None:
    """Check and propose a candidate's known differences."""


@dataclass(slots=True)
class _LedgerCheck:
    """The verdicts on all committed cases of a candidate, and what is stale in its ledger."""

    cases: list[CaseJudged] = field(default_factory=list[CaseJudged])
    stale: dict[tuple[int, str], str] = field(default_factory=dict[tuple[int, str], str])

    def emit(self, event: Event) -> None:
        """Keep what the ledger is about."""
        if isinstance(event, CaseJudged):
            self.cases.append(event)
        elif isinstance(event, EntryStale):
            self.stale[event.entry, event.differs] = event.problem


def _run(workspace: Workspace, name: str) -> tuple[_LedgerCheck, Ledger]:
    from parity_kit.candidates.launch import find, start
    from parity_kit.gates.gate import gate_corpora, read_wanted
    from parity_kit.judging.candidate_under_test import CandidateUnderTest
    from parity_kit.judging.ledger import read_ledger
    from parity_kit.report.ci import Terminal

    candidate = find(workspace, name)
    judged, ledger = _LedgerCheck(), read_ledger(candidate.folder)
    corpora = read_wanted(workspace)
    with (
        Terminal(console(stderr=True)) as terminal,
        start(candidate, workspace, on_progress=terminal.note) as engine,
    ):

        def emit(event: Event) -> None:
            judged.emit(event)
            if isinstance(event, GateProgress):
                terminal.emit(event)

        under_test = CandidateUnderTest.started(candidate.name, engine, ledger)
        gate_corpora(corpora, under_test, Level.BYTES, emit, complete=True)
    return judged, ledger


@command.command("check")
@click.argument("candidate", shell_complete=completing.candidates)
@json_option
@corpora_option
def check(workspace: Workspace, candidate: str, as_json: bool) -> int:
    """Show what each entry of CANDIDATE's ledger covers, and which entries are stale.

    Exits with 0 if every entry holds, and with 1 if one is stale.
    """
    judged, ledger = _run(workspace, candidate)
    rows = [
        {
            "entry": entry.number,
            "case": entry.case,
            "differs": entry.differs,
            "covered": ledger.covered[entry.index],
            "of": ledger.concerned[entry.index],
            "until": str(entry.until),
            "problem": judged.stale.get((entry.number, entry.differs), ""),
        }
        for entry in ledger.entries
    ]
    if as_json:
        print_json({"candidate": candidate, "ledger": str(ledger.file), "entries": rows})
    else:
        _print(rows, str(ledger.file))
    return int(ExitCode.DIVERGENCE if judged.stale else ExitCode.PARITY)


def _print(rows: Sequence[Mapping[str, object]], file: str) -> None:
    from rich.markup import escape

    from parity_kit.judging.words import mark

    out = console()
    for row in rows:
        sign = mark("stale") if row["problem"] else mark("expected")
        covers = f"{row['covered']} of {row['of']} cases, until {row['until']}"
        out.print(f"{sign} {row['entry']:>3}  {escape(one_line(str(row['case'])))} · {covers}")
        out.print(f"       {one_line(str(row['differs']))}", style="dim", markup=False)
        if row["problem"]:
            out.print(f"       {one_line(str(row['problem']))}", markup=False)
    failing = sum(bool(row["problem"]) for row in rows)
    out.print(f"{len(rows)} entries, {failing} stale  {file}", markup=False)


@command.command("propose")
@click.argument("candidate", shell_complete=completing.candidates)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day the entries hold (default: in 180 days).",
)
@click.option("--write", is_flag=True, help="Add them to the candidate's expected.toml.")
@corpora_option
def propose(workspace: Workspace, candidate: str, until: object, write: bool) -> int:
    """Print ledger entries that would cover CANDIDATE's current failures.

    Give each entry a reason, and check that its patterns are not too wide.
    """
    from datetime import UTC, datetime, timedelta

    from parity_kit.gates.proposal import propose as proposed

    today = datetime.now(UTC)
    end = until if isinstance(until, datetime) else today + timedelta(days=180)
    judged, ledger = _run(workspace, candidate)
    text = "\n".join(proposed(judged.cases, end.date()))
    if not text:
        click.echo("nothing to propose: no committed case fails", err=True)
    elif write:
        before = ledger.file.read_text(encoding="utf-8") if ledger.file.exists() else ""
        write_atomically(ledger.file, f"{before.rstrip()}\n\n{text}".lstrip())
        click.echo(f"written to {ledger.file}; give each entry its reason", err=True)
    else:
        click.echo(text, nl=False)
    return int(ExitCode.PARITY)
