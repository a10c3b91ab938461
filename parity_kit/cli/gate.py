"""`parity-kit gate`: candidates against the committed corpora, without LangGraph."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity_kit import __version__
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.files import files_options
from parity_kit.cli.tracing import trace_option
from parity_kit.contract import Level, SubjectKind
from parity_kit.contract.errors import BadManifestError, UnknownCandidateError, UsageError
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    DivergenceFound,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
)

if TYPE_CHECKING:
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.cli.gate_result import Result
    from parity_kit.gates.rules import Rules
    from parity_kit.gates.settings import Settings
    from parity_kit.report.ci.files import Wanted

_SHOWN_AT_THE_END = (
    RunStarted,
    CandidateFailed,
    GateFinished,
    DivergenceFound,
    CandidateJudged,
    RunFinished,
)


def _suites(
    context: click.Context, option: click.Parameter, given: Sequence[str]
) -> Mapping[str, int]:
    kinds = [kind.value for kind in SubjectKind]
    suites: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in kinds or not number.isdecimal() or not int(number):
            problem = f"{text!r} is not NAME=CASES, with {', '.join(kinds)} for NAME"
            raise click.BadParameter(problem, context, option)
        suites[name] = int(number)
    return suites


@click.command("gate")
@click.argument("candidate", required=False, shell_complete=completing.candidates)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    shell_complete=completing.imported_too,
    help="Only this corpus; may be repeated. imported:NAME is one of your own data.",
)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="NAME=CASES",
    callback=_suites,
    shell_complete=completing.suites,
    help="Search this suite in lockstep too; may be repeated. Loads LangGraph.",
)
@click.option(
    "--level",
    type=click.Choice([level.label for level in Level if level]),
    help="How closely outcomes must agree where the candidate claims it.  [default: bytes]",
)
@click.option("--floor", type=click.IntRange(min=1), help="Fewest cases that must be compared.")
@click.option(
    "--unsupported",
    type=click.FloatRange(0, 1),
    help="Largest share of the cases that may be unsupported.",
)
@click.option(
    "--expected",
    type=click.FloatRange(0, 1),
    help="Largest share of the cases that the ledger may excuse.",
)
@click.option("--ledger/--no-ledger", default=None, help="Excuse what the ledger expects.")
@click.option(
    "--cases",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a case of each divergence to DIRECTORY/cases/.",
)
@files_options
@trace_option
@json_option
@workspace_option
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
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Compare CANDIDATE, or all of `ours` in parity.toml, with every committed fixture.

    The rules are those of the table [gate] in parity.toml; options come before them. With --corpus
    only a part is run, and the floor and the shares of parity.toml are not asked of it.

    The first line printed is the verdict and why. The files for CI systems are written when the
    gate begins, saying that it has not ended, and again at its end; within GitHub's workflows its
    annotations and the step's summary are made without being asked for.

    Ends with 0 for parity, 1 for a divergence or a broken rule, 3 if a candidate could not be
    judged or nothing was compared.
    """
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
    asked = [_rules(settings, each.name, options) for each in candidates]
    notes = _left_out(workspace, corpora, settings.gate.corpora)
    least = Level[(level or "bytes").upper()]
    results, headline = _judged(
        workspace, settings, candidates, asked, least, wanted, folder, notes
    )
    code = max(result.exit_code for result in results)
    if not as_json:
        _show(results, headline, notes)
    elif candidate is not None:
        print_json(results[0].to_json())
    else:
        print_json({"exit_code": int(code), "candidates": [each.to_json() for each in results]})
    return code


def _judged(
    workspace: Workspace,
    settings: Settings,
    candidates: Sequence[Candidate],
    asked: Sequence[Rules],
    level: Level,
    wanted: Wanted,
    folder: Path | None,
    notes: Sequence[str],
) -> tuple[list[Result], str]:
    """Judge candidates by the rules asked of each; return their results, and all in a line."""
    from parity_kit.cli.gate_result import Result
    from parity_kit.cli.gate_run import GateRun
    from parity_kit.report.ci import Terminal
    from parity_kit.report.ci.files import opened

    results = [Result(candidate.name, level) for candidate in candidates]
    searched = any(rules.suites for rules in asked)
    with (
        _folder(workspace, folder, searched=searched) as kept,
        opened(wanted, workspace, kept) as files,
        Terminal(console(stderr=True)) as terminal,
    ):

        def emit(event: Event) -> None:
            files.emit(event)
            if not isinstance(event, _SHOWN_AT_THE_END):
                terminal.emit(event)

        started = time.perf_counter()
        names = [str(candidate.name) for candidate in candidates]
        emit(RunStarted("", __version__, _oracle(workspace, asked), {}, 0, names))
        run = GateRun(workspace, settings.floors, emit, terminal.note, kept)
        for each, rules, result in zip(candidates, asked, results, strict=True):
            run.judge(each, rules, result)
        code = int(max(result.exit_code for result in results))
        emit(RunFinished(code, time.perf_counter() - started, list(notes)))
    return results, str(files.account.headline())


@contextmanager
def _folder(workspace: Workspace, given: Path | None, *, searched: bool) -> Generator[Path | None]:
    """Yield where cases are written: a search needs a place, for what it finds is in no corpus."""
    if given is not None or not searched:
        yield given
        return
    from parity_kit.cli.lifecycle import new_run

    made = new_run(workspace, "gate")
    try:
        yield made
    finally:
        with suppress(OSError):
            made.rmdir()  # nothing was found that had to be written


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
    """Return the rules for one candidate: those of `ours`, and options before them."""
    rules = settings.gate if name in settings.ours else settings.gate.for_others()
    if options["corpora"]:
        rules = rules.for_a_part()
    return replace(rules, **{key: value for key, value in options.items() if value is not None})


def _oracle(workspace: Workspace, asked: Sequence[Rules]) -> dict[str, str]:
    """Return the oracle's versions; somebody's own data has no manifest to name them."""
    from parity_kit.corpora.imported import PREFIX
    from parity_kit.corpora.manifest import read_manifest

    own = all(
        each.corpora and all(name.startswith(PREFIX) for name in each.corpora) for each in asked
    )
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


def _show(results: Sequence[Result], headline: str, notes: Sequence[str]) -> None:
    from rich.markup import escape

    from parity_kit.judging.text import one_line
    from parity_kit.judging.words import colour

    out = console()
    worst = max(results, key=lambda result: result.exit_code)
    # Whoever reads only the first line is to know the verdict, and why.
    first, *others = headline.splitlines()
    if others and first.endswith(":"):
        first = f"{first} {others[-1].strip()}"
    out.print(escape(one_line(first)), style=f"bold {colour(worst.verdict)}")
    for result in results:
        out.print()
        if len(results) > 1:
            out.print(result.candidate, style="bold", markup=False)
        result.show()
    for note in notes:
        out.print(f"partial: {note}", style="dim", markup=False)
