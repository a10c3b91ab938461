"""`parity-kit fixtures masks`: measures what changes between two runs of real LangGraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import INSTALLED, Workspace
from parity_kit.cli.common import (
    console,
    echo,
    json_option,
    print_error,
    print_json,
    progress_messages,
    workspace_option,
)
from parity_kit.cli.tables import print_table
from parity_kit.contract.errors import ExitCode, UsageError
from parity_kit.contract.files import write_atomically

if TYPE_CHECKING:
    from parity_kit.corpora.drift.masking import Measured, Stale
    from parity_kit.judging.masks import Mask


@click.command("masks")
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing; exit with 1 if a mask is missing or no longer needed.",
)
@click.option(
    "--free",
    type=click.IntRange(min=1),
    metavar="N",
    help="Instead, run cases N times with LangGraph's own threads and list what differs.",
)
@click.option(
    "--every", default=1, show_default=True, metavar="N", help="With --free: every N-th case only."
)
@json_option
@workspace_option
def command(
    workspace: Workspace, only_check: bool, free: int | None, every: int, as_json: bool
) -> int:
    """Measure which places change when real LangGraph is compared with itself.

    Runs the committed cases again, each time with one of ids, clock, randomness, threads, the order
    of edges and the order of sets left unpinned. Only what changes is masked, and only below the
    bytes level.

    With --free, nothing is written. What differs is compared at level trace, under the masks; it
    exits with 0 whatever differs, because that is what LangGraph may do.
    """
    if free is not None:
        return _free(workspace, free, every, as_json=as_json)
    from parity_kit.corpora.drift.masking import measure
    from parity_kit.judging.masks import MASKS

    if not only_check and INSTALLED:
        raise UsageError(
            "the masks of an installed kit cannot be changed",
            where=str(MASKS),
            hint="compare them: --check; a clone of Parity Kit writes its own",
        )
    with progress_messages() as emit:
        measured = measure(workspace, emit)
    stale = against_kept(measured)
    if not only_check:
        write_atomically(MASKS, measured.to_json())
    code = ExitCode.DIVERGENCE if only_check and stale.any else ExitCode.PARITY
    if as_json:
        moved = [mask.to_json() for mask in measured.masks]
        cases = dict(measured.cases)
        print_json({"cases": cases, "moved": moved, **stale.to_json(), "exit_code": int(code)})
        return code
    _print_measured(measured)
    print_stale(stale)
    if not only_check:
        console().print(f"written to {MASKS}", markup=False)
    return code


def _free(workspace: Workspace, times: int, every: int, *, as_json: bool) -> int:
    from parity_kit.corpora.drift.free_runs import run_free
    from parity_kit.corpora.folder import read_corpora
    from parity_kit.reference.logs import silence_langgraph

    traces = [trace for corpus in read_corpora(workspace.fixtures) for trace in corpus.traces]
    with progress_messages() as emit, silence_langgraph():
        free = run_free(traces[::every], times, emit)
    if as_json:
        print_json(free.to_json())
        return ExitCode.PARITY
    out = console()
    differing = {case for cases in free.differing.values() for case in cases}
    for cause, cases in sorted(free.differing.items()):
        shown = ", ".join(f"{case} ({n} of {free.times})" for case, n in cases.items())
        out.print(f"{cause}: {shown}", markup=False)
    out.print(
        f"{free.cases:,} cases of graphs ran {free.times} times with LangGraph's own threads: "
        f"{len(differing):,} differed in some run",
        markup=False,
    )
    return ExitCode.PARITY


def against_kept(measured: Measured) -> Stale:
    """Return how the kit's masks differ from those measured; a broken file has none."""
    from parity_kit.contract.errors import BadFileError
    from parity_kit.corpora.drift.masking import compare_masks
    from parity_kit.judging.masks import MASKS, read_masks

    try:
        kept = read_masks(MASKS)
    except BadFileError as error:
        echo("the kit's masks cannot be read, all count as missing:", err=True)
        print_error(error)
        kept = ()
    return compare_masks(kept, measured)


def print_stale(stale: Stale) -> None:
    """Print the masks that are not needed, and the places that need one."""
    out = console()
    for mask in stale.needless:
        out.print(f"no longer needed: {mask.name}", markup=False)
    for mask in stale.missing:
        out.print(f"changes but has no mask: {mask.name}", markup=False)
        out.print(f"  under {_under(mask)}, such as {mask.example}", markup=False)
    if stale.any:
        out.print("next: find out why; if it is LangGraph's, parity-kit fixtures masks")


def _print_measured(measured: Measured) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("part", "path", "moves", box=None)
    table.add_column("under, in so many cases", overflow="fold")
    for mask in measured.masks:
        asking = " (if asked for)" if mask.place.asking else ""
        cells = mask.place.part, mask.place.path + asking, mask.move.value, _under(mask)
        table.add_row(*map(Text, cells))
    out = console()
    print_table(out, table)
    out.print(", ".join(f"{name}: {count} cases" for name, count in measured.cases.items()))


def _under(mask: Mask) -> str:
    return ", ".join(f"{name} {count}" for name, count in mask.under.items())
