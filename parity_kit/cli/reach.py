"""`parity-kit reach`: what of LangGraph the committed cases run, and what none does."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import BadFileError, UsageError

if TYPE_CHECKING:
    from parity_kit.corpora.reach import Reach
    from parity_kit.reference.functions import Function


@click.command("reach")
@click.argument("name", required=False)
@json_option
@corpora_option
def command(workspace: Workspace, name: str | None, as_json: bool) -> None:
    """Show which parts of LangGraph the committed cases run, area by area.

    With NAME, show the functions whose module or name contains it (ToolNode, StateGraph.compile,
    langgraph.store), each with the corpora that run it. A verdict says nothing of a function that
    no case runs.
    """
    from parity_kit.corpora.reach import REACH, read_reach

    reach = read_reach(workspace.fixtures)
    if reach is None:
        raise BadFileError(
            "these corpora do not record what they run",
            where=str(workspace.fixtures / REACH),
            hint="write it: parity-kit fixtures build",
        )
    if name is None:
        _show_areas(reach, as_json)
    else:
        _show_functions(reach, name, _matching(reach, name), as_json)


def _matching(reach: Reach, name: str) -> list[Function]:
    matching = [
        function for function in sorted(reach.functions) if name.lower() in str(function).lower()
    ]
    if not matching:
        words = {part for function in reach.functions for part in function.name.split(".")}
        near = difflib.get_close_matches(name.rpartition(".")[2], sorted(words), n=3)
        raise UsageError(
            f"no function of LangGraph {reach.oracle} has {name!r} in its name",
            hint=f"nearest: {', '.join(near)}" if near else "parity-kit reach lists the areas",
        )
    return matching


def _show_areas(reach: Reach, as_json: bool) -> None:
    from rich.table import Table

    areas, run = reach.areas(), reach.run_by()
    public = [function for function in reach.functions if function.is_public]
    unrun = sum(function not in run for function in public)
    if as_json:
        print_json(
            {
                "oracle": reach.oracle,
                "functions": len(reach.functions),
                "run": len(run),
                "public": len(public),
                "public_not_run": unrun,
                "areas": [
                    {"name": area.name, "run": area.run, "functions": area.functions}
                    for area in areas
                ],
            }
        )
        return
    table = Table("area of LangGraph", box=None)
    for heading in ("functions", "run", "share"):
        table.add_column(heading, justify="right")
    for area in sorted(areas, key=lambda area: (area.run / area.functions, area.name)):
        share = f"{area.run / area.functions:.0%}" if area.run else "none"
        style = "" if area.run else "yellow"
        table.add_row(area.name, str(area.functions), str(area.run), share, style=style)
    out = console()
    print_table(out, table)
    out.print(
        f"LangGraph {reach.oracle}: the committed cases run {len(run):,} of "
        f"{len(reach.functions):,} functions; {unrun:,} of {len(public):,} public ones never run"
    )
    out.print("next: parity-kit reach NAME shows a function, class or module")


def _show_functions(reach: Reach, name: str, matching: Sequence[Function], as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    if as_json:
        print_json(
            {
                "functions": [
                    {
                        "module": function.module,
                        "name": function.name,
                        "corpora": list(reach.functions[function]),
                    }
                    for function in matching
                ]
            }
        )
        return
    table = Table(box=None)
    table.add_column("function", overflow="fold")
    table.add_column("run by the cases of")
    module = ""
    for function in matching:
        if function.module != module:
            module = function.module
            table.add_row(Text(module, style="bold"), "")
        corpora = reach.functions[function]
        by = Text(", ".join(corpora)) if corpora else Text("no case", style="yellow")
        table.add_row(Text(f"  {function.name}"), by)
    run = sum(bool(reach.functions[function]) for function in matching)
    out = console()
    print_table(out, table)
    out.print(
        f"{run:,} of {len(matching):,} functions with {name!r} in their names run", markup=False
    )
