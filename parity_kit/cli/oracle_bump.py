"""`parity-kit oracle bump`: moves the oracle to another release and says what that changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import (
    console,
    json_option,
    print_json,
    progress_messages,
    workspace_option,
)
from parity_kit.cli.fixtures_changes import changes_as_json, print_changes, print_skipped
from parity_kit.cli.release_shown import show_release
from parity_kit.contract.events import ReleaseCompared

if TYPE_CHECKING:
    from parity_kit.corpora.changes import Change
    from parity_kit.corpora.corpus import CorpusName
    from parity_kit.corpora.drift.bump import Bump

_LINES = 6  # line numbers printed for a file


@click.command("bump")
@click.argument(
    "requirements", nargs=-1, required=True, metavar="langgraph==VERSION [NAME==VERSION]…"
)
@click.option("--dry-run", is_flag=True, help="Only show what would be installed.")
@json_option
@workspace_option
def command(
    workspace: Workspace, requirements: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Move the oracle to another release, and show what that changed and what is stale.

    Takes what `pip install -U` gives with the release, rewrites the pins, and builds corpora,
    masks, pairs and reach again. The result is a diff to review. To resume a bump that
    stopped, run the same command again.
    """
    from parity_kit.corpora.drift import bump as bumping

    bump = bumping.planned(workspace, requirements)
    if not as_json:
        _print_pins(bump)
    if dry_run:
        if as_json:
            print_json({"before": bump.before, "after": bump.after})
        return
    with progress_messages() as emit:
        bumping.carry_out(workspace, bump, emit)
        release = bumping.changed_functions(workspace, bump, emit)
    _report(workspace, bump, release, as_json)
    bumping.finish(workspace)


def _print_pins(bump: Bump) -> None:
    from rich.table import Table

    table = Table("distribution", "before", "after", box=None)
    for name, version in bump.before.items():
        after = bump.after[name]
        table.add_row(name, version, "the same" if after == version else after)
    console().print(table)


def _report(
    workspace: Workspace, bump: Bump, release: ReleaseCompared | str, as_json: bool
) -> None:
    from parity_kit.corpora.drift import stale
    from parity_kit.corpora.drift.bump import changed_cases

    changed = changed_cases(workspace, bump)
    ledgers = stale.ledgers(workspace)
    mentions = stale.mentions(workspace, bump.before, bump.after)
    if as_json:
        content = dataclasses.asdict(bump) | {"changes": changes_as_json(changed)}
        functions = release if isinstance(release, str) else dataclasses.asdict(release)
        content["release"] = functions
        print_json(content | {"stale": {"ledgers": ledgers, "mentions": mentions}})
        return
    out = console()
    minutes = sum(bump.seconds.values()) / 60
    steps = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in bump.seconds.items())
    out.print(f"done in {minutes:.1f} minutes: {steps}")
    out.print(f"\npins rewritten: {', '.join(bump.rewritten) or 'none'}", markup=False)
    _print_changed(changed, bump.skipped)
    if isinstance(release, str):
        out.print(f"functions of LangGraph: {release}", markup=False)
    else:
        show_release(release, whole=True)
    _print_stale(ledgers, mentions, bump.versions[0])
    out.print(
        f"next: git diff --stat; parity-kit fixtures diff {bump.versions[0]} fixtures; parity-kit "
        "gate; then commit"
    )


def _print_changed(
    changed: Mapping[CorpusName, Sequence[Change]], skipped: Mapping[CorpusName, str]
) -> None:
    count = sum(map(len, changed.values()))
    corpora = f" in {', '.join(changed)}" if changed else ""
    console().print(f"\ncases that differ: {count}{corpora}")
    print_changes(changed)
    print_skipped(skipped)


def _print_stale(
    ledgers: Sequence[str], mentions: Mapping[str, Sequence[int]], version: str
) -> None:
    out = console()
    out.print(f"\nstale, written from runs against {version}; run them again:")
    for path in (*ledgers, "reports/published"):
        out.print(f"  {path}", markup=False)
    out.print("stale, a version of before is mentioned:")
    for path, lines in mentions.items():
        more = ", …" if len(lines) > _LINES else ""
        out.print(f"  {path}: {', '.join(map(str, lines[:_LINES]))}{more}", markup=False)
    out.print()
