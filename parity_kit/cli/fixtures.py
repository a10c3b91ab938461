"""`parity-kit fixtures`: regenerate, verify, print and compare the corpora."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from parity_kit.annotation import annotate
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.contract import Trace
from parity_kit.corpora.changes import Change, changes
from parity_kit.corpora.corpus import Corpus, CorpusName, read_corpus
from parity_kit.corpora.folder import find_trace, read_corpora, write_corpora
from parity_kit.corpora.manifest import MANIFEST
from parity_kit.corpora.show import render_bytes, stored_entries, trace_to_json
from parity_kit.corpora.show import show as lines_of
from parity_kit.errors import BadFileError, ExitCode, UsageError
from parity_kit.workspace import Workspace

_SHOWN = 5  # changes printed for each corpus


@click.group("fixtures", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Regenerate, verify, print and compare the corpora."""


@command.command("build")
@click.argument("corpora", nargs=-1)
@json_option
@workspace_option
def build(space: Workspace, corpora: tuple[str, ...], as_json: bool) -> None:
    """Regenerate all corpora, or those named, from real LangGraph."""
    from parity_kit.corpora import regenerate

    started = time.perf_counter()
    before = _committed(space)
    with _progress() as on_progress:
        made = regenerate.regenerate(space, corpora, on_progress)
    found = {name: changes(before.get(name), corpus) for name, corpus in made.items()}
    write_corpora(space.fixtures, made.values(), *regenerate.oracle())
    seconds = time.perf_counter() - started
    if as_json:
        cases = {name: len(corpus.traces) for name, corpus in made.items()}
        print_json({"corpora": cases, "changes": _as_json(found), "seconds": seconds})
        return
    _print_built(made, found, seconds)


@command.command("check")
@click.argument("corpora", nargs=-1)
@click.option(
    "--seeds",
    type=click.IntRange(0),
    default=0,
    help="Check again in N processes: other hash seed, zone, locale.",
)
@json_option
@workspace_option
def check(space: Workspace, corpora: tuple[str, ...], seeds: int, as_json: bool) -> int:
    """Regenerate in memory and compare byte for byte with the committed corpora.

    Ends with 4 if the oracle's versions or any byte differ.
    """
    from parity_kit.corpora import regenerate
    from parity_kit.corpora.fresh import check_fresh

    with _progress() as on_progress:
        checked = regenerate.check(space, corpora, on_progress)
    again = [check_fresh(space, seed, corpora) for seed in range(1, seeds + 1)]
    code = ExitCode.PARITY
    if checked.drifted or any(each.exit_code for each in again):
        code = ExitCode.KIT_FAULT
    if as_json:
        print_json(
            {
                "corpora": checked.cases,
                "drifted": _as_json(checked.drifted),
                "seconds": checked.seconds,
                "fresh": [dataclasses.asdict(each) for each in again],
                "exit_code": int(code),
            }
        )
        return code
    out = console()
    _print_changes(checked.drifted)
    for each in again:
        where = ", ".join(
            f"{key}={value}" for key, value in each.settings.items() if key != "LC_ALL"
        )
        said = each.problem or (
            "differs: " + ", ".join(each.drifted) if each.drifted else "the same bytes"
        )
        out.print(f"fresh process, {where}: {said}", markup=False)
    cases = sum(checked.cases.values())
    verdict = "differ from the committed ones" if checked.drifted else "the same bytes"
    out.print(
        f"{cases} cases in {len(checked.cases)} corpora regenerated in "
        f"{checked.seconds:.1f} s: {verdict}"
    )
    if checked.drifted:
        out.print("next: find out what changed; if it is meant, parity-kit fixtures build")
    return code


@command.command("show")
@click.argument("case", required=False)
@click.option("--stored", help="Show what the case stored under this name, or a part of it.")
@click.option("--blob", type=click.File("rb"), help="Dissect a file of MessagePack; - is stdin.")
@click.option("--hex", "digits", help="Dissect MessagePack given in hexadecimal.")
@json_option
@workspace_option
def show(
    space: Workspace,
    case: str | None,
    stored: str | None,
    blob: IO[bytes] | None,
    digits: str | None,
    as_json: bool,
) -> None:
    """Print a fixture, or any MessagePack, as an annotated tree.

    Each line has the offset, the bytes, what they say, the form of encoding, and what LangGraph
    means by it; then comes what is not canonical.
    """
    if sum(each is not None for each in (case, blob, digits)) != 1:
        raise UsageError(
            "expected one of CASE, --blob FILE and --hex TEXT",
            hint="parity-kit fixtures show CASE, its id from fixtures/*.index",
        )
    if case is None:
        data = blob.read() if blob is not None else _from_hex(digits or "")
        found = [("", data)]
    else:
        trace = find_trace(read_corpora(space.fixtures), case)
        if stored is None:
            _show_trace(trace, as_json)
            return
        found = [
            (f"operation {index} stored {name}", data)
            for index, name, data in stored_entries(trace, stored)
        ]
    if as_json:
        entries = [
            ({"entry": head} if head else {}) | annotate(data).to_json() for head, data in found
        ]
        print_json(entries[0] if case is None else entries)
        return
    for head, data in found:
        if head:
            click.echo(f"{head}  ({len(data)} bytes)")
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


