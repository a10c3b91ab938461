"""`parity-kit oracle`: the release of LangGraph that everything is judged by."""

from __future__ import annotations

import platform

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, corpora_option, json_option, print_json
from parity_kit.cli.oracle_bump import command as bump


@click.group(
    "oracle", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@json_option
@corpora_option
@click.pass_context
def command(context: click.Context, workspace: Workspace, as_json: bool) -> None:
    """Show the oracle: its versions, the Python that runs it, and the corpora made with it."""
    if context.invoked_subcommand is None:
        _show(workspace, as_json)


def _show(workspace: Workspace, as_json: bool) -> None:
    from importlib import metadata

    from rich.table import Table

    from parity_kit.corpora.drift.pins import committed_on, committed_pins
    from parity_kit.corpora.manifest import read_manifest

    manifest, pins = read_manifest(workspace.fixtures), committed_pins(workspace)
    installed: dict[str, str] = {}
    for name in pins:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = "missing"
    corpora = {name: entry.cases for name, entry in manifest.corpora.items()}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    if as_json:
        print_json(
            {
                "oracle": pins,
                "installed": installed,
                "committed": committed_on(workspace),
                "python": python,
                "corpora": corpora,
            }
        )
        return
    table = Table("oracle", "corpora made with", "installed here", box=None)
    for name, version in pins.items():
        same = installed[name] == version
        table.add_row(name, version, "the same" if same else f"[yellow]{installed[name]}[/]")
    out = console()
    out.print(table)
    out.print(f"Python: corpora made with {manifest.python}, installed here {python}")
    day = committed_on(workspace)
    of = f", committed on {day}" if day else ""
    cases = sum(corpora.values())
    out.print(f"{cases:,} cases in {len(corpora)} corpora{of}: {workspace.fixtures}", markup=False)
    out.print("next: parity-kit oracle bump langgraph==VERSION moves to another release")


command.add_command(bump, "bump")
