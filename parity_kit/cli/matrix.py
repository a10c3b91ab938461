"""`parity-kit matrix`: how closely candidates match LangGraph, feature by feature."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, corpora_option, json_option, level_option, print_json
from parity_kit.cli.tables import print_table
from parity_kit.cli.workers import workers_option
from parity_kit.contract import Level
from parity_kit.contract.events import Event, GateProgress, RowJudged
from parity_kit.contract.text import one_line
from parity_kit.gates.matrix.claims import Claims
from parity_kit.gates.matrix.standing import counts, summary
from parity_kit.judging.verdicts import FAILURES, NO_CASE, WORST_FIRST
from parity_kit.judging.words import not_judged, not_looked_at

if TYPE_CHECKING:
    from rich.table import Table

    from parity_kit.candidates.manifest import Candidate
    from parity_kit.gates.conclusion import Conclusion
    from parity_kit.gates.matrix.rows import Row
    from parity_kit.gates.rules import Rules
    from parity_kit.gates.runner import Plan
    from parity_kit.report.ci import Terminal

_ONLY = {
    "differs": FAILURES,
    "unsupported": ("unsupported",),
    "agrees": ("equal",),
    "expected": ("expected",),
    "unknown": ("unknown", NO_CASE),
}
_REASONS = 10  # shown of each candidate, where there are several


@dataclass(frozen=True, slots=True)
class _Result:
    """A candidate's rows and conclusion; without rows it could not be judged."""

    candidate: str
    claims: Claims
    rows: Sequence[RowJudged]
    conclusion: Conclusion

    def row(self, row: Row) -> RowJudged | None:
        """Return a row's result, unless the candidate was not judged."""
        return next((known for known in self.rows if (known.category, known.row) == row.key), None)

    @property
    def reason(self) -> str:
        """Why the conclusion is what it is."""
        return self.conclusion.reason + self.conclusion.detail


