"""`parity-kit upgrade`: what becomes of threads and recordings under another release."""

from __future__ import annotations

import dataclasses
import json
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
    from parity_kit.apps.upgrade.judging import Upgrade


@click.command("upgrade")
@click.argument("release", metavar="langgraph==VERSION")
@click.option("--sqlite", metavar="FILE", required=True, help="The file of a SqliteSaver.")
@click.option("--app", metavar="MODULE:GRAPH", help="The application's graph, to read states.")
@click.option("--thread", "threads", multiple=True, help="Only this thread; may be repeated.")
@click.option(
    "--answers",
    metavar="FILE",
    help='JSON: answers that resume threads, by thread; "*" is for all others. Nodes really run.',
)
@click.option(
    "--with", "extra", multiple=True, metavar="REQUIREMENT", help="Install this there too."
)
@json_option
@workspace_option
def command(
    workspace: Workspace,
    release: str,
    sqlite: str,
    app: str | None,
    threads: tuple[str, ...],
    answers: str | None,
    extra: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Judge, thread by thread, whether a database keeps its meaning under another release.

    On copies, in two environments: does each thread load, with the same state and history, does it
    resume to the same state, and can the release of today still read it afterwards? The database
    itself is not opened. Stopped, the same command goes on where it was.
    """
    from parity_kit.apps.upgrade.judging import Asked, judge_upgrade
    from parity_kit.candidates import environment
    from parity_kit.corpora.drift.recipes import baseline_recipe

    if answers and not app:
        raise UsageError("--answers needs --app", hint="only an application resumes its threads")
    given = _answers(Path(answers)) if answers else {}
    database = Path(sqlite)
    if not database.is_file():
        raise BadFileError("is no file", where=sqlite, hint="name the file that SqliteSaver writes")
    with progress_messages() as emit:
        python = environment.make(baseline_recipe(release, extra), workspace, emit)
    asked = Asked(database, Path(sys.executable), python, app, given, threads)
    started = time.perf_counter()
    with counting("threads") as progress:
        upgrade = judge_upgrade(workspace, asked, progress)
    seconds = time.perf_counter() - started
    code = ExitCode.PARITY if upgrade.threads else ExitCode.NOT_JUDGED
    if upgrade.same < upgrade.threads:
        code = ExitCode.DIVERGENCE
    if as_json:
        counts = dataclasses.asdict(upgrade)
        print_json({"release": release, **counts, "seconds": seconds, "exit_code": int(code)})
    else:
        _print(upgrade, release, seconds, app)
    return code


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
    if not upgrade.resumed:
        return ["resuming and a rollback: no thread was resumed (--answers)"]
    return []
