"""`parity-kit upgrade`: what becomes of threads and recordings under another release."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from parity_kit import __version__
from parity_kit.candidates import environment
from parity_kit.candidates.manifest import Candidate, Kind, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.cli.lifecycle import Run
from parity_kit.cli.user_checkpoints import counting
from parity_kit.contract import EngineName
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    DivergenceFound,
    Event,
    GateFinished,
    ReleaseCompared,
    RunFinished,
    RunStarted,
)
from parity_kit.contract.files import read_text
from parity_kit.contract.text import one_line
from parity_kit.judging.words import functions_changed, mark

if TYPE_CHECKING:
    from parity_kit.apps.upgrade.databases import Database
    from parity_kit.apps.upgrade.judging import Asked
    from parity_kit.candidates.cached import Progress
    from parity_kit.report.upgrade import CaseTally

_SHOWN_AT_THE_END = (
    RunStarted,
    CandidateStarted,
    CandidateFailed,
    GateFinished,
    DivergenceFound,
    ReleaseCompared,
    CandidateJudged,
    RunFinished,
)
_PARTS = ("langgraph-checkpoint-postgres", "psycopg", "psycopg-binary", "pycryptodome")
_MOST_SHOWN = 20


@click.command("upgrade")
@click.argument("release", metavar="langgraph==VERSION")
@click.option("--sqlite", metavar="FILE", help="The database of a SqliteSaver.")
@click.option("--postgres", metavar="URL", help="The database of a PostgresSaver.")
@click.option(
    "--app",
    metavar="MODULE:GRAPH",
    help="The application's graph, to read states; or [app] of parity.toml.",
)
@click.option("--thread", "threads", multiple=True, help="Only this thread; may be repeated.")
@click.option(
    "--answers",
    metavar="FILE",
    help='JSON: answers that resume threads, by thread; "*" is for all others. Nodes really run.',
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Longest time to resume a thread; one that takes longer is not judged.",
)
@click.option(
    "--serde",
    metavar="MODULE:NAME",
    help="The EncryptedSerializer of the database, or a function that returns it.",
)
@click.option(
    "--with", "extra", multiple=True, metavar="REQUIREMENT", help="Install this there too."
)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    shell_complete=completing.imported_too,
    help="Run only this corpus on the release, such as recordings; may be repeated.",
)
@json_option
@corpora_option
def command(
    workspace: Workspace,
    release: str,
    sqlite: str | None,
    postgres: str | None,
    app: str | None,
    threads: tuple[str, ...],
    answers: str | None,
    seconds: float,
    serde: str | None,
    extra: tuple[str, ...],
    corpora: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Answer in one page what another release of LangGraph changes for an application.

    What would pip install? Thread by thread, on copies: does it load with the same state and
    history, does it resume to the same state, and can the present release still read it
    afterwards? Do recordings and the kit's own cases run the same there, and which changed
    functions does no case run? The database itself is only read. To resume after a stop, run the
    same command again: it continues after the last thread.

    Exits with 0 if everything stays the same, 1 if something differs, and 3 if something could not
    be judged.
    """
    from parity_kit.apps.configured import read_application
    from parity_kit.apps.upgrade.installing import plan_of
    from parity_kit.apps.upgrade.judging import Asked
    from parity_kit.corpora.drift.recipes import baseline_name, installed_recipe
    from parity_kit.corpora.oracle import versions
    from parity_kit.gates.gate import check_wanted
    from parity_kit.report.ci.files import Wanted
    from parity_kit.report.upgrade import CaseTally, result_json, write_upgrade

    configured = read_application(workspace.root)
    app, extra = app or configured.graph, (*configured.requirements, *extra)
    if answers and not app:
        raise UsageError("--answers needs --app", hint="only an application resumes its threads")
    given = _answers(Path(answers)) if answers else {}
    name = baseline_name(release)
    release = name.replace("-", "==", 1)  # as it may be given alone
    check_wanted(workspace, corpora)
    database = _database(sqlite, postgres, threads, serde)
    start = RunStarted("", __version__, versions(workspace), {}, 0, [name])
    with Run(
        workspace,
        start,
        Wanted(),
        label=f"upgrade-{name}",
        journaled=False,
        to_stderr=as_json,
        hidden=_SHOWN_AT_THE_END,
    ) as run:
        plan = plan_of([release, *extra])
        recipe = installed_recipe(release, plan.pins, [*_installed_parts(), *extra])
        candidate = _candidate(workspace, recipe)
        python = environment.make(recipe, workspace, run.note)
        judged, left = None, None
        if database is not None:
            before = _installed(workspace, configured.requirements, run.note)
            asked = Asked(
                database, before, python, app, given, threads, serde, configured.path, seconds
            )
            left = asked.folder(workspace)
            judged = _threads(workspace, asked, left)
        tally = CaseTally()
        summary = _gated(workspace, run, candidate, corpora, tally)
        assert run.folder, "a run with a label has a folder"  # noqa: S101  # an invariant
        result = result_json(
            release,
            plan.changes,
            judged,
            summary,
            tally,
            not_judged=_not_judged(judged, app, corpora),
            seconds=run.seconds,
        )
        page = write_upgrade(run.folder, result)
        run.finish(result["exit_code"])
    if left is not None:
        shutil.rmtree(left, ignore_errors=True)
    if as_json:
        print_json({**result, "page": str(page)})
    else:
        _print(result, page)
    return int(result["exit_code"])


