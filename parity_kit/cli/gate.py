"""`parity-kit gate`: candidates against the committed corpora, without LangGraph."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity_kit import __version__
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import corpora_option, echo, json_option, print_error, print_json
from parity_kit.cli.files import files_options
from parity_kit.cli.lifecycle import Run
from parity_kit.cli.tracing import trace_option
from parity_kit.cli.workers import workers_option
from parity_kit.contract import Level
from parity_kit.contract.errors import BadManifestError, UnknownCandidateError, UsageError
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    DivergenceFound,
    GateFinished,
    ReleaseCompared,
    RunStarted,
)

if TYPE_CHECKING:
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.cli.gate_result import Result
    from parity_kit.gates.rules import Rules
    from parity_kit.gates.runner import Judging, Plan
    from parity_kit.gates.settings import Settings
    from parity_kit.report.ci.files import Wanted

_SHOWN_AT_THE_END = (
    RunStarted,
    CandidateStarted,
    CandidateFailed,
    GateFinished,
    DivergenceFound,
    ReleaseCompared,
    CandidateJudged,
)


def _suites(
    context: click.Context, option: click.Parameter, given: Sequence[str]
) -> Mapping[str, int]:
    from parity_kit.gates.rules import SUITES

    suites: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in SUITES or not number.isdecimal() or not int(number):
            problem = f"{text!r} is not NAME=CASES, with {', '.join(SUITES)} for NAME"
            raise click.BadParameter(problem, context, option)
        suites[name] = int(number)
    return suites


class _Share(click.FloatRange):
    """A number from 0 to 1; `nan`, which no comparison refuses, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        share = super().convert(value, param, ctx)
        if math.isnan(share):
            self.fail(f"{value} is not a number from 0 to 1", param, ctx)
        return share


_SHARE = _Share(0, 1)


