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
@click.option(
    "--javascript", is_flag=True, help="Judge its savers by LangGraph.js's validation; needs Node."
)
@files_options
@json_option
@workspace_option
def command(
    workspace: Workspace, candidate: str | None, javascript: bool, wanted: Wanted, as_json: bool
) -> int:
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
    from parity_kit.upstream import conformance, validation
    from parity_kit.upstream.bench import CONFORMANCE as SUITE
    from parity_kit.upstream.bench import for_conformance
    from parity_kit.upstream.judged import CONFORMANCE

    known = find(workspace, candidate) if candidate else None
    if javascript:
        validation.check(known)
    conformed: list[Conformed] = []
    with progress_messages("preparing") as emit:
        bench = for_conformance(known, workspace, emit)

    def judge(emit: Callable[[str], None]) -> list[JudgedTests]:
        if javascript:
            return validation.judge(known, bench, workspace, emit)
        conformed.extend(conformance.judge(known, bench, workspace, emit))
        return [one.judged(SUITE.replace("==", " ")) for one in conformed]

    left_out = ["only LangGraph.js's validation was run"] if javascript else []
    asked = TestRun(CONFORMANCE, known, bench.packages, left_out, wanted)
    ended = run_tests(workspace, asked, judge)
    if as_json:
        print_json(_as_json(ended, conformed))
    else:
        _show(ended, conformed)
    return int(ended.conclusion.exit_code)


def _as_json(ended: Ended, conformed: Sequence[Conformed]) -> dict[str, object]:
    return {
        **ended.to_json(),
        "tests": [
            {
                "saver": tests.name,
                "standings": dict(tests.standings),
                "drove": tests.drove,
                "failed": [test.test for test in tests.failed],
            }
            for tests in ended.judged
        ],
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

    out = console()
    print_table(out, _table(ended.judged))
    for one in conformed:
        if one.not_offered:
            out.print(f"{one.label} does not offer {', '.join(one.not_offered)}", markup=False)
    for tests in ended.judged:
        show_causes(out, grouped(tests.failed))
    ended.show()


def _table(judged: Sequence[JudgedTests]) -> Table:
    from rich.table import Table

    table = Table("saver", box=None)
    for heading in ("tests", "apply", "passed", "its code ran", "failed"):
        table.add_column(heading, justify="right")
    for tests in judged:
        passed, failed = len(tests.passed), len(tests.failed)
        drove = "not counted" if tests.drove is None else str(tests.drove)
        counts = (sum(tests.standings.values()), passed + failed, passed, drove, failed)
        table.add_row(tests.name, *map(str, counts))
    return table
