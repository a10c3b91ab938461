"""`parity-kit fixtures import`: a user's own checkpoints as a private corpus."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.user_checkpoints import counting, database_options, warn_permissive
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.text import one_line
from parity_kit.corpora.manifest import MANIFEST


@click.command("import")
@database_options
@click.option("--to", "name", default="own", show_default=True, help="Name of the corpus.")
@click.option("--replace", is_flag=True, help="Replace an existing corpus of that name.")
@click.option(
    "--redact", is_flag=True, help="Replace text and numbers with others of the same shape."
)
@click.option(
    "--permissive",
    is_flag=True,
    help="Also build types that are not on LangGraph's safe list, which imports their modules.",
)
@json_option
@workspace_option
def command(
    workspace: Workspace,
    sqlite: str | None,
    postgres: str | None,
    threads: tuple[str, ...],
    limit: int | None,
    serde: str | None,
    name: str,
    replace: bool,
    redact: bool,
    permissive: bool,
    as_json: bool,
) -> None:
    """Make a private corpus from a database of checkpoints, without changing it.

    Then: parity-kit gate CANDIDATE --corpus imported:NAME
    """
    from parity_kit.corpora.imported import PREFIX, imported_folder
    from parity_kit.corpora.user_checkpoints.importing import import_source
    from parity_kit.corpora.user_checkpoints.opening import open_source
    from parity_kit.corpora.user_checkpoints.source import Selection

    if permissive:
        warn_permissive()
    folder = imported_folder(workspace, name)
    started = time.perf_counter()
    selection = Selection(threads, limit)
    with (
        _naming_what_is_left(folder, PREFIX + name),
        open_source(sqlite, postgres, selection, serde) as source,
        counting("checkpoints") as progress,
    ):
        made = import_source(
            source,
            workspace,
            name,
            redact=redact,
            permissive=permissive,
            replace=replace,
            progress=progress,
        )
    seconds = time.perf_counter() - started
    if as_json:
        counts = {
            name: dict(getattr(made, name))
            for name in ("values", "features", "left_out", "encrypted")
        }
        totals = {name: getattr(made, name) for name in ("checkpoints", "cases", "bytes")}
        print_json({**totals, **counts, "folder": str(folder), "seconds": seconds})
        return
    out = console()
    values = ", ".join(f"{count} {kind}" for kind, count in sorted(made.values.items()))
    out.print(
        f"{made.checkpoints} checkpoints read: {values}\n"
        f"{made.cases} cases, {made.bytes / 1e6:.1f} MB, in {seconds:.1f} s: {folder}",
        markup=False,
    )
    for feature, count in sorted(made.features.items()):
        out.print(f"  {feature}: {count}", markup=False)
    for reason, count in sorted(made.left_out.items()):
        out.print(one_line(f"  left out: {count}, {reason}"), markup=False)
    for type_, count in sorted(made.encrypted.items()):
        out.print(one_line(f"  encrypted, not looked at: {count} of type {type_}"), markup=False)
    if made.encrypted:
        advice = "decrypt them: --serde MODULE:NAME" if serde is None else "is it another key?"
        out.print(f"  {advice}", markup=False)
    out.print(f"next: parity-kit gate CANDIDATE --corpus {PREFIX}{name}", markup=False)


@contextmanager
def _naming_what_is_left(folder: Path, name: str) -> Generator[None]:
    """If an import breaks off, say which corpus is there: the one from before, or the new one."""
    manifest = folder / MANIFEST
    before = manifest.read_bytes() if manifest.is_file() else None
    try:
        yield
    except (KeyboardInterrupt, OSError, BadFileError):
        if before is not None:
            state = "is as it was" if manifest.read_bytes() == before else "is the new one"
            click.echo(f"{name} {state}: {folder}", err=True)
        raise
