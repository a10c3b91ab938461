"""`parity-kit candidates`: list, create and check candidates."""

from __future__ import annotations

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.candidates_check import command as check
from parity_kit.cli.candidates_shown import as_json_object, print_problems, row, table
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import ExitCode


@click.group()
def command() -> None:
    """List, create and check candidates.

    A candidate is a folder in candidates/ with a candidate.toml. To write one, see:
    parity-kit docs candidates
    """


@command.command("list")
@json_option
@workspace_option
def list_command(workspace: Workspace, *, as_json: bool) -> int:
    """List the workspace's candidates, and what they need before they can start.

    Exits with 2 if a manifest is invalid; the other candidates are listed anyway.
    """
    from parity_kit.candidates import launch

    good, bad = launch.readable(workspace)
    rows = [(candidate, launch.missing(candidate, workspace)) for candidate in good]
    code = ExitCode.USAGE if bad else ExitCode.PARITY
    if as_json:
        listed = [as_json_object(candidate) | {"missing": needs} for candidate, needs in rows]
        print_json({"candidates": listed, "problems": [str(problem) for problem in bad]})
        return code
    out = console()
    print_problems(bad)
    if not rows:
        out.print(f"no candidates in {workspace.candidates}", markup=False)
        return code
    shown = table("name", "title", "kind", "language", "ready")
    for candidate, needs in rows:
        cells = candidate.name, candidate.title, candidate.kind.value, candidate.language
        row(shown, *cells, needs or "yes")
    print_table(out, shown)
    if any(needs == launch.NOT_MADE for _, needs in rows):
        out.print("environments are made on first use, or by: parity-kit candidates check --all")
    return code


@command.command("new")
@click.argument("name")
@click.option("--language", required=True, help="python, typescript, rust, go, java or other.")
@workspace_option
def new_command(workspace: Workspace, *, name: str, language: str) -> int:
    """Create a working candidate for you to fill in.

    It passes `candidates check` but answers "unsupported" to nearly every request; its README.md
    describes the next steps. With --language other, for a language without a template, there is no
    engine yet: only a manifest and instructions.
    """
    from parity_kit.candidates import scaffold

    folder = scaffold.new(workspace, name, language)
    out = console()
    state = "to complete" if language == scaffold.OTHER else "a working candidate"
    out.print(f"created {folder}, {state}; its README.md describes what to fill in", markup=False)
    out.print("next:")
    out.print(f"  parity-kit candidates check {name}", markup=False)
    out.print(f"  parity-kit gate {name} --corpus msgpack", markup=False)
    return ExitCode.PARITY


@command.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of the messages between the kit and a candidate.

    To see how a message is written as JSON: parity-kit docs protocol
    """
    from parity_kit.wire.schema import schema

    print_json(schema())
    return ExitCode.PARITY


command.add_command(check, "check")
