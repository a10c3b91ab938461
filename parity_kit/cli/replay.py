"""`parity-kit replay`: one case again on both engines, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.tracing import trace_option
from parity_kit.contract.errors import ExitCode

if TYPE_CHECKING:
    from parity_kit.contract import Case, Outcome
    from parity_kit.judging.verdicts import Verdict


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--candidate",
    shell_complete=completing.candidates,
    help="Another candidate than the one the case was found with.",
)
@trace_option
@json_option
@workspace_option
def command(
    workspace: Workspace,
    file: Path,
    candidate: str | None,
    as_json: bool,
) -> int:
    """Run the case in FILE again on the reference and on the candidate.

    Outcomes are shown side by side, operation by operation. Exit code 0 if they agree at the level
    that the candidate claims, or differ as its ledger says; 1 if they differ, 3 if the candidate
    could not be judged.
    """
    from parity_kit.candidates.launch import find, start
    from parity_kit.contract import Level, run
    from parity_kit.contract.casefile import read_case
    from parity_kit.judging.candidate_under_test import CandidateUnderTest
    from parity_kit.judging.judge import judge_answer
    from parity_kit.reference import Engine

    kept = read_case(file)
    name = candidate or kept.candidate
    found = find(workspace, name)
    ours = run(Engine(), kept.case)
    with start(found, workspace, on_progress=_say) as engine:
        under_test = CandidateUnderTest.started(found, engine)
        answer = under_test.answer(kept.case)
    level = under_test.asked(kept.case.subject.kind, Level.BYTES)
    verdict = judge_answer(kept.case, ours, answer, level)
    verdict = under_test.ledger.held_against(kept.case.id, verdict)
    theirs = answer if isinstance(answer, tuple) else None
    if as_json:
        print_json(_as_json(kept.case, name, ours, theirs, verdict))
    else:
        _show(kept.case, name, ours, theirs, verdict)
    return int(_exit_code(verdict))


def _say(text: str) -> None:
    click.echo(text, err=True)


def _exit_code(verdict: Verdict) -> ExitCode:
    from parity_kit.judging.verdicts import Divergent, Equal, Expected

    match verdict:
        case Equal() | Expected():
            return ExitCode.PARITY
        case Divergent():
            return ExitCode.DIVERGENCE
        case _:
            return ExitCode.NOT_JUDGED


def _show(
    case: Case,
    name: str,
    ours: tuple[Outcome, ...],
    theirs: tuple[Outcome, ...] | None,
    verdict: Verdict,
) -> None:
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.contract import outcome_to_plain
    from parity_kit.judging.outcome_text import arguments_line, outcome_lines
    from parity_kit.judging.verdicts import headline, label
    from parity_kit.judging.words import mark

    out = console()
    out.print(f"[bold]{escape(case.id)}[/bold] · {case.subject.kind.value}")
    for index, operation in enumerate(case.operations):
        table = Table(title=None, expand=False, show_lines=False)
        table.add_column("langgraph", overflow="fold")
        table.add_column(escape(name), overflow="fold")
        mine = outcome_lines(ours[index])
        yours = outcome_lines(theirs[index]) if theirs is not None else ["no answer"]
        same = theirs is not None and outcome_to_plain(ours[index]) == outcome_to_plain(
            theirs[index]
        )
        head = "[green]=[/green]" if same else "[red]≠[/red]"
        out.print(f"\n{head} operation {index} {escape(arguments_line(operation))}")
        for row in range(max(len(mine), len(yours))):
            left = mine[row] if row < len(mine) else ""
            right = yours[row] if row < len(yours) else ""
            style = None if left == right else "red"
            table.add_row(escape(left), escape(right), style=style)
        out.print(table)
    out.print(f"\n{mark(label(verdict))}")
    out.print(headline(verdict), markup=False)


def _as_json(
    case: Case,
    name: str,
    ours: tuple[Outcome, ...],
    theirs: tuple[Outcome, ...] | None,
    verdict: Verdict,
) -> dict[str, Any]:
    from parity_kit.judging.outcome_text import outcome_lines
    from parity_kit.judging.verdicts import headline, label

    return {
        "case": case.id,
        "candidate": name,
        "verdict": label(verdict),
        "said": headline(verdict),
        "reference": [outcome_lines(our) for our in ours],
        "outcomes": None if theirs is None else [outcome_lines(their) for their in theirs],
    }
