"""`parity-kit explain`: a divergence in words, bytes, and a script to hand to anyone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.cli.common import console, json_option, print_json
from parity_kit.cli.files import OutputFile
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import write_atomically

if TYPE_CHECKING:
    from parity_kit.contract.casefile import CaseFile
    from parity_kit.judging.explanation import Explanation


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--script",
    "script_path",
    type=OutputFile(),
    help="Write the script here instead of showing it.",
)
@json_option
def command(
    file: Path,
    script_path: Path | None,
    as_json: bool,
) -> int:
    """Say in words where the case in FILE differs.

    Names operation, step, channel, path and byte; shows both sides as bytes beside what they say;
    and prints a plain Python script that shows the reference's behaviour with LangGraph alone.
    """
    from parity_kit.contract.casefile import read_case
    from parity_kit.judging.explanation import explain
    from parity_kit.programs.script import script

    kept = read_case(file)
    explanation = explain(kept)
    source = script(kept.case)
    if script_path is not None:
        try:
            write_atomically(script_path, source)
        except OSError as error:
            raise BadFileError(
                f"cannot be written: {error.strerror}", where=str(script_path)
            ) from error
    if as_json:
        print_json({**explanation.to_json(), "script": source})
    else:
        _show(kept, explanation, None if script_path else source)
    return 0


def _show(kept: CaseFile, explanation: Explanation, source: str | None) -> None:
    out = console()
    out.print(f"[bold]{explanation.headline}[/bold]" if explanation.headline else "", end="\n")
    out.print(f"case {kept.case.id}, found with {kept.candidate}", markup=False)
    for sentence in explanation.sentences:
        out.print(f"  {sentence}", markup=False)
    for title, lines in explanation.sides:
        out.print(f"\n[bold]{title}[/bold]")
        for line in lines:
            out.print(f"  {line}", markup=False, style="red" if line.startswith("►") else None)
    if source is not None:
        out.print("\n[bold]The reference's behaviour, with LangGraph alone[/bold]\n")
        out.print(source, markup=False)
