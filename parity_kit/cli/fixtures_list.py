"""`parity-kit fixtures list`: lists the corpora and where they come from."""

from __future__ import annotations

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import ExitCode
from parity_kit.corpora.manifest import read_manifest


@click.command("list")
@json_option
@corpora_option
def command(workspace: Workspace, *, as_json: bool) -> int:
    """List the corpora of this workspace: its own, or those that come with Parity Kit."""
    from rich.table import Table

    manifest = read_manifest(workspace.fixtures)
    if as_json:
        corpora = [
            {"name": name, "cases": corpus.cases, "bytes": corpus.bytes}
            for name, corpus in manifest.corpora.items()
        ]
        about = {"folder": str(workspace.fixtures), "oracle": dict(manifest.oracle)}
        print_json({**about, "corpora": corpora})
        return ExitCode.PARITY
    table = Table("corpus", box=None)
    for heading in ("cases", "bytes"):
        table.add_column(heading, justify="right")
    for name, corpus in manifest.corpora.items():
        table.add_row(name, f"{corpus.cases:,}", f"{corpus.bytes:,}")
    out = console()
    print_table(out, table)
    origin = "this workspace's own" if workspace.has_own_corpora else "brought by Parity Kit"
    total = sum(corpus.cases for corpus in manifest.corpora.values())
    release = manifest.oracle.get("langgraph", "unknown")
    out.print(f"\n{total:,} cases, {origin}, made with LangGraph {release}", markup=False)
    out.print("parity-kit fixtures show CASE prints one; the ids are in", markup=False)
    out.print(f"  {workspace.fixtures}/*.index", markup=False)
    return ExitCode.PARITY
