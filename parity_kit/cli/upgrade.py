"""`parity-kit upgrade`: what becomes of threads and recordings under another release."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import (
    console,
    echo,
    json_option,
    print_json,
    progress_messages,
    workspace_option,
)
from parity_kit.cli.user_checkpoints import counting
from parity_kit.contract.errors import BadFileError, ExitCode, UsageError
from parity_kit.contract.files import read_text
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.apps.upgrade.databases import Database
    from parity_kit.apps.upgrade.judging import Upgrade


@click.command("upgrade")
@click.argument("release", metavar="langgraph==VERSION")
@click.option("--sqlite", metavar="FILE", help="The database of a SqliteSaver.")
@click.option("--postgres", metavar="URL", help="The database of a PostgresSaver.")
@click.option("--app", metavar="MODULE:GRAPH", help="The application's graph, to read states.")
@click.option("--thread", "threads", multiple=True, help="Only this thread; may be repeated.")
@click.option(
    "--answers",
    metavar="FILE",
    help='JSON: answers that resume threads, by thread; "*" is for all others. Nodes really run.',
)
@click.option(
    "--serde",
    metavar="MODULE:NAME",
    help="The EncryptedSerializer of the database, or a function that returns it.",
)
@click.option(
    "--with", "extra", multiple=True, metavar="REQUIREMENT", help="Install this there too."
)
@json_option
@workspace_option
def command(
    workspace: Workspace,
    release: str,
    sqlite: str | None,
    postgres: str | None,
    app: str | None,
    threads: tuple[str, ...],
    answers: str | None,
    serde: str | None,
    extra: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Judge, thread by thread, whether a database keeps its meaning under another release.

    On copies, in two environments: does each thread load, with the same state and history, does it
    resume to the same state, and can the release of today still read it afterwards? The database
    itself is only read. Stopped, the same command goes on where it was.
    """
    from parity_kit.apps.upgrade.installing import plan_of
    from parity_kit.apps.upgrade.judging import Asked, judge_upgrade
    from parity_kit.candidates import environment
    from parity_kit.corpora.drift.recipes import baseline_name, installed_recipe

    if answers and not app:
        raise UsageError("--answers needs --app", hint="only an application resumes its threads")
    given = _answers(Path(answers)) if answers else {}
    baseline_name(release)
    database = _database(sqlite, postgres, threads, serde)
    with progress_messages() as emit:
        plan = plan_of([release, *extra])
        more = [*extra, *_needed(database, serde)]
        recipe = installed_recipe(release, plan.pins, more)
        python = environment.make(recipe, workspace, emit)
    asked = Asked(database, Path(sys.executable), python, app, given, threads, serde)
    started, folder = time.perf_counter(), asked.folder(workspace)
    with counting("threads") as progress:
        upgrade = judge_upgrade(workspace, asked, folder, progress)
    seconds = time.perf_counter() - started
    code = ExitCode.PARITY if upgrade.threads else ExitCode.NOT_JUDGED
    if upgrade.same < upgrade.threads:
        code = ExitCode.DIVERGENCE
    if as_json:
        counts = dataclasses.asdict(upgrade)
        print_json({"release": release, **counts, "seconds": seconds, "exit_code": int(code)})
    else:
        _print(upgrade, release, seconds, app)
    shutil.rmtree(folder, ignore_errors=True)
    return code


def _database(
    sqlite: str | None, postgres: str | None, threads: tuple[str, ...], serde: str | None
) -> Database:
    if (sqlite is None) == (postgres is None):
        raise UsageError(
            "name one database", hint="--sqlite FILE, or --postgres postgresql://user@host/name"
        )
    if sqlite is not None:
        from parity_kit.apps.upgrade.sqlite_copies import SqliteDatabase

        if not Path(sqlite).is_file():
            hint = "name the file that SqliteSaver writes"
            raise BadFileError("is no file", where=sqlite, hint=hint)
        return SqliteDatabase(Path(sqlite), threads, serde)
    from parity_kit.apps.upgrade.postgres_copies import PostgresDatabase

    return PostgresDatabase(str(postgres), threads, serde)


def _needed(database: Database, serde: str | None) -> list[str]:
    """Return what the database needs in an environment, as it is installed here."""
    from importlib import metadata

    names = [*database.distributions, *(["pycryptodome"] if serde else [])]
    installed = {item.name: item.version for item in metadata.distributions()}
    return [f"{name}=={installed[name]}" for name in names if name in installed]


def _answers(path: Path) -> dict[str, Any]:
    hint = 'such as {"thread-1": "yes", "*": null}'
    try:
        content = json.loads(read_text(path, hint=hint))
    except ValueError as error:
        raise BadFileError(f"is no JSON: {error}", where=str(path), hint=hint) from error
    if not isinstance(content, dict):
        raise BadFileError("holds no map from threads to answers", where=str(path), hint=hint)
    return cast("dict[str, Any]", content)


def _print(upgrade: Upgrade, release: str, seconds: float, app: str | None) -> None:
    out = console()
    for name, (before, after) in upgrade.packages.items():
        out.print(one_line(f"  {name}: {before} → {after}"), markup=False)
    if upgrade.threads == upgrade.same and upgrade.threads:
        first = f"✓ {release}: all {upgrade.threads:,} threads stay the same"
    elif upgrade.threads:
        count = upgrade.threads - upgrade.same
        first = f"✗ {release}: {count:,} of {upgrade.threads:,} threads do not stay the same"
    else:
        first = f"? {release}: no thread was judged"
    out.print(f"{first}  ({upgrade.checkpoints:,} checkpoints, {seconds:.1f} s)", markup=False)
    for judged in upgrade.differing:
        for problem in judged.problems:
            out.print(one_line(f"  thread {judged.thread}: {problem}"), markup=False)
    for kind, count in upgrade.lost.most_common():
        out.print(one_line(f"  no longer understood: {count} values of {kind}"), markup=False)
    for line in _not_judged(upgrade, app):
        echo(f"not judged: {line}")


def _not_judged(upgrade: Upgrade, app: str | None) -> list[str]:
    if app is None:
        return ["what the application makes of its threads (--app), resuming, a rollback"]
    if "resumed" not in upgrade.checks:
        return ["resuming and a rollback: no thread was resumed (--answers)"]
    return []