@click.command("matrix")
@click.argument(
    "candidates",
    metavar="CANDIDATE...",
    nargs=-1,
    required=True,
    shell_complete=completing.candidates,
)
@click.option(
    "--category", "categories", multiple=True, help="Show only this category; may be repeated."
)
@click.option(
    "--row",
    "names",
    multiple=True,
    help="Show only rows whose name contains TEXT; may be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(_ONLY)),
    help="Show only rows with this result for some candidate; may be repeated.",
)
@click.option("--worst-first", is_flag=True, help="Sort by verdict, worst first.")
@level_option
@workers_option("1", "Run the gates")
@json_option
@corpora_option
def command(  # an option each
    workspace: Workspace,
    candidates: tuple[str, ...],
    categories: tuple[str, ...],
    names: tuple[str, ...],
    only: tuple[str, ...],
    worst_first: bool,
    level: str,
    workers: int,
    as_json: bool,
) -> int:
    """Report, feature by feature, how closely each CANDIDATE matches LangGraph.

    Every row is backed by committed cases, which run on the candidate and are compared with
    LangGraph's outcomes. A row reaches a level if all its cases do. `claimed` is what the
    candidate's authors say.

    Exits with 0 for parity, 1 for a divergence, a stale ledger entry or a broken rule, and 3 if a
    candidate could not be judged, nothing was compared, or a row you asked for has no case.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.gates.matrix.rows import all_rows, select
    from parity_kit.gates.settings import read_settings
    from parity_kit.report.ci import Terminal

    rows = select(all_rows(workspace.fixtures), categories, names)
    chosen = [find(workspace, name) for name in dict.fromkeys(candidates)]
    settings, part = read_settings(workspace), bool(categories or names)
    with Terminal(console(stderr=True)) as terminal:
        results = [
            _judged(
                workspace,
                candidate,
                _plan(settings.rules(candidate.name), rows, Level[level.upper()], part=part),
                terminal,
                workers,
            )
            for candidate in chosen
        ]
    shown = _shown(results, rows, only, worst_first=worst_first)
    if as_json:
        print_json(_as_json(results, shown))
    else:
        _print(results, shown, grouped=not worst_first)
    return max(result.conclusion.exit_code for result in results)


def _plan(rules: Rules, rows: Sequence[Row], required: Level, *, part: bool) -> Plan:
    """Return the plan for these rows; of a part of the matrix only its own cases are run."""
    from parity_kit.gates.runner import Plan

    rules = dataclasses.replace(rules.for_a_part() if part else rules, corpora=(), suites={})
    if required is not Level.BYTES:
        rules = dataclasses.replace(rules, levels={})  # a lower level was asked for
    if not part:
        return Plan(rules, required, rows=rows)
    rules = dataclasses.replace(rules, every_row=True)
    return Plan(
        rules,
        required,
        rows=rows,
        chosen=lambda case: any(row.shown_by(case) for row in rows),
    )


def _judged(
    workspace: Workspace, candidate: Candidate, plan: Plan, terminal: Terminal, workers: int
) -> _Result:
    from parity_kit.gates.matrix.claims import read_claims
    from parity_kit.gates.matrix.rows import read_rows
    from parity_kit.gates.runner import Judging

    claims, rows = read_claims(candidate, read_rows()), list[RowJudged]()

    def emit(event: Event) -> None:
        if isinstance(event, RowJudged):
            rows.append(event)
        elif isinstance(event, GateProgress):
            terminal.emit(event)

    judging = Judging(workspace, None, emit, terminal.note, workers=workers)
    conclusion = judging.candidate(candidate, plan)
    return _Result(candidate.name, claims, rows, conclusion)


def _shown(
    judged: Sequence[_Result], rows: Sequence[Row], only: Sequence[str], *, worst_first: bool
) -> list[Row]:
    """Return the rows to show, in order."""
    wanted = {verdict for word in only for verdict in _ONLY[word]}
    verdicts = {
        row.key: [judged_row.verdict for result in judged if (judged_row := result.row(row))]
        for row in rows
    }
    shown = [row for row in rows if not only or wanted & set(verdicts[row.key])]
    if worst_first:
        shown.sort(key=lambda row: min(map(WORST_FIRST.index, verdicts[row.key]), default=0))
    return shown


def _as_json(judged: Sequence[_Result], shown: Sequence[Row]) -> dict[str, object]:
    return {
        "candidates": [
            {
                "candidate": result.candidate,
                "verdict": result.conclusion.verdict,
                "reason": result.reason,
                "exit_code": int(result.conclusion.exit_code),
                "not_looked_at": list(result.conclusion.not_looked_at),
                "not_judged": list(result.conclusion.not_judged),
                "claims": {"source": result.claims.source, "version": result.claims.version},
                "levels": counts(result.rows),
                "rows": [
                    dataclasses.asdict(judged_row)
                    for row in shown
                    if (judged_row := result.row(row))
                ],
            }
            for result in judged
        ]
    }


def _print(judged: Sequence[_Result], shown: Sequence[Row], *, grouped: bool) -> None:
    from rich.markup import escape

    from parity_kit.contract.text import one_line, sentence

    out = console()
    if shown:
        print_table(out, _table(judged, shown, grouped=grouped))
    for result in judged:
        out.print(f"\n[bold]{escape(result.candidate)}[/bold]: {_summary(result)}")
        if len(judged) > 1:
            for reason, count in _reasons(result).most_common(_REASONS):
                said = one_line(sentence(reason))
                out.print(f"  {said}: {_rows(count)}", markup=False, style="dim")
        if result.claims.by_row:
            out.print(f"  {_claims(result)}", markup=False, style="dim")
        for line in (
            not_judged(result.conclusion.not_judged),
            not_looked_at(result.conclusion.not_looked_at),
        ):
            if line:
                out.print(f"  {line}", markup=False, style="dim")


def _table(judged: Sequence[_Result], shown: Sequence[Row], *, grouped: bool) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("row", box=None)
    for result in judged:
        table.add_column(escape(result.candidate))
        table.add_column("agree", justify="right", style="dim")
        if result.claims.by_row:
            table.add_column("claimed", style="dim")
    if len(judged) == 1:
        table.add_column("why not", overflow="fold", style="dim")
    category = ""
    for row in shown:
        if grouped and row.category != category:
            category = row.category
            table.add_row(f"[bold]{escape(category)}[/bold]")
        name = f"  {row.name}" if grouped else f"{row.category}: {row.name}"
        cells = [cell for result in judged for cell in _cells(result, row)]
        table.add_row(escape(name), *cells, *([_why(judged[0], row)] if len(judged) == 1 else []))
    return table


def _cells(result: _Result, row: Row) -> list[str]:
    from parity_kit.gates.matrix.standing import agreeing, in_words, standing
    from parity_kit.judging.words import mark

    judged_row = result.row(row)
    if judged_row is None:
        cells = [mark("unknown", "not judged"), ""]
    else:
        text = in_words(standing(judged_row.verdict, judged_row.reached, judged_row.compared))
        cells = [mark(judged_row.verdict, text), agreeing(judged_row.verdicts, judged_row.reasons)]
    return [*cells, result.claims.by_row.get(row.key, "")] if result.claims.by_row else cells


def _why(result: _Result, row: Row) -> str:
    """Return where a row first differs, or what was said of the cases that were not compared."""
    from rich.markup import escape

    from parity_kit.contract.text import one_line

    judged_row = result.row(row)
    if judged_row is None or judged_row.verdict == "equal" or not judged_row.verdicts:
        return ""
    first = judged_row.differing[0][0] if judged_row.differing else "; ".join(judged_row.reasons)
    return escape(one_line(first))


def _summary(result: _Result) -> str:
    from rich.markup import escape

    from parity_kit.judging.words import mark

    verdict = f"{mark(result.conclusion.verdict)}: {escape(one_line(result.reason))}"
    if not result.rows:
        return verdict
    published = sum(row.published for row in result.rows)
    rows = f"{len(result.rows)} rows, {published} of them in the published table"
    return f"{verdict}\n  {summary(result.rows)} ({rows})"


def _claims(result: _Result) -> str:
    from parity_kit.gates.matrix.standing import refuted

    against = Counter(refuted(row.verdict, row.reached, row.claimed) for row in result.rows)
    refutations = "".join(
        f"; {word}: {_rows(count)}" for word, count in sorted(against.items()) if word
    )
    return f"claimed: {result.claims.source} ({result.claims.version}){refutations}"


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _reasons(result: _Result) -> Counter[str]:
    return Counter(reason for row in result.rows for reason in row.reasons)
