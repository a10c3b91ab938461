"""`parity-kit conformance`: LangGraph's conformance suite for savers, on a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import (
    console,
    json_option,
    print_json,
    progress_messages,
    workspace_option,
)
from parity_kit.cli.tables import print_table

if TYPE_CHECKING:
    from rich.table import Table

    from parity_kit.upstream.conformance import ConformanceVerdict


@click.command("conformance")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@json_option
@workspace_option
def command(workspace: Workspace, candidate: str | None, as_json: bool) -> int:
    """Run LangGraph's conformance suite for savers on a candidate.

    A candidate that runs LangGraph is judged by LangGraph's savers in it, or by the saver that its
    manifest names. Of any other, the codec gets all that LangGraph's saver stores, and each of its
    savers stands in for LangGraph's. Without CANDIDATE, LangGraph's own savers are judged.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.upstream.bench import for_conformance
    from parity_kit.upstream.conformance import judge

    known = find(workspace, candidate) if candidate else None
    with progress_messages("preparing") as emit:
        verdict = judge(known, for_conformance(known, workspace, emit), workspace, emit)
    if as_json:
        print_json(_as_json(verdict))
    else:
        _show(verdict)
    return int(verdict.exit_code)


def _as_json(verdict: ConformanceVerdict) -> dict[str, object]:
    return {
        "candidate": verdict.candidate,
        "headline": verdict.headline,
        "exit_code": int(verdict.exit_code),
        "savers": [
            {
                "saver": one.label,
                "not_offered": one.not_offered,
                "problem": one.result.problem,
                "functions": [
                    {
                        "function": test.test,
                        "outcome": test.outcome.value,
                        "calls": dict(test.calls),
                        "error": test.error,
                        "place": test.place,
                    }
                    for test in one.result.tests
                ],
            }
            for one in verdict.conformed
        ],
    }


def _show(verdict: ConformanceVerdict) -> None:
    from parity_kit.cli.upstream import show_causes
    from parity_kit.upstream.comparing import grouped
    from parity_kit.upstream.results import Outcome

    out = console()
    print_table(out, _table(verdict))
    for one in verdict.conformed:
        if one.not_offered:
            out.print(f"{one.label} does not offer {', '.join(one.not_offered)}", markup=False)
        show_causes(out, grouped(one.of(Outcome.FAILED)))
    mark = "✗" if verdict.exit_code else "✓"
    out.print(f"{mark} {verdict.candidate}: {verdict.headline}", markup=False)


def _table(verdict: ConformanceVerdict) -> Table:
    from rich.table import Table

    from parity_kit.upstream.results import Outcome

    table = Table("saver", box=None)
    for heading in ("functions", "apply", "passed", "its code ran", "failed"):
        table.add_column(heading, justify="right")
    for one in verdict.conformed:
        passed, failed = len(one.of(Outcome.PASSED)), len(one.of(Outcome.FAILED))
        drove = str(one.drove) if one.counts_calls else "not counted"
        counts = (len(one.result.tests), passed + failed, passed, drove, failed)
        table.add_row(one.label, *map(str, counts))
    return table
