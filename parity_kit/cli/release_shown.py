"""What a release of LangGraph changed, and how far cases run it, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity_kit.cli.common import console
from parity_kit.contract.events import ReleaseCompared

MOST_SHOWN = 10
"""Functions that are printed unless all are asked for."""
_MISSED_SHOWN = 2


def show_release(release: ReleaseCompared, *, whole: bool = False) -> None:
    """Print the functions that differ; those that are not judged with what no case runs."""
    from rich.text import Text

    from parity_kit.judging.words import functions_changed, versions_changed

    out = console()
    versions = versions_changed(release.before, release.after) or "the same versions"
    out.print(f"\n{versions}: {functions_changed(release.functions)}", markup=False)
    for absent in release.missing:
        out.print(f"  {absent} is in only one environment: not compared", markup=False)
    if release.elsewhere:
        shown = ", ".join(release.elsewhere if whole else release.elsewhere[:MOST_SHOWN])
        more = "" if whole or len(release.elsewhere) <= MOST_SHOWN else ", …"
        out.print(
            f"  outside functions, importing runs what differs: {shown}{more}",
            style="dim",
            markup=False,
        )
    unjudged = [change for change in release.functions if change["missed"]]
    for function in unjudged if whole else unjudged[:MOST_SHOWN]:
        name = Text(f"  {function['function']}", style="yellow")
        out.print(name, f"({function['kind']})")
        _show_missed(function, whole=whole)
    if not whole and len(unjudged) > MOST_SHOWN:
        out.print(f"  and {len(unjudged) - MOST_SHOWN} more: --json lists all", markup=False)
    if not whole:
        return
    for function in release.functions:
        if not function["missed"]:
            out.print(Text(f"  {function['function']}"), f"({function['kind']})", style="dim")
            out.print(f"    {_run_by(function)}", style="dim", markup=False)


def _show_missed(function: Mapping[str, Any], *, whole: bool) -> None:
    out, missed = console(), function["missed"]
    shown = missed if whole else missed[:_MISSED_SHOWN]
    for sentence in shown:
        out.print(f"    {sentence}", markup=False)
    if len(shown) < len(missed):
        out.print(f"    and {len(missed) - len(shown)} more of it", markup=False)
    if function["corpora"]:
        out.print(f"    {_run_by(function)}", style="dim", markup=False)


def _run_by(function: Mapping[str, Any]) -> str:
    """Return which cases run a function, in words."""
    corpora = ", ".join(f"{name} {count}" for name, count in function["corpora"].items())
    return f"cases that run it: {corpora}; such as {', '.join(function['cases'])}"
