"""`parity-kit replay`: one case again on both engines, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.cli.given_case import Replayed, level_option, read_given, trust_option
from parity_kit.cli.given_case import replay as replay_case
from parity_kit.cli.tracing import trace_option
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.text import one_line, quoted

if TYPE_CHECKING:
    from parity_kit.judging.verdicts import Verdict


@click.command()
@click.argument("given", metavar="FILE|CASE", shell_complete=completing.cases_and_files)
@click.option(
    "--candidate",
    shell_complete=completing.candidates,
    help="The candidate to run it on (default: the one in the file).",
)
@level_option
@trust_option
@trace_option
@json_option
@corpora_option
def command(
    workspace: Workspace,
    given: str,
    candidate: str | None,
    level_name: str | None,
    trust: bool,
    as_json: bool,
) -> int:
    """Run a case again on the reference and on a candidate.

    The case is a file that a run wrote, a case written as YAML, or the id of a fixture. Outcomes
    are shown side by side, operation by operation. Exits with 0 if they agree at the level asked
    for and claimed, or differ as the ledger expects; with 1 if they differ; and with 3 if the
    candidate could not be judged.
    """
    case = read_given(workspace, given, level_name, trust=trust)
    replayed = replay_case(workspace, case, candidate)
    if as_json:
        print_json(_as_json(replayed))
    else:
        _show(replayed)
    return int(_exit_code(replayed.settled))


def _exit_code(verdict: Verdict) -> ExitCode:
    from parity_kit.judging.verdicts import Divergent, Equal, Expected

    match verdict:
        case Equal() | Expected():
            return ExitCode.PARITY
        case Divergent():
            return ExitCode.DIVERGENCE
        case _:
            return ExitCode.NOT_JUDGED


def _differs(replayed: Replayed, index: int) -> bool:
    """Whether an operation's outcomes differ at the level of the comparison."""
    from parity_kit.contract import outcome_to_plain
    from parity_kit.judging.verdicts import Divergent, Equal, NotSupported

    match replayed.verdict:
        case Equal():
            return False
        case Divergent(differences, more=0, unsupported=""):
            return any(difference.operation == index for difference in differences)
        case NotSupported():
            return False
        case _:
            # Not every difference is listed, or none was looked for.
            theirs = replayed.theirs
            return theirs is None or (
                outcome_to_plain(replayed.ours[index]) != outcome_to_plain(theirs[index])
            )


def _show(replayed: Replayed) -> None:
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.contract.text import sentence, visible
    from parity_kit.judging.outcome_text import arguments_line, outcome_lines
    from parity_kit.judging.verdicts import headline, label
    from parity_kit.judging.words import mark

    out, case, theirs = console(), replayed.case, replayed.theirs
    out.print(f"[bold]{escape(one_line(case.id))}[/bold] · {case.subject.kind.value}")
    out.print(one_line(f"compared at level {replayed.level_text}"), markup=False)
    for index, operation in enumerate(case.operations):
        table = Table(title=None, expand=False, show_lines=False)
        table.add_column("langgraph", overflow="fold")
        table.add_column(escape(one_line(replayed.candidate)), overflow="fold")
        mine = outcome_lines(replayed.ours[index])
        yours = outcome_lines(theirs[index]) if theirs is not None else ["no answer"]
        differs = _differs(replayed, index)
        head = "[red]≠[/red]" if differs else "[green]=[/green]"
        out.print(f"\n{head} operation {index} {escape(arguments_line(operation))}")
        for row in range(max(len(mine), len(yours))):
            left = mine[row] if row < len(mine) else ""
            right = yours[row] if row < len(yours) else ""
            # What differs below the level asked for is no difference: an id, a stored byte.
            style = None if left == right else "red" if differs else "dim"
            table.add_row(escape(left), escape(right), style=style)
        out.print(table)
    out.print(f"\n{mark(label(replayed.settled))}")
    message = headline(replayed.settled)
    out.print(visible(sentence(message)), markup=False)
    for line in quoted(message):
        out.print(f"  {line}", markup=False, style="dim")


def _as_json(replayed: Replayed) -> dict[str, Any]:
    from parity_kit.judging.outcome_text import outcome_lines
    from parity_kit.judging.verdicts import headline, label

    theirs = replayed.theirs
    return {
        "case": replayed.case.id,
        "candidate": replayed.candidate,
        "asked": replayed.asked.label,
        "level": replayed.level.label,
        "verdict": label(replayed.settled),
        "headline": headline(replayed.settled),
        "reference": [outcome_lines(our) for our in replayed.ours],
        "outcomes": None if theirs is None else [outcome_lines(their) for their in theirs],
    }
