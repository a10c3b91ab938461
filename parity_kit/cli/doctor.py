"""`parity-kit doctor`: what is installed, what is missing, and how to install it."""

# ruff: noqa: RUF001, RUF002  # typographic signs are meant: people read them

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.common import console, json_option, print_json
from parity_kit.contract.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from parity_kit.candidates.workspace import Workspace
    from parity_kit.cli.doctor_checks import Finding

_SIGNS = {"ok": ("✓", "green"), "absent": ("–", "yellow"), "wrong": ("✕", "red")}


@click.command("doctor")
@json_option
@click.option(
    "--workspace",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory with parity.toml (default: the current one).",
)
def command(directory: Path | None, *, as_json: bool) -> int:
    """Check what the kit needs, report what is missing, and say how to install it.

    Checks Python and its packages, PostgreSQL, a browser, the cage for candidates, the corpora and
    their oracle, and each candidate's toolchain and environment.

    Exits with 0 if `parity-kit parity` can run here, and with 2 if it cannot. Items marked absent
    (–) are optional: only some candidates, corpora or tests need them.
    """
    from parity_kit.cli.doctor_checks import State, examine

    findings = list(examine(_workspace_of(directory)))
    wrong = [finding for finding in findings if finding.state is State.WRONG]
    code = ExitCode.USAGE if wrong else ExitCode.PARITY
    if as_json:
        listed = [finding.to_json() for finding in findings]
        print_json({"exit_code": int(code), "findings": listed})
        return code
    _show(findings)
    out = console()
    if wrong:
        parts = ", ".join(finding.part for finding in wrong)
        out.print(f"\n✕ parity-kit parity cannot run here: {parts}", style="red", markup=False)
    else:
        out.print("\n✓ parity-kit parity can run here", style="green", markup=False)
    return code


def _workspace_of(directory: Path | None) -> Workspace | None:
    try:
        return find_workspace(directory)
    except UsageError:
        return None


def _show(findings: list[Finding]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, show_header=False, pad_edge=False)
    for _ in range(3):
        shown.add_column(overflow="fold")
    area = ""
    for finding in findings:
        head = "" if finding.area == area else finding.area
        if head and area:
            shown.add_section()
        area = finding.area
        sign, style = _SIGNS[finding.state]
        text = Text(finding.found)
        if finding.hint:
            text.append(f"\nnext: {finding.hint}", style="dim")
        shown.add_row(head, Text(f"{sign} {finding.part}", style=style), text)
    console().print(shown)
