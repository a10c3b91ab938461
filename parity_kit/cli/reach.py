"""`parity-kit reach`: what of LangGraph the committed cases run, and what none does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, corpora_option, json_option, print_json, progress
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import BadFileError, UsageError

if TYPE_CHECKING:
    from parity_kit.contract import CaseId
    from parity_kit.corpora.reach import Reach
    from parity_kit.reference.functions import Function, Parameter

_MOST_CASES = 2  # named for a function


@click.command("reach")
@click.argument("name", required=False)
@click.option(
    "--parameters",
    "only_parameters",
    is_flag=True,
    help="List the parameters that never get another value than their default.",
)
@json_option
@corpora_option
def command(workspace: Workspace, name: str | None, only_parameters: bool, as_json: bool) -> None:
    """Show which parts of LangGraph the committed cases run, area by area.

    With NAME, show the functions whose module or name contains it (ToolNode, StateGraph.compile,
    langgraph.store), each with the corpora that run it, cases to look at, and its parameters that
    never get another value than their default. A verdict says nothing of a function that no case
    runs.
    """
    from parity_kit.corpora.reach import REACH, read_reach

    reach = read_reach(workspace.fixtures)
    if reach is None:
        raise BadFileError(
            "these corpora do not record what they run",
            where=str(workspace.fixtures / REACH),
            hint="write it: parity-kit fixtures build",
        )
    if only_parameters:
        _show_parameters(reach, name or "", as_json)
    elif name is None:
        _show_areas(reach, as_json)
    else:
        matching = _matching(reach, name)
        _show_functions(reach, name, matching, _cases(workspace, reach, matching), as_json)


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


def _show_parameters(reach: Reach, name: str, as_json: bool) -> None:
    """Show the parameters that never get another value, of all functions or those of a name."""
    matching = set(_matching(reach, name))
    known = [item for item in reach.parameters if item.function in matching]
    never = [item for item in reach.never_given() if item.function in matching]
    if as_json:
        print_json(
            {
                "parameters": len(known),
                "never_given": [
                    {
                        "module": item.function.module,
                        "name": item.function.name,
                        "parameter": item.name,
                    }
                    for item in never
                ],
            }
        )
        return
    out, module = console(), ""
    for function, names in _by_function(never).items():
        if function.module != module:
            module = function.module
            out.print(module, style="bold", markup=False)
        style = "" if reach.functions[function] else "yellow"
        unrun = "" if reach.functions[function] else " (no case runs it)"
        out.print(f"  {function.name}: {', '.join(names)}{unrun}", style=style, markup=False)
    unrun = sum(not reach.functions[item.function] for item in never)
    out.print(
        f"{len(never):,} of {len(known):,} parameters with a default, of the functions that users "
        f"call, never get another value: {unrun:,} of functions that no case runs, "
        f"{len(never) - unrun:,} of functions that run"
    )


def _by_function(parameters: Iterable[Parameter]) -> dict[Function, list[str]]:
    names: dict[Function, list[str]] = {}
    for parameter in parameters:
        names.setdefault(parameter.function, []).append(parameter.name)
    return names


def _cases(
    workspace: Workspace, reach: Reach, matching: Sequence[Function]
) -> dict[Function, list[CaseId]]:
    """Return some cases that run each function; none if LangGraph is not the one they are of."""
    from parity_kit.contract.errors import DriftError
    from parity_kit.corpora.regenerate import cases_run

    names = {name for function in matching for name in reach.functions[function]}
    try:
        with progress() as on_progress:
            by_corpus = cases_run(workspace, names, on_progress)
    except DriftError as error:
        click.echo(f"no cases are named: {error}", err=True)
        return {}
    return {
        function: [
            case
            for name in reach.functions[function]
            if name in by_corpus
            for case in by_corpus[name].of(function)[:1]
        ][:_MOST_CASES]
        for function in matching
    }


def _show_functions(
    reach: Reach,
    name: str,
    matching: Sequence[Function],
    cases: Mapping[Function, Sequence[str]],
    as_json: bool,
) -> None:
    never = _by_function(reach.never_given())
    if as_json:
        print_json(
            {
                "functions": [
                    {
                        "module": function.module,
                        "name": function.name,
                        "corpora": list(reach.functions[function]),
                        "cases": list(cases.get(function, ())),
                        "never_given": never.get(function, []),
                    }
                    for function in matching
                ]
            }
        )
        return
    out, module = console(), ""
    for function in matching:
        if function.module != module:
            module = function.module
            out.print(module, style="bold", markup=False)
        corpora = reach.functions[function]
        out.print(f"  {function.name}", style="" if corpora else "yellow", markup=False)
        out.print(f"    run by {', '.join(corpora) or 'no case'}", markup=False)
        if shown := cases.get(function):
            out.print(f"    such as {', '.join(shown)}", markup=False)
        if names := never.get(function):
            out.print(f"    never another value than the default: {', '.join(names)}", markup=False)
    run = sum(bool(reach.functions[function]) for function in matching)
    out.print(
        f"{run:,} of {len(matching):,} functions with {name!r} in their names run", markup=False
    )