@click.command("gate")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    shell_complete=completing.imported_too,
    help="Run only this corpus; may be repeated. imported:NAME runs your own data.",
)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="NAME=CASES",
    callback=_suites,
    shell_complete=completing.suites,
    help="Also search this suite in lockstep; may be repeated. Loads LangGraph.",
)
@click.option(
    "--level",
    type=click.Choice([level.label for level in Level if level]),
    help="Compare at this level, or lower if the candidate claims less.  [default: bytes]",
)
@click.option("--floor", type=click.IntRange(min=1), help="Require this many equal cases.")
@click.option(
    "--unsupported",
    type=_SHARE,
    help="Allow this share of all cases to be unsupported.",
)
@click.option(
    "--expected",
    type=_SHARE,
    help="Allow the ledger to excuse this share of the compared cases.",
)
@click.option("--ledger/--no-ledger", default=None, help="Apply the ledger, or ignore it.")
@click.option(
    "--cases",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write one case per divergence to DIRECTORY/cases/.",
)
@workers_option("1", "Run the gates")
@files_options
@trace_option
@json_option
@corpora_option
def command(
    workspace: Workspace,
    candidate: str | None,
    corpora: tuple[str, ...],
    suites: dict[str, int],
    level: str | None,
    floor: int | None,
    unsupported: float | None,
    expected: float | None,
    ledger: bool | None,
    folder: Path | None,
    workers: int,
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Compare CANDIDATE, or every candidate in `ours`, with all committed fixtures.

    The rules come from [gate] in parity.toml; options override them. With --corpus only a part
    runs, and the floors and shares of parity.toml do not apply.

    The first line of the output is the verdict and its reason. The CI files are written at the
    start, marked as unfinished, and again at the end. In a GitHub workflow, annotations and the
    step summary are written too.

    Exits with 0 for parity, 1 for a divergence, a stale ledger entry or a broken rule, and 3 if a
    candidate could not be judged or nothing was compared.
    """
    from parity_kit.cli.gate_result import show
    from parity_kit.gates.runner import Plan
    from parity_kit.gates.settings import read_settings

    settings = read_settings(workspace)
    candidates = _candidates(workspace, candidate, settings)
    _check_corpora(workspace, settings, corpora)
    options = {
        "corpora": corpora or None,
        "suites": suites or None,
        "levels": {} if level else None,
        "floor": floor,
        "unsupported": unsupported,
        "expected": expected,
        "ledger": ledger,
    }
    least = Level[(level or "bytes").upper()]
    plans = [
        Plan(_rules(settings, chosen.name, options), least, floors=settings.floors)
        for chosen in candidates
    ]
    _warn_unredacted(workspace, plans, wanted, folder)
    notes = _left_out(workspace, corpora, settings.gate.corpora)
    searched = folder is None and any(plan.rules.suites for plan in plans)
    names = [str(chosen.name) for chosen in candidates]
    results: list[Result] = []
    with Run(
        workspace,
        RunStarted("", __version__, _oracle(workspace, plans), {}, 0, names),
        wanted,
        label="gate" if searched else "",  # what a search finds is in no corpus
        folder=folder,
        journaled=False,
        to_stderr=True,
        hidden=_SHOWN_AT_THE_END,
    ) as run:
        judging = run.judging(workers)
        for chosen, plan in zip(candidates, plans, strict=True):
            results.append(_judged(judging, run, chosen, plan))
        code = max(result.conclusion.exit_code for result in results)
        run.finish(code, notes)
    if not as_json:
        show(results, str(run.account.headline()), notes)
    elif candidate is not None:
        print_json(results[0].to_json())
    else:
        print_json({"exit_code": int(code), "candidates": [result.to_json() for result in results]})
    return code


def _warn_unredacted(
    workspace: Workspace, plans: Sequence[Plan], wanted: Wanted, folder: Path | None
) -> None:
    """Warn where values of a user's own would leave the workspace."""
    from parity_kit.corpora.imported import PREFIX, read_imported

    named = {name for plan in plans for name in plan.rules.corpora or ()}
    open_ = [
        name
        for name in sorted(named)
        if name.startswith(PREFIX)
        and not read_imported(workspace, name.removeprefix(PREFIX)).about.get("redacted")
    ]
    places = {
        "--junit": wanted.junit,
        "--sarif": wanted.sarif,
        "--markdown": wanted.markdown,
        "--cases": folder,
        "annotations": wanted.environment.get("GITHUB_ACTIONS") == "true",
        "the step summary": wanted.environment.get("GITHUB_STEP_SUMMARY"),
    }
    if open_ and (used := [place for place, given in places.items() if given]):
        echo(
            f"warning: {', '.join(open_)} is not redacted: where a candidate differs, its values "
            f"are written to {', '.join(used)}; to share them, fixtures import --redact",
            err=True,
        )


def _judged(judging: Judging, run: Run, candidate: Candidate, plan: Plan) -> Result:
    from parity_kit.cli.gate_result import Result

    began = run.seconds
    conclusion = judging.candidate(candidate, plan)
    error = judging.errors.get(candidate.name)
    if error is not None:
        print_error(error)
    summary = run.account.summary.candidate(candidate.name)
    oracle = run.account.oracle
    return Result(summary, plan.required, oracle, conclusion, error, run.seconds - began)


def _candidates(workspace: Workspace, named: str | None, settings: Settings) -> list[Candidate]:
    """Return the candidate that was named, or `ours`."""
    from parity_kit.candidates.launch import find

    if named is None and not settings.ours:
        raise BadManifestError(
            "lists no candidate, so there is nothing to judge",
            where=f"{workspace.root / MARKER}: key `ours`",
            hint='name some: ours = ["NAME"]; or one on the command line: parity-kit gate NAME',
        )
    if named is not None:
        return [find(workspace, named)]
    try:
        return [find(workspace, name) for name in settings.ours]
    except UnknownCandidateError as error:
        key = f"{workspace.root / MARKER}: key `ours`"
        raise BadManifestError(error.problem, where=key, hint=error.hint) from error


def _check_corpora(workspace: Workspace, settings: Settings, asked: Sequence[str]) -> None:
    """Check that the corpora are there before a candidate is started."""
    from parity_kit.gates.gate import check_wanted

    if asked:
        check_wanted(workspace, asked)
        return
    try:
        check_wanted(workspace, settings.gate.corpora)
    except UsageError as error:
        key = f"{workspace.root / MARKER}: key `gate.corpora`"
        raise BadManifestError(error.problem, where=key, hint=error.hint) from error


def _rules(settings: Settings, name: str, options: Mapping[str, Any]) -> Rules:
    """Return the rules for one candidate: those of parity.toml, and options before them."""
    rules = settings.rules(name)
    if options["corpora"]:
        rules = rules.for_a_part()
    return replace(rules, **{key: value for key, value in options.items() if value is not None})


def _oracle(workspace: Workspace, plans: Sequence[Plan]) -> dict[str, str]:
    """Return the oracle's versions; somebody's own data has no manifest to name them."""
    from parity_kit.corpora.imported import PREFIX
    from parity_kit.corpora.manifest import read_manifest

    corpora = [plan.rules.corpora for plan in plans]
    own = all(names and all(name.startswith(PREFIX) for name in names) for names in corpora)
    return {} if own else dict(read_manifest(workspace.fixtures).oracle)


def _left_out(workspace: Workspace, asked: Sequence[str], listed: Sequence[str]) -> list[str]:
    """Return what makes this a part of a gate, in words: corpora that are not run."""
    from parity_kit.corpora.manifest import read_manifest

    if asked:
        return [f"only these corpora were asked for: {', '.join(asked)}"]
    if listed and (known := read_manifest(workspace.fixtures).corpora.keys()) - set(listed):
        count = f"{len(known & set(listed))} of {len(known)} corpora"
        return [f"{MARKER} lists {count}: {', '.join(listed)}"]
    return []
