"""`parity-kit upstream`: LangGraph's own tests, run on a candidate."""

from __future__ import annotations

import os
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
from parity_kit.contract.errors import UsageError
from parity_kit.upstream.plugin_names import CODEC, SAVER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console
    from rich.table import Table

    from parity_kit.candidates.manifest import Candidate
    from parity_kit.report.ci.files import Wanted
    from parity_kit.upstream.bench import TestBench
    from parity_kit.upstream.comparing import Cause, Verdict
    from parity_kit.upstream.judged import JudgedTests
    from parity_kit.upstream.part import Part
    from parity_kit.upstream.session import Selection

_SUITES = ("langgraph", "checkpoint", "prebuilt", "checkpoint-sqlite", "checkpoint-postgres")
_SAVER_SUITES = ("langgraph", "prebuilt")
"""Those of the others that use savers look into LangGraph's own."""
_SHOWN = 10


@click.command("upstream")
@click.argument("candidate", shell_complete=completing.candidates)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    type=click.Choice(_SUITES),
    help="Only these suites (default: all).",
)
@click.option(
    "--part",
    "named",
    type=click.Choice((CODEC, SAVER)),
    help="Of a candidate that does not run LangGraph: only this part of it (default: all it has).",
)
@click.option("--file", default="*", metavar="GLOB", help="Only test files that match.")
@click.option("-k", "keyword", default="", metavar="EXPRESSION", help="Only tests that match.")
@click.option(
    "--published",
    is_flag=True,
    help="Only the tests that a published port counts: test_pregel.py in memory, without streams, "
    "interrupts, subgraphs and sends.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    help="Test files that run at the same time (default: one for each processor).",
)
@click.option(
    "--postgres",
    is_flag=True,
    help="Also the tests that need PostgreSQL, each file on a server of its own.",
)
@files_options
@json_option
@workspace_option
def command(
    workspace: Workspace,
    candidate: str,
    suites: tuple[str, ...],
    named: str | None,
    file: str,
    keyword: str,
    published: bool,
    postgres: bool,
    workers: int,
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Run LangGraph's own tests on a candidate.

    The tests are those of the LangGraph release in the candidate's environment. That release runs
    them twice first; tests whose results differ are set aside. A test that fails only on the
    candidate is run again alone before it counts. The number of tests that pass always comes with
    the number in which the candidate's own code ran. To resume a stopped session, run the same
    command again.

    A candidate that does not run LangGraph is tested inside the reference's LangGraph: its codec
    receives all that LangGraph's serializer makes, and its savers replace LangGraph's. What
    it does not offer is named.

    The candidate's ledger and [upstream] in parity.toml apply. Exits with 0 if no test regresses, 1
    for a regression, a stale ledger entry or a broken rule, and 3 if the candidate's code ran in no
    test that passes.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.cli.upstream_run import TestRun, run_tests
    from parity_kit.upstream.bench import prepare
    from parity_kit.upstream.judged import UPSTREAM
    from parity_kit.upstream.session import Selection, UpstreamSession

    _check_postgres(suites, postgres=postgres)
    known = find(workspace, candidate)
    selection = Selection(keyword, published, file)
    left_out = _left_out(suites, named, selection)
    verdicts: list[tuple[Verdict, TestBench]] = []
    with progress_messages("preparing") as emit:
        benches: list[tuple[Part | None, TestBench]] = []
        for part in _parts(known, named, workspace, emit):
            of_part = _SAVER_SUITES if part and part.name == SAVER else _SUITES
            chosen = ("langgraph",) if published else suites or of_part
            names = [name for name in _SUITES if name in chosen]
            benches.append((part, prepare(known, names, workspace, emit, postgres=postgres)))

    def judge(emit: Callable[[str], None]) -> list[JudgedTests]:
        judged: list[JudgedTests] = []
        for part, bench in benches:
            session = UpstreamSession(bench, workspace, known, selection, workers, emit, part)
            verdict = session.judge()
            verdicts.append((verdict, bench))
            judged += verdict.judged(bench.releases, part.name if part else "")
        return judged

    missing = [] if named else _missing([part for part, _ in benches])
    asked = TestRun(UPSTREAM, known, benches[0][1].packages, left_out, wanted)
    ended = run_tests(workspace, asked, judge)
    if as_json:
        plain = [_as_json(*judged) for judged in verdicts]
        verdict = plain[0] if len(plain) == 1 else {"parts": plain}
        print_json({**ended.to_json(), **verdict, "not_offered": missing})
    else:
        for judged in verdicts:
            _show(*judged)
        for name in missing:
            console().print(f"{candidate} offers no {name}: none stood in LangGraph", markup=False)
        ended.show()
    return int(ended.conclusion.exit_code)


def _check_postgres(suites: Sequence[str], *, postgres: bool) -> None:
    from parity_kit.reference.postgres_server import no_server
    from parity_kit.upstream.suites import POSTGRES

    if POSTGRES in suites and not postgres:
        raise UsageError(f"the suite {POSTGRES} needs a PostgreSQL server", hint="add --postgres")
    if postgres and (reason := no_server()):
        raise UsageError(reason)


def _left_out(suites: Sequence[str], part: str | None, selection: Selection) -> list[str]:
    """Return what makes this a part of the tests, in words."""
    asked = [
        *([f"of the suites {', '.join(suites)}"] if suites else []),
        *([f"of its {part}"] if part else []),
        *([f"in {selection.file}"] if selection.file != "*" else []),
        *([f"that match {selection.expression}"] if selection.expression else []),
    ]
    return [f"only tests {' and '.join(asked)} were run"] if asked else []


def _parts(
    candidate: Candidate, named: str | None, workspace: Workspace, emit: Callable[[str], None]
) -> Sequence[Part | None]:
    """Return the parts to judge; None stands for a candidate that runs LangGraph itself."""
    from parity_kit.candidates.manifest import PipSetup
    from parity_kit.upstream.part import parts_of

    if isinstance(candidate.setup, PipSetup):
        if named is None:
            return [None]
        raise UsageError(
            f"{candidate.name} runs LangGraph itself: it has no parts", hint="leave --part out"
        )
    parts = [
        part
        for part in parts_of(candidate, workspace, emit)
        if named in {None, part.name} and (part.name != SAVER or part.stands_in)
    ]
    if not parts:
        raise UsageError(
            f"{candidate.name} offers no {named or 'codec and no saver'} that could stand in"
            " LangGraph",
            hint="compare it by `parity-kit gate` and `parity-kit run`",
        )
    return parts


def _missing(parts: Sequence[Part | None]) -> list[str]:
    """Return which parts a candidate in another language does not offer."""
    offered = {part.name for part in parts if part}
    return [name for name in (CODEC, SAVER) if name not in offered] if offered else []


def _as_json(verdict: Verdict, bench: TestBench) -> dict[str, object]:
    return {
        "name": verdict.candidate,
        "packages": dict(bench.packages),
        "counts_calls": verdict.counts_calls,
        "problems": [*verdict.problems],
        "not_run": {f"{file.suite} {file.file}": file.problem for file in verdict.broken},
        "causes": [
            {"error": cause.error, "place": cause.place, "tests": [*cause.tests]}
            for cause in verdict.causes
        ],
        "tests": [
            {
                "suite": test.suite,
                "test": test.result.test,
                "standing": test.standing.value,
                "drove": test.result.drove if verdict.counts_calls else None,
                "calls": dict(test.result.calls),
                "seconds": test.result.seconds,
                "error": test.result.error,
                "place": test.result.place,
            }
            for test in verdict.tests
        ],
    }


def _show(verdict: Verdict, bench: TestBench) -> None:
    from parity_kit.upstream.comparing import Standing

    out = console()
    print_table(out, _table(verdict, bench))
    show_causes(out, verdict.causes)
    for standing in (Standing.ONLY_ALONE, Standing.QUARANTINED):
        for test in verdict.of(standing)[:_SHOWN]:
            out.print(f"{standing}: {test.suite} {test.result.test}", markup=False)
    for problem in (*verdict.problems, *verdict.not_run()):
        out.print(f"! {problem}", markup=False)


def show_causes(out: Console, causes: Sequence[Cause]) -> None:
    """Print the largest causes of failures, each with its first test."""
    for cause in causes[:_SHOWN]:
        place = f" at {cause.place}" if cause.place else ""
        out.print(f"{len(cause.tests)}x {cause.error}{place}", markup=False)
        out.print(f"    first: {cause.tests[0]}", markup=False)
    if len(causes) > _SHOWN:
        out.print(f"and {len(causes) - _SHOWN} more causes: --json lists all", markup=False)


def _table(verdict: Verdict, bench: TestBench) -> Table:
    from rich.table import Table

    from parity_kit.upstream.comparing import Standing, counts

    table = Table("suite", "release", box=None)
    for heading in (
        "tests",
        "passed",
        "its code ran",
        "regressions",
        "fail on both",
        "set aside",
        "skipped",
    ):
        table.add_column(heading, justify="right")
    versions = {suite.name: suite.version for suite in bench.suites}
    for name in verdict.suites:
        number = counts(verdict, name)
        drove = f"{verdict.drove(name):,}" if verdict.counts_calls else "not counted"
        aside = number[Standing.QUARANTINED] + number[Standing.ONLY_ALONE]
        table.add_row(
            name,
            versions[name],
            f"{sum(number.values()):,}",
            f"{number[Standing.PASSED]:,}",
            drove,
            *(
                f"{count:,}"
                for count in (
                    number[Standing.REGRESSION],
                    number[Standing.FAILS_ON_BOTH],
                    aside,
                    number[Standing.SKIPPED],
                )
            ),
        )
    return table
