"""`parity-kit init`: a workspace in a port's own repository."""

from __future__ import annotations

from pathlib import Path

import click

from parity_kit.cli.common import console, json_option, print_json
from parity_kit.contract.errors import ExitCode

LANGUAGES = ("python", "typescript", "rust", "go", "java")
"""Those that `candidates new` has templates for."""


@click.command("init")
@click.argument("name", required=False)
@click.option("--language", type=click.Choice(LANGUAGES), required=True, help="The engine's.")
@click.option(
    "--workspace",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The directory that becomes a workspace (default: the one you are in).",
)
@json_option
def command(name: str | None, language: str, directory: Path, *, as_json: bool) -> int:
    """Begin a workspace here: parity.toml, a candidate NAME, a workflow for CI, .gitignore.

    The candidate is an engine in LANGUAGE that answers and can do nearly nothing, for its author to
    fill in; without NAME it is called after the directory. Nothing that is there is changed, but
    for lines added to .gitignore, so it may be run again. The corpora are those that Parity Kit
    brings.
    """
    from parity_kit.candidates.workspace import Workspace
    from parity_kit.cli import starter
    from parity_kit.gates.settings import read_settings

    name = starter.usual_name(directory) if name is None else name
    begun = list(starter.begin(directory, name, language))
    if as_json:
        files = [{"what": each.what, "path": str(each.path)} for each in begun]
        print_json({"candidate": name, "files": files})
        return ExitCode.PARITY
    out = console()
    for each in begun:
        path = each.path
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        kept = ", as it was" if each.what == "kept" else ""
        out.print(f"{each.what:<9} {shown}{'/' if path.is_dir() else ''}{kept}", markup=False)
    if name not in read_settings(Workspace(directory.resolve())).ours:
        out.print(f"\n{name!r} is not among `ours` in parity.toml: add it there", markup=False)
    check = f"parity-kit candidates check {name}"
    out.print(f"\nnext  {'parity-kit gate':<{len(check)}}  red, until the engine can do something")
    out.print(f"      {check}  says what to fill in", markup=False)
    return ExitCode.PARITY
