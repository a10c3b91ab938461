"""`parity-kit fixtures`: regenerate, verify, print and compare the corpora."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import console, json_option, print_json, progress, workspace_option
from parity_kit.cli.fixtures_baseline import build_baseline
from parity_kit.cli.fixtures_changes import changes_as_json, print_changes, print_skipped
from parity_kit.cli.fixtures_check import command as check
from parity_kit.cli.fixtures_diff import command as diff
from parity_kit.cli.fixtures_import import command as import_
from parity_kit.cli.fixtures_list import command as list_
from parity_kit.cli.fixtures_masks import command as masks
from parity_kit.cli.fixtures_show import command as show
from parity_kit.cli.tables import print_table
from parity_kit.cli.workers import workers_option
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.files import is_there
from parity_kit.corpora.changes import Change, changes
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.folder import read_corpora, write_corpora
from parity_kit.corpora.manifest import MANIFEST


@click.group("fixtures", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Regenerate, verify, print and compare the corpora."""


@command.command("build")
@click.argument("corpora", nargs=-1, shell_complete=completing.corpora)
@click.option(
    "--baseline",
    metavar="langgraph==VERSION",
    help="Build with another release, in an environment of its own, beside the committed corpora.",
)
@click.option(
    "--with",
    "extra",
    multiple=True,
    metavar="REQUIREMENT",
    help="Another requirement to install with a baseline, such as langgraph-checkpoint==4.0.0.",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where a baseline's corpora go (default: .parity/baselines/…).",
)
@workers_option("1", "Run the generators")
@json_option
@workspace_option
def build(
    workspace: Workspace,
    corpora: tuple[str, ...],
    baseline: str | None,
    extra: tuple[str, ...],
    to: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Regenerate all corpora, or those named, from real LangGraph."""
    from parity_kit.corpora import regenerate
    from parity_kit.corpora.reach import ReachedBy, write_reach

    if baseline is not None:
        build_baseline(workspace, corpora, baseline, extra, to, as_json)
        return
    if extra or to is not None:
        raise UsageError(
            "--with and --to are for another release",
            hint="add --baseline langgraph==VERSION; the committed corpora are the installed one's",
        )
    if not workspace.has_own_corpora and not (workspace.root / "generators").is_dir():
        raise UsageError(
            "this workspace has no corpora of its own; it uses those that Parity Kit brings",
            where=str(workspace.root),
            hint="write a generator first, generators/NAME.py; see: parity-kit docs fixture-format",
        )
    workspace = replace(workspace, builds=True)
    started = time.perf_counter()
    before = _committed(workspace)
    with progress() as on_progress:
        reached = ReachedBy()
        made = regenerate.regenerate(workspace, corpora, on_progress, reached, workers)
    skipped = {} if corpora else regenerate.unavailable(workspace)
    changed = {name: changes(before.get(name), corpus) for name, corpus in made.items()}
    needs = regenerate.needs(workspace, made)
    versions, python = regenerate.oracle()
    write_corpora(workspace.fixtures, made.values(), versions, python, needs)
    write_reach(workspace.fixtures, versions["langgraph"], reached)
    seconds = time.perf_counter() - started
    if as_json:
        cases = {name: len(corpus.traces) for name, corpus in made.items()}
        changes_json = changes_as_json(changed)
        print_json(
            {"corpora": cases, "changes": changes_json, "skipped": skipped, "seconds": seconds}
        )
        return
    _print_built(made, changed, seconds)
    print_skipped(skipped)


def _committed(workspace: Workspace) -> dict[CorpusName, Corpus]:
    """Return the committed corpora; broken files count as absent, because a build replaces them."""
    if not is_there(workspace.fixtures / MANIFEST):
        return {}
    try:
        return {corpus.name: corpus for corpus in read_corpora(workspace.fixtures)}
    except BadFileError as error:
        click.echo(
            f"the committed corpora cannot be read, all cases count as added: {error}", err=True
        )
        return {}


def _print_built(
    made: Mapping[CorpusName, Corpus],
    changed: Mapping[CorpusName, Iterable[Change]],
    seconds: float,
) -> None:
    from rich.table import Table

    table = Table("corpus", box=None)
    for heading in ("cases", "bytes", "added", "changed", "removed"):
        table.add_column(heading, justify="right")
    for name, corpus in made.items():
        kinds = [change.kind for change in changed[name]]
        counts = [str(kinds.count(kind)) for kind in ("added", "changed", "removed")]
        table.add_row(name, str(len(corpus.traces)), str(len(corpus.pack())), *counts)
    out = console()
    print_table(out, table)
    out.print(f"written in {seconds:.1f} s")
    print_changes(
        {
            name: [change for change in all_ if change.kind != "added"]
            for name, all_ in changed.items()
        }
    )


command.add_command(check, "check")
command.add_command(diff, "diff")
command.add_command(import_, "import")
command.add_command(list_, "list")
command.add_command(masks, "masks")
command.add_command(show, "show")
