"""`parity-kit candidates`: what can be tested here, and whether it answers."""

from __future__ import annotations

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.candidates_check import command as check
from parity_kit.cli.candidates_shown import as_json_object, row, table, tell_wrong
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.contract.errors import ExitCode


@click.group()
def command() -> None:
    """List and check what can be tested here.

    A candidate is a folder under candidates/ with a candidate.toml. To write one, see:
    parity-kit docs candidates
    """


@command.command("list")
@json_option
@workspace_option
def list_command(workspace: Workspace, *, as_json: bool) -> int:
    """List the workspace's candidates, and what each still needs before it can start.

    Ends with 2 if a manifest is wrong; the others are listed all the same.
    """
    from parity_kit.candidates import launch

    good, bad = launch.readable(workspace)
    rows = [(each, launch.missing(each, workspace)) for each in good]
    code = ExitCode.USAGE if bad else ExitCode.PARITY
    if as_json:
        listed = [as_json_object(each) | {"missing": lacks} for each, lacks in rows]
        print_json({"candidates": listed, "problems": [str(each) for each in bad]})
        return code
    out = console()
    tell_wrong(bad)
    if not rows:
        out.print(f"no candidates in {workspace.candidates}", markup=False)
        return code
    shown = table("name", "title", "kind", "language", "ready")
    for each, lacks in rows:
        row(shown, each.name, each.title, each.kind.value, each.language, lacks or "yes")
    out.print(shown)
    if any(lacks == launch.NOT_MADE for _, lacks in rows):
        out.print("environments are made on demand, or now: parity-kit candidates check --all")
    return code


@command.command("new")
@click.argument("name")
@click.option("--language", required=True, help="python, typescript, rust, go or java.")
@workspace_option
def new_command(workspace: Workspace, *, name: str, language: str) -> int:
    """Write the folder of a candidate that works at once, for its author to fill in.

    It answers the handshake and `candidates check`, and says "unsupported" to nearly everything;
    the README.md in it says what comes next.
    """
    from parity_kit.candidates import scaffold

    folder = scaffold.new(workspace, name, language)
    out = console()
    out.print(f"{folder} is a candidate that works; its README.md says what to fill in. Next:")
    out.print(f"  parity-kit candidates check {name}", markup=False)
    out.print(f"  parity-kit gate {name} --corpus msgpack", markup=False)
    return ExitCode.PARITY


@command.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of the messages that cross between the kit and a candidate.

    To see how a message is written as JSON: parity-kit docs protocol
    """
    from parity_kit.wire.schema import schema

    print_json(schema())
    return ExitCode.PARITY


command.add_command(check, "check")
