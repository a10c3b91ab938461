"""`parity-kit fixtures show`: prints a fixture, or any MessagePack, with its bytes explained."""

from __future__ import annotations

import re
from typing import IO, Any

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import corpora_option, echo, json_option, print_json
from parity_kit.contract import Trace
from parity_kit.contract.errors import UsageError
from parity_kit.contract.text import one_line, visible
from parity_kit.corpora.lookup import find_trace
from parity_kit.corpora.show import render_bytes, stored_entries, trace_to_json
from parity_kit.corpora.show import show as lines_of
from parity_kit.msgpack.hexdump import annotate


@click.command("show")
@click.argument("case", required=False, shell_complete=completing.cases)
@click.option(
    "--stored", help="Show what the case stored under this name, or under names that contain it."
)
@click.option("--blob", type=click.File("rb"), help="Dissect a file of MessagePack; - is stdin.")
@click.option("--hex", "digits", help="Dissect MessagePack given in hexadecimal.")
@click.option(
    "--script",
    "as_script",
    is_flag=True,
    help="Print a plain Python script that shows the case with LangGraph alone.",
)
@json_option
@corpora_option
def command(
    workspace: Workspace,
    case: str | None,
    stored: str | None,
    blob: IO[bytes] | None,
    digits: str | None,
    as_script: bool,
    as_json: bool,
) -> None:
    """Print a fixture, or any MessagePack, as an annotated tree.

    Every line has the offset, the bytes, their value, the form of encoding, and what it means to
    LangGraph; then come the parts that are not canonical.
    """
    if sum(item is not None for item in (case, blob, digits)) != 1:
        raise UsageError(
            "expected one of CASE, --blob FILE and --hex TEXT",
            hint="parity-kit fixtures show CASE: an id from fixtures/*.index or an imported corpus",
        )
    if case is None:
        data = blob.read() if blob is not None else _from_hex(digits or "")
        blobs = [("", data)]
    else:
        trace = find_trace(workspace, case)
        if as_script:
            from parity_kit.programs.script import script

            click.echo(script(trace.case), nl=False)
            return
        if stored is None:
            _show_trace(trace, as_json)
            return
        blobs = [
            (f"operation {index} stored {name}", data)
            for index, name, data in stored_entries(trace, stored)
        ]
    if as_json:
        entries = [
            ({"entry": head} if head else {}) | annotate(data).to_json() for head, data in blobs
        ]
        print_json(entries[0] if case is None else entries)
        return
    for head, data in blobs:
        if head:
            echo(f"{one_line(head)}  ({len(data)} bytes)")
        packed = not head or head.endswith(("/msgpack", " data"))
        for line in render_bytes(data, _style, packed=packed):
            click.echo(line)


def _show_trace(trace: Trace, as_json: bool) -> None:
    if as_json:
        print_json(trace_to_json(trace))
        return
    for line in lines_of(trace, _style):
        click.echo(line)


_COLOURS: dict[str, dict[str, Any]] = {
    "offset": {"dim": True},
    "bytes": {"fg": "cyan"},
    "form": {"dim": True},
    "meaning": {"fg": "green"},
    "flaw": {"fg": "red", "bold": True},
}


def _style(kind: str, text: str) -> str:
    """Return a text in its colour, which `click.echo` removes unless it writes to a terminal."""
    return click.style(visible(text), **_COLOURS[kind])


def _from_hex(text: str) -> bytes:
    digits = re.sub(r"0x|\\x|[\s:,]", "", text)
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise UsageError(
            f"expected hexadecimal digits, two per byte: {error}",
            where="--hex",
            hint="like 82a16101",
        ) from error
