"""`parity-kit campaign`: a search of very many cases against one candidate."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import (
    console,
    corpora_option,
    json_option,
    level_option,
    print_json,
    progress_messages,
)
from parity_kit.cli.files import files_options
from parity_kit.cli.lifecycle import Order, begin, resume_option
from parity_kit.cli.tables import print_table
from parity_kit.cli.workers import workers_option
from parity_kit.contract import Level, SubjectKind
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import CandidateFailed, Event, GateFinished

if TYPE_CHECKING:
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.cli.lifecycle import Run
    from parity_kit.gates.campaign import Campaign, Executor, Latest
    from parity_kit.gates.campaign_worker import Campaigned
    from parity_kit.gates.conclusion import Conclusion
    from parity_kit.gates.settings import Settings
    from parity_kit.judging.ledger import Ledger
    from parity_kit.report.ci.files import Wanted

_ASKED = ("candidate", "suites", "examples", "seed", "level")
"""The options that a resumed campaign keeps."""
_MINUTE = 60


@click.command("campaign")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="Cases to try, shared by the suites.",
)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    type=click.Choice([*(kind.value for kind in SubjectKind), "handover", "crash"]),
    help="Search only this suite; may be repeated (default: all but handover and crash).",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop after this many minutes; --resume continues.",
)
@click.option("--seed", default=0, show_default=True, help="The seed of every choice.")
@level_option
@workers_option("auto", "Search")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Search on the workers of a Dask scheduler, such as tcp://HOST:8786.",
)
@resume_option
@files_options
@json_option
@corpora_option
def command(
    workspace: Workspace,
    candidate: str | None,
    examples: int,
    suites: tuple[str, ...],
    minutes: float | None,
    seed: int,
    level: str,
    workers: int,
    scheduler: str | None,
    resumed: str | None,
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Search very many cases of CANDIDATE for disagreements, in several processes.

    All cases are random. Cases that fail for one cause are counted together, and one of them is
    shrunk; `parity-kit run` tries it first from then on. Says how much the search has covered, and
    whether going on is worth it.

    To continue a campaign that was stopped, killed or ended by --minutes, give --resume RUN.

    Exits with 0 for parity, 1 for a divergence, and 3 if the candidate could not be judged or
    nothing was compared.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.gates.campaign import Campaign
    from parity_kit.gates.settings import read_settings
    from parity_kit.judging.ledger import Ledger, read_ledger
    from parity_kit.report.write import write_report

    settings = read_settings(workspace)

    def order() -> Order:
        if candidate is None:
            raise click.MissingParameter(param_hint="CANDIDATE", param_type="argument")
        names = list(suites) or [kind.value for kind in SubjectKind]
        return Order([candidate], seed, {"suites": names, "examples": examples, "level": level})

    with begin(workspace, resumed, _ASKED, order, wanted, as_json=as_json) as run:
        (name,) = run.start.candidates
        chosen = find(workspace, name)
        ledger = read_ledger(chosen.folder)
        if not settings.rules(name).ledger:
            ledger = Ledger(ledger.file)
        assert run.folder, "a run that began has a folder"  # noqa: S101  # an invariant
        campaign = Campaign.read(run.folder)

        def executor(asked: Campaigned) -> Executor:
            if scheduler is not None:
                from parity_kit.gates.campaign_dask import DaskExecutor

                return DaskExecutor(asked, scheduler)
            from parity_kit.gates.campaign_forks import ForkExecutor

            return ForkExecutor(asked, workers)

        conclusion = _searched(
            run, run.folder, campaign, chosen, ledger, settings, executor, minutes
        )
        notes = _left(campaign, run.start.asked["examples"])
        run.finish(conclusion.exit_code, notes)
    page = write_report(run.folder)
    if as_json:
        print_json(_as_json(campaign, conclusion, page))
    else:
        _show(campaign, run, page, notes)
    return int(conclusion.exit_code)


def _searched(
    run: Run,
    folder: Path,
    campaign: Campaign,
    candidate: Candidate,
    ledger: Ledger,
    settings: Settings,
    executor: Callable[[Campaigned], Executor],
    minutes: float | None,
) -> Conclusion:
    """Search on, emit what the campaign comes to, and return the conclusion."""
    from parity_kit.candidates.launch import start
    from parity_kit.corpora.reach import read_reach
    from parity_kit.gates.campaign import CampaignRun
    from parity_kit.gates.campaign_result import result_events
    from parity_kit.gates.campaign_worker import Campaigned
    from parity_kit.gates.candidate_gates import candidate_started
    from parity_kit.gates.conclusion import conclude
    from parity_kit.gates.totals import GateTotals
    from parity_kit.search.slices import slices

    asked, totals, name = run.start.asked, GateTotals(), candidate.name

    def emit(event: Event) -> None:
        totals.emit(event)
        run.emit(event)

    level = Level[asked["level"].upper()]
    made_of, oracle = run.start.made_of, run.start.oracle
    campaigned = Campaigned(
        run.start.run, run.workspace, name, level, run.start.seed, ledger, oracle, made_of
    )
    try:
        with start(candidate, run.workspace, on_progress=run.note) as engine:
            emit(candidate_started(candidate, run.workspace, engine, run.start.oracle))
        with progress_messages("searching") as tell:
            told = _teller(campaign, asked["examples"], run.note, tell)
            CampaignRun(campaigned, folder, campaign, told).run(
                slices(asked["suites"], asked["examples"]),
                executor(campaigned),
                60 * minutes if minutes else float("inf"),
            )
    except CandidateError as error:
        emit(CandidateFailed(name, candidate.title, error.code, error.problem))
    for event in result_events(campaign, name, level, settings.floors):
        emit(event)
    reach = read_reach(run.workspace.fixtures)
    conclusion = conclude(totals, settings.rules(name).for_a_part(), reach)
    run.emit(conclusion.event(name))
    return conclusion


def _teller(
    campaign: Campaign, examples: int, note: Callable[[str], None], tell: Callable[[str], None]
) -> Callable[[], None]:
    """Return what shows how far a campaign is: a line for each new cause, and one for the rest."""
    began, before = time.monotonic(), campaign.cases
    known = set(campaign.causes)

    def progress() -> None:
        for suite, verdict, cause in campaign.causes.keys() - known:
            note(f"new after {_time(campaign.seconds)}: {suite}, {verdict}, {cause}")
        known.update(campaign.causes)
        rate = (campaign.cases - before) / (time.monotonic() - began)
        last = campaign.last_new
        ago = "" if last is None else f", the last {_time(campaign.seconds - last)} ago"
        tell(
            f"{campaign.cases:,} of {examples:,} cases, {rate:,.0f} a second · {campaign.covered:,}"
            f" feature pairs, {campaign.latest().pairs_per_hour:,.0f} new an hour ·"
            f" {len(campaign.causes)} causes{ago}"
        )

    return progress


def _left(campaign: Campaign, examples: int) -> list[str]:
    done = campaign.cases
    return [f"{done:,} of {examples:,} cases were tried"] if done < examples else []


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02} h"
    return f"{minutes}:{rest:02} min" if minutes else f"{rest} s"


def advice(latest: Latest) -> str:
    """Return whether going on is worth it, from what the second half of a campaign brought."""
    causes = f"{latest.causes} new cause{'' if latest.causes == 1 else 's'}"
    gained = (
        f"the last {_time(latest.seconds)} brought {causes} and {latest.pairs:,} new feature pairs"
        f" of {latest.covered:,} ({latest.pairs_per_hour:,.0f} an hour)"
    )
    match latest.is_worth_more:
        case None:
            return f"too short to say whether going on is worth it: {gained}"
        case True:
            return f"going on is worth it: {gained}"
        case False:
            return f"going on is no longer worth it: {gained}"


def _as_json(campaign: Campaign, conclusion: Conclusion, page: Path) -> dict[str, object]:
    latest = campaign.latest()
    return {
        "report": str(page),
        "verdict": conclusion.verdict,
        "reason": conclusion.reason + conclusion.detail,
        "not_looked_at": list(conclusion.not_looked_at),
        "exit_code": int(conclusion.exit_code),
        "seconds": campaign.seconds,
        "cases": campaign.cases,
        "suites": {
            suite: {
                "cases": totals.cases,
                "verdicts": dict(totals.verdicts),
                "pairs": totals.pairs.bit_count(),
                "process_seconds": totals.seconds,
            }
            for suite, totals in campaign.suites.items()
        },
        "causes": [
            {
                "suite": suite,
                "verdict": verdict,
                "cause": cause,
                "cases": known.cases,
                "first_after_seconds": known.at,
                "file": known.shrunk.found.file if known.shrunk and known.shrunk.found else "",
            }
            for (suite, verdict, cause), known in campaign.causes.items()
        ],
        "second_half": {
            "seconds": latest.seconds,
            "new_pairs": latest.pairs,
            "new_pairs_per_hour": latest.pairs_per_hour,
            "new_causes": latest.causes,
            "is_worth_more": latest.is_worth_more,
        },
    }


def _show(campaign: Campaign, run: Run, page: Path, notes: list[str]) -> None:
    from rich.table import Table

    out = console()
    table = Table("cases", "verdict", "cause", "first after", "case", box=None)
    causes = sorted(campaign.causes.items(), key=lambda item: -item[1].cases)
    for (suite, verdict, cause), known in causes:
        file = known.shrunk.found.file if known.shrunk and known.shrunk.found else "not shrunk"
        where = f"{suite}: {verdict}"
        table.add_row(f"{known.cases:,}", where, cause, _time(known.at), file)
    if causes:
        print_table(out, table)
    gates = [event for event in run.events if isinstance(event, GateFinished)]
    for gate in gates[-len(campaign.suites) :]:
        seconds = campaign.suites[gate.gate.removeprefix("lockstep ")].seconds
        tried = sum(gate.verdicts.values())
        rate = f"{tried / seconds:,.0f}" if seconds else "?"
        out.print(f"{gate.gate}: {tried:,} cases, {rate} a second in one process", markup=False)
    for note in notes:
        out.print(f"partial: {note}", style="dim", markup=False)
    out.print(advice(campaign.latest()), markup=False)
    out.print(f"time      {_time(campaign.seconds)}", markup=False)
    out.print(f"report    {page}", markup=False)