def _style(what: str, text: str) -> str:
    """Return a text in its colour; `click.echo` takes that away where there is no terminal."""
    return click.style(text, **_COLOURS[what])


def _from_hex(text: str) -> bytes:
    digits = re.sub(r"0x|\\x|[\s:,]", "", text)
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise UsageError(
            f"expected hexadecimal digits, two a byte: {error}", where="--hex", hint="like 82a16101"
        ) from error


@command.command("diff")
@click.argument("before", type=click.Path(exists=True, path_type=Path))
@click.argument("after", type=click.Path(exists=True, path_type=Path))
@json_option
def diff(before: Path, after: Path, as_json: bool) -> int:
    """Compare two folders of corpora, or two corpus files; ends with 1 if they differ."""
    old, new = _read(before), _read(after)
    if before.is_file() and after.is_file():
        # Two files are two versions of one corpus, whatever each calls itself.
        ((name, left),), (right,) = old.items(), new.values()
        found = {name: changes(left, right)}
    else:
        found = {name: changes(old.get(name), new.get(name)) for name in sorted({*old, *new})}
    found = {name: each for name, each in found.items() if each}
    if as_json:
        print_json(_as_json(found))
    elif found:
        _print_changes(found, limit=None)
    else:
        click.echo("no case differs")
    return ExitCode.DIVERGENCE if found else ExitCode.PARITY


def _committed(space: Workspace) -> dict[CorpusName, Corpus]:
    """Return what is committed; a build mends what is broken, so broken counts as absent."""
    if not (space.fixtures / MANIFEST).is_file():
        return {}
    try:
        return {corpus.name: corpus for corpus in read_corpora(space.fixtures)}
    except BadFileError as error:
        click.echo(
            f"the committed corpora cannot be read, all cases count as added: {error}", err=True
        )
        return {}


def _read(path: Path) -> dict[CorpusName, Corpus]:
    corpora = [read_corpus(path)] if path.is_file() else read_corpora(path)
    return {corpus.name: corpus for corpus in corpora}


@contextmanager
def _progress() -> Generator[Any]:
    """Show how many cases of which corpus are done, in a terminal and nowhere else."""
    from parity_kit.corpora.regenerate import silent

    out = console(stderr=True)
    if not out.is_terminal:
        yield silent
        return
    with out.status("loading LangGraph") as status:
        yield lambda corpus, done: status.update(f"{corpus}: {done} cases")  # pyright: ignore[reportUnknownLambdaType]  # as `OnProgress` says


def _print_built(
    made: Mapping[CorpusName, Corpus], found: Mapping[CorpusName, Iterable[Change]], seconds: float
) -> None:
    from rich.table import Table

    table = Table("corpus", box=None)
    for heading in ("cases", "bytes", "added", "changed", "removed"):
        table.add_column(heading, justify="right")
    for name, corpus in made.items():
        kinds = [change.kind for change in found[name]]
        counts = [str(kinds.count(kind)) for kind in ("added", "changed", "removed")]
        table.add_row(name, str(len(corpus.traces)), str(len(corpus.pack())), *counts)
    out = console()
    out.print(table)
    out.print(f"written in {seconds:.1f} s")
    _print_changes(
        {name: [each for each in all_ if each.kind != "added"] for name, all_ in found.items()}
    )


def _print_changes(
    found: Mapping[CorpusName, Iterable[Change]], limit: int | None = _SHOWN
) -> None:
    out = console()
    for name, each in found.items():
        listed = list(each)
        for change in listed[:limit]:
            out.print(f"{name}: {change}", markup=False)
        if limit is not None and len(listed) > limit:
            out.print(f"{name}: and {len(listed) - limit} more")


def _as_json(found: Mapping[CorpusName, Iterable[Change]]) -> dict[str, Any]:
    return {
        name: [dataclasses.asdict(change) for change in each]
        for name, each in found.items()
        if each
    }