def _candidate(workspace: Workspace, recipe: environment.Recipe) -> Candidate:
    """Return the release as a candidate, in the environment in which threads are judged."""
    folder = workspace.cache / "upgrades" / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    setup = PipSetup(recipe.requirements, None, folder)
    name, title = EngineName(recipe.name), recipe.owner.removeprefix("release ")
    return Candidate(name, title, Kind.PIP, "Python", setup, folder)


def _installed(workspace: Workspace, requirements: tuple[str, ...], note: Progress) -> Path:
    """Return the interpreter with the installed release and what the application requires."""
    from importlib import metadata

    from parity_kit.corpora.drift.recipes import installed_recipe

    if not requirements:
        return Path(sys.executable)
    release = f"langgraph=={metadata.version('langgraph')}"
    recipe = installed_recipe(release, (), [*_installed_parts(), *requirements])
    return environment.make(recipe, workspace, note)


def _threads(workspace: Workspace, asked: Asked, folder: Path) -> dict[str, Any]:
    from parity_kit.apps.upgrade.judging import judge_upgrade

    started = time.perf_counter()
    with counting("threads") as progress:
        upgrade = judge_upgrade(workspace, asked, folder, progress)
    return {**upgrade.to_json(), "seconds": time.perf_counter() - started}


def _gated(
    workspace: Workspace,
    run: Run,
    candidate: Candidate,
    corpora: tuple[str, ...],
    tally: CaseTally,
) -> dict[str, Any]:
    """Judge the release by corpora and recordings, and return its part of a `report.json`."""
    from parity_kit.gates.runner import Judging, Plan
    from parity_kit.gates.settings import read_settings

    def emit(event: Event) -> None:
        tally.emit(event)
        run.emit(event)

    rules = read_settings(workspace).rules(candidate.name)
    if corpora:
        rules = dataclasses.replace(rules.for_a_part(), corpora=corpora)
    Judging(workspace, None, emit, run.note).candidate(candidate, Plan(rules))
    return run.account.summary.candidate(candidate.name).to_json()


def _database(
    sqlite: str | None, postgres: str | None, threads: tuple[str, ...], serde: str | None
) -> Database | None:
    if sqlite is None and postgres is None:
        return None
    if sqlite is not None and postgres is not None:
        raise UsageError("name one database", hint="either --sqlite FILE or --postgres URL")
    if sqlite is not None:
        from parity_kit.apps.upgrade.sqlite_copies import SqliteDatabase

        database = SqliteDatabase(Path(sqlite), threads, serde)
        database.check()
        return database
    from parity_kit.apps.upgrade.postgres_copies import PostgresDatabase

    return PostgresDatabase(str(postgres), threads, serde)


def _installed_parts() -> list[str]:
    """Return the optional parts that savers need, as they are installed here."""
    from importlib import metadata

    installed = {item.name: item.version for item in metadata.distributions()}
    return [f"{name}=={installed[name]}" for name in _PARTS if name in installed]


def _answers(path: Path) -> dict[str, Any]:
    hint = 'such as {"thread-1": "yes", "*": null}'
    try:
        content = json.loads(read_text(path, hint=hint))
    except ValueError as error:
        raise BadFileError(f"is no JSON: {error}", where=str(path), hint=hint) from error
    if not isinstance(content, dict):
        raise BadFileError("holds no map from threads to answers", where=str(path), hint=hint)
    return cast("dict[str, Any]", content)


def _print(result: Mapping[str, Any], page: Path) -> None:
    out = console()
    sign = mark(result["verdict"], result["answer"])
    out.print(sign)
    for name, (before, after) in result["changes"].items():
        out.print(one_line(f"  {name}: {before} → {after}"), markup=False)
    threads: dict[str, Any] = result["threads"] or {"differing": [], "lost": {}}
    for judged in threads["differing"][:_MOST_SHOWN]:
        for problem in judged["problems"]:
            out.print(one_line(f"  thread {judged['thread']}: {problem}"), markup=False)
    if (more := len(threads["differing"]) - _MOST_SHOWN) > 0:
        out.print(f"  and {more} more threads, on the page")
    for kind, count in threads["lost"].items():
        out.print(one_line(f"  no longer understood: {count} values of {kind}"), markup=False)
    for item in result["recordings"]:
        if item["verdict"] != "equal":
            problem = f"{item['verdict']}: {item['said']}"
            out.print(one_line(f"  recording {item['recording']}: {problem}"), markup=False)
    candidate = result["candidate"]
    out.print(one_line(f"  cases of LangGraph: {candidate['reason']}"), markup=False)
    if candidate["release"]:
        changed = functions_changed(candidate["release"]["functions"])
        out.print(f"  what the release changed: {changed}", markup=False)
    for line in result["not_judged"]:
        out.print(f"not judged: {line}", markup=False)
    out.print(f"page: {page}", markup=False)


def _not_judged(
    threads: Mapping[str, Any] | None, app: str | None, corpora: tuple[str, ...]
) -> list[str]:
    lines: list[str] = []
    if threads is None:
        lines.append("threads: no database was given (--sqlite, --postgres)")
    elif app is None:
        lines.append("what the application makes of its threads (--app), resuming, a rollback")
    elif "resumed" not in threads["checks"]:
        lines.append("resuming and a rollback: no thread was resumed (--answers)")
    if corpora:
        lines.append(f"other corpora than {', '.join(corpora)}")
    return lines
