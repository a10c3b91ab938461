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
from parity_kit.cli.files import files_options
from parity_kit.cli.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

    from parity_kit.cli.upstream_run import Ended
    from parity_kit.report.ci.files import Wanted
    from parity_kit.upstream.conformance import Conformed
    from parity_kit.upstream.judged import JudgedTests


@click.command("conformance")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@files_options
@json_option
@workspace_option
def command(workspace: Workspace, candidate: str | None, wanted: Wanted, as_json: bool) -> int:
    """Run LangGraph's conformance suite for savers on a candidate.

    A candidate that runs LangGraph is judged by LangGraph's savers in it, or by the saver that its
    manifest names. Of any other, the codec gets all that LangGraph's saver stores, and each of its
    savers stands in for LangGraph's. Without CANDIDATE, LangGraph's own savers are judged.

    The candidate's ledger and [conformance] in parity.toml apply. Exits with 0 if every function
    that applies passes, 1 if one fails, a capability is missing that every saver must offer, or a
    rule is broken, and 3 if the suite could not run or the candidate's code ran in no function.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.cli.upstream_run import TestRun, run_tests
    from parity_kit.upstream import conformance
    from parity_kit.upstream.bench import CONFORMANCE as SUITE
    from parity_kit.upstream.bench import for_conformance
    from parity_kit.upstream.judged import CONFORMANCE

    known = find(workspace, candidate) if candidate else None
    conformed: list[Conformed] = []
    with progress_messages("preparing") as emit:
        bench = for_conformance(known, workspace, emit)

    def judge(emit: Callable[[str], None]) -> list[JudgedTests]:
        conformed.extend(conformance.judge(known, bench, workspace, emit))
        return [one.judged(SUITE.replace("==", " ")) for one in conformed]

    ended = run_tests(workspace, TestRun(CONFORMANCE, known, bench.packages, (), wanted), judge)
    if as_json:
        print_json(_as_json(ended, conformed))
    else:
        _show(ended, conformed)
    return int(ended.conclusion.exit_code)


def _as_json(ended: Ended, conformed: Sequence[Conformed]) -> dict[str, object]:
    return {
        **ended.to_json(),
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
            for one in conformed
        ],
    }


def _show(ended: Ended, conformed: Sequence[Conformed]) -> None:
    from parity_kit.cli.upstream import show_causes
    from parity_kit.upstream.comparing import grouped
    from parity_kit.upstream.results import Outcome

    out = console()
    print_table(out, _table(conformed))
    for one in conformed:
        if one.not_offered:
            out.print(f"{one.label} does not offer {', '.join(one.not_offered)}", markup=False)
        show_causes(out, grouped(one.of(Outcome.FAILED)))
    ended.show()


def _table(conformed: Sequence[Conformed]) -> Table:
    from rich.table import Table

    from parity_kit.upstream.results import Outcome

    table = Table("saver", box=None)
    for heading in ("functions", "apply", "passed", "its code ran", "failed"):
        table.add_column(heading, justify="right")
    for one in conformed:
        passed, failed = len(one.of(Outcome.PASSED)), len(one.of(Outcome.FAILED))
        drove = str(one.drove) if one.counts_calls else "not counted"
        counts = (len(one.result.tests), passed + failed, passed, drove, failed)
        table.add_row(one.label, *map(str, counts))
    return table
