"""`parity-kit fixtures diff`: describes the changes between two versions of the corpora."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import (
    console,
    corpora_option,
    json_option,
    print_json,
    progress_messages,
)
from parity_kit.cli.fixtures_changes import changes_as_json, print_changes
from parity_kit.cli.release_shown import show_release
from parity_kit.contract.errors import ExitCode, UsageError
from parity_kit.contract.events import ReleaseCompared
from parity_kit.corpora.changes import Change, changes
from parity_kit.corpora.corpus import Corpus, CorpusName, read_corpus
from parity_kit.corpora.drift.kinds import Kind, kinds
from parity_kit.corpora.folder import read_corpora

if TYPE_CHECKING:
    from parity_kit.corpora.drift.readable import Reading

_HOW = 6  # differences shown for values that the other release reads differently


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option(
    "--cases", "each_case", is_flag=True, help="Also show the first difference in every case."
)
@click.option(
    "--try",
    "tried",
    is_flag=True,
    help="Decode what each release stores with the other, in both environments.",
)
@json_option
@corpora_option
def command(
    workspace: Workspace, before: str, after: str, each_case: bool, tried: bool, as_json: bool
) -> int:
    """Describe the changes between two versions of the corpora, and of LangGraph's functions.

    Exits with 1 if a case differs; else with 3 if a function differs, and cases do not run
    everything that is new in it.

    BEFORE and AFTER are folders of corpora, corpus files, built baselines (1.1.10), or
    `fixtures` for the committed ones.
    """
    from parity_kit.corpora.drift.baselines import absent_in, borrowed_in, find, origin_of
    from parity_kit.corpora.drift.release import compare_folders

    paths = (find(workspace, before), find(workspace, after))
    old, new = _read(paths[0]), _read(paths[1])
    if all(path.is_file() for path in paths):
        # Two files are two versions of one corpus, whatever names they contain.
        ((name, _),), (right,) = old.items(), new.values()
        new = {name: right}
    partial = [
        set(corpora)
        for path, corpora in zip(paths, (old, new), strict=True)
        if path.is_file() or origin_of(path)
    ]
    names = sorted({*old, *new}.intersection(*partial))
    absent = {case: why for path in paths for case, why in absent_in(path).items()}
    changed, not_made = _without_absent(
        {name: changes(old.get(name), new.get(name)) for name in names}, absent
    )
    not_built = sorted({*old, *new} - set(names))
    grouped = kinds(old, new, [name for path in paths for name in borrowed_in(path)])
    readings = _readings(workspace, paths, old, new) if tried else {}
    with progress_messages() as emit:
        release = compare_folders(workspace, *paths, emit)
    named = isinstance(release, ReleaseCompared)
    unjudged = named and any(change["missed"] for change in release.functions)
    if as_json:
        print_json(
            {
                "changes": changes_as_json(changed),
                "not_built": not_built,
                "not_made": not_made,
                "kinds": [kind.to_json() for kind in grouped],
                "readable": {name: reading.to_json() for name, reading in readings.items()},
                "release": dataclasses.asdict(release) if named else None,
                "functions": "" if named else release,
            }
        )
    else:
        if changed:
            _print(changed, grouped, each_case=each_case)
            _print_readings(readings)
        else:
            click.echo("no case differs")
        _print_not_compared(not_built, not_made)
        if named:
            show_release(release, whole=True)
        else:
            click.echo(f"functions of LangGraph: {release}")
    if changed:
        return ExitCode.DIVERGENCE
    return ExitCode.NOT_JUDGED if unjudged else ExitCode.PARITY


def _read(path: Path) -> dict[CorpusName, Corpus]:
    corpora = [read_corpus(path)] if path.is_file() else read_corpora(path)
    return {corpus.name: corpus for corpus in corpora}


def _print(
    changed: Mapping[CorpusName, Sequence[Change]], grouped: Sequence[Kind], *, each_case: bool
) -> None:
    out = console()
    counts = Counter(change.kind for listed in changed.values() for change in listed)
    out.print(", ".join(f"{counts[kind]} {kind}" for kind in ("added", "changed", "removed")))
    for why, alike in groupby(grouped, key=lambda kind: kind.why):
        out.print(f"\n{why}:", markup=False)
        for kind in alike:
            cases = len(kind.cases)
            out.print(f"  {kind.headline} ({cases} case{'s' if cases > 1 else ''})", markup=False)
            out.print(f"    in {kind.where}; for example {kind.example}", markup=False)
    out.print()
    if each_case:
        print_changes(changed, limit=None)
        return
    print_changes(
        {
            name: [change for change in listed if change.kind != "changed"]
            for name, listed in changed.items()
        }
    )


def _without_absent(
    listed: Mapping[CorpusName, Sequence[Change]], absent: Mapping[str, str]
) -> tuple[dict[CorpusName, list[Change]], dict[str, int]]:
    """Return the changes of what both sides could make, and how many cases were not, by reason."""
    one_side = [
        change.case for changes in listed.values() for change in changes if change.kind != "changed"
    ]
    changed = {
        name: [
            change for change in changes if change.kind == "changed" or change.case not in absent
        ]
        for name, changes in listed.items()
    }
    not_made = Counter(absent[case] for case in one_side if case in absent)
    return {name: changes for name, changes in changed.items() if changes}, dict(not_made)


def _print_not_compared(not_built: Sequence[str], not_made: Mapping[str, int]) -> None:
    out = console()
    for reason, cases in not_made.items():
        out.print(f"not made there: {cases} case{'s' if cases > 1 else ''}: {reason}", markup=False)
    if not_built:
        out.print(f"not built there: {', '.join(not_built)}", markup=False)


def _readings(
    workspace: Workspace,
    paths: tuple[Path, Path],
    old: Mapping[CorpusName, Corpus],
    new: Mapping[CorpusName, Corpus],
) -> dict[str, Reading]:
    from parity_kit.corpora.drift.readable import changed_blobs, engine_of, read_by

    if not all(path.is_dir() for path in paths):
        raise UsageError(
            "a corpus file does not say which release made it",
            where="--try",
            hint="name folders with a manifest, or baselines",
        )
    blobs = list(changed_blobs(old, new))
    with engine_of(workspace, paths[0]) as before, engine_of(workspace, paths[1]) as after:
        mine = [(case, blob) for case, blob, _ in blobs if blob is not None]
        yours = [(case, blob) for case, _, blob in blobs if blob is not None]
        return {
            "old bytes in the new release": read_by(mine, before, after),
            "new bytes in the old release": read_by(yours, after, before),
        }


def _print_readings(readings: Mapping[str, Any]) -> None:
    out = console()
    for name, reading in readings.items():
        out.print(f"{name}: {reading}", markup=False)
        for how, count in reading.how.most_common(_HOW):
            out.print(f"  {count} x {how}", markup=False)
        for category, case in reading.examples.items():
            out.print(f"  {category}, for example, in {case}", markup=False)
