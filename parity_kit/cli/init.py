"""`parity-kit init`: create a workspace in a port's own repository."""

from __future__ import annotations

from pathlib import Path

import click

from parity_kit.cli.common import console, json_option, print_json
from parity_kit.contract.errors import ExitCode

LANGUAGES = ("python", "typescript", "rust", "go", "java", "other")
"""The languages that have a template, and `other`."""


@click.command("init")
@click.argument("name", required=False)
@click.option(
    "--language", type=click.Choice(LANGUAGES), required=True, help="The engine's language."
)
@click.option(
    "--workspace",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The directory to make a workspace (default: the current one).",
)
@json_option
def command(name: str | None, language: str, directory: Path, *, as_json: bool) -> int:
    """Create a workspace here: parity.toml, a candidate NAME, a CI workflow, .gitignore.

    The candidate is a working engine in LANGUAGE for you to fill in; with `other`, a manifest and
    instructions. NAME defaults to the directory's name. Existing files stay as they are, except for
    lines added to .gitignore, so it is safe to run again. The workspace uses the corpora bundled
    with Parity Kit.
    """
    from parity_kit.candidates.workspace import Workspace
    from parity_kit.cli import starter
    from parity_kit.gates.settings import read_settings

    name = starter.usual_name(directory) if name is None else name
    parts = list(starter.begin(directory, name, language))
    if as_json:
        files = [{"what": part.state, "path": str(part.path)} for part in parts]
        print_json({"candidate": name, "files": files})
        return ExitCode.PARITY
    out = console()
    for part in parts:
        path = part.path
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        kept = ", unchanged" if part.state == "kept" else ""
        out.print(f"{part.state:<9} {shown}{'/' if path.is_dir() else ''}{kept}", markup=False)
    if name not in read_settings(Workspace(directory.resolve())).ours:
        out.print(f"\nadd {name!r} to `ours` in parity.toml", markup=False)
    check = f"parity-kit candidates check {name}"
    out.print(f"\nnext  {check}  shows what to fill in", markup=False)
    out.print(f"      {'parity-kit gate':<{len(check)}}  fails until the engine does something")
    return ExitCode.PARITY
