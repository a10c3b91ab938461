"""`parity-kit explain`: a divergence in words, bytes, and a script to hand to anyone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, corpora_option, echo, json_option, print_json
from parity_kit.cli.files import OutputFile
from parity_kit.cli.given_case import level_option, read_given, replay, trust_option
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.files import write_atomically
from parity_kit.contract.text import BAR, one_line

if TYPE_CHECKING:
    from parity_kit.judging.explanation import Explanation


@click.command()
@click.argument("given", metavar="FILE|CASE", shell_complete=completing.cases_and_files)
@click.option(
    "--candidate",
    shell_complete=completing.candidates,
    help="Run the case on this candidate now (default: the outcomes kept in the file).",
)
@level_option
@trust_option
@click.option(
    "--script",
    "script_path",
    type=OutputFile(),
    help="Write the script here instead of showing it.",
)
@json_option
@corpora_option
def command(
    workspace: Workspace,
    given: str,
    candidate: str | None,
    level_name: str | None,
    trust: bool,
    script_path: Path | None,
    as_json: bool,
) -> int:
    """Explain where a case differs.

    The case is a file that a run wrote, a case written as YAML, or the id of a fixture. Shows the
    operation, step, channel, path and byte that differ, at the level asked for; both sides as
    annotated bytes; and a plain Python script that reproduces LangGraph's behaviour.
    """
    from parity_kit.judging.explanation import explain
    from parity_kit.programs.script import script

    judged = None
    case = read_given(workspace, given, level_name, trust=trust)
    if candidate is None:
        compared = case.kept()
        level = compared.level.label
    else:
        replayed = replay(workspace, case, candidate)
        compared = CaseFile(case.case, candidate, replayed.ours, replayed.theirs, replayed.level)
        level = replayed.level_text
        judged = replayed.settled
    explanation = explain(compared, judged)
    source = script(compared.case)
    if script_path is not None:
        write_atomically(script_path, source)
    if as_json:
        print_json({**explanation.to_json(), "level": compared.level.label, "script": source})
    else:
        _show(compared, level, explanation, None if script_path else source)
    return 0


def _show(compared: CaseFile, level: str, explanation: Explanation, source: str | None) -> None:
    from parity_kit.contract.text import quoted, sentence, visible

    out = console()
    out.print(visible(sentence(explanation.headline)), style="bold", markup=False)
    for line in quoted(explanation.headline):
        out.print(f"  {line}", style="dim", markup=False)
    head = f"case {compared.case.id}"
    if compared.candidate:
        head += f", candidate {compared.candidate}, compared at level {level}"
    out.print(head, markup=False)
    for line in explanation.sentences:
        out.print(f"  {line}", markup=False)
    for title, lines in explanation.sides:
        out.print(f"\n{one_line(title)}", style="bold", markup=False)
        for line in lines:
            style = "red" if line.startswith("►") else None
            out.print(f"  {BAR}{one_line(line)}", markup=False, style=style)
    if source is not None:
        out.print("\n[bold]The reference's behaviour, with LangGraph alone[/bold]\n")
        echo(source)
