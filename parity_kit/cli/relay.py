"""`parity-kit relay`: engines take turns on one thread, or two processes write it at once."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import (
    console,
    json_option,
    print_json,
    progress_messages,
    workspace_option,
)
from parity_kit.contract.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parity_kit.contract import Case
    from parity_kit.search.relays import Relayed

_SHOWN = 5


@click.command("relay")
@click.argument("candidates", nargs=-1, shell_complete=completing.candidates)
@click.option("--cases", default=20, show_default=True, help="Committed cases to carry through.")
@click.option("--seed", default=0, show_default=True, help="Chooses the cases.")
@click.option(
    "--at-once",
    type=click.IntRange(min=1),
    metavar="N",
    help="Instead, let two processes of LangGraph write one thread at once, N times each.",
)
@json_option
@workspace_option
def command(
    workspace: Workspace,
    candidates: tuple[str, ...],
    cases: int,
    seed: int,
    at_once: int | None,
    as_json: bool,
) -> int:
    """Let CANDIDATES and LangGraph take turns on threads, as in a rolling deploy.

    Each turn is one operation or one superstep, and continues from the bytes that the others
    stored. Every case runs twice: first each candidate takes one turn, in the order given, and
    LangGraph takes the rest; then all take turns to the end. The final result must be the one that
    LangGraph reaches alone. A case that LangGraph itself continues differently from stored bytes is
    left out, and counted.

    Exits with 1 if a final result differs, and with 3 if no case ran to its end.

    With --at-once, no candidate takes part. It counts what LangGraph's savers keep when two
    processes invoke one thread, and when two answer one question: on SQLite, and on PostgreSQL if a
    server is installed. It exits with 1 if something is missing that a saver had stored.
    """
    if at_once is not None:
        if candidates:
            raise UsageError("--at-once is about LangGraph alone and takes no candidates")
        return _at_once(at_once, as_json=as_json)
    if not candidates:
        raise UsageError("name candidates, or let two processes write one thread: --at-once N")
    from functools import partial

    from parity_kit.candidates.launch import find, start
    from parity_kit.contract import run
    from parity_kit.reference import Engine
    from parity_kit.reference.logs import silence_langgraph
    from parity_kit.search.relays import by_superstep, in_turns, once_through, relayed

    reference = Engine()
    with ExitStack() as stack, silence_langgraph():
        with progress_messages("starting") as emit:
            started = [
                stack.enter_context(start(find(workspace, name), workspace, on_progress=emit))
                for name in candidates
            ]
        langgraph = partial(run, reference)
        engines = [*(engine.run for engine in started), langgraph]
        chosen = [by_superstep(case, reference) for case in _chosen(workspace, cases, seed)]
        # What LangGraph alone does not continue alike keeps something in its process.
        traces = [trace for trace in chosen if relayed(trace, [langgraph], in_turns).same_end]
        ways = {
            way: [relayed(trace, engines, order) for trace in traces]
            for way, order in {"once through": once_through, "in turns": in_turns}.items()
        }
    if as_json:
        counts = {way: _counts(results) for way, results in ways.items()}
        print_json({**counts, "left out": len(chosen) - len(traces)})
    else:
        _show(ways, (*candidates, "LangGraph"), len(chosen) - len(traces))
    ends = [result for results in ways.values() for result in results if result.end is not None]
    if not ends:
        return ExitCode.NOT_JUDGED
    return ExitCode.PARITY if all(result.same_end for result in ends) else ExitCode.DIVERGENCE


def _at_once(times: int, *, as_json: bool) -> int:
    from parity_kit.reference.postgres_server import missing
    from parity_kit.reference.writers import SAVERS, answers_at_once, runs_at_once

    absent = missing()
    savers = [saver for saver in SAVERS if saver != "postgres" or not absent]
    kept = {
        f"{what} on {saver}": write(saver, times).to_json()
        for saver in savers
        for what, write in {"runs": runs_at_once, "answers": answers_at_once}.items()
    }
    if as_json:
        print_json(kept)
    else:
        out = console()
        for what, counts in kept.items():
            raised = counts.pop("raised")
            text = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in counts.items())
            errors = ", ".join(f"{n:,} {name}" for name, n in raised.items()) or "none"
            out.print(f"{what}: {text}, errors {errors}", markup=False)
        if absent:
            out.print(f"not looked at: PostgreSQL: {absent}", markup=False)
    lost = any(counts["missing"] for counts in kept.values())
    return ExitCode.DIVERGENCE if lost else ExitCode.PARITY


def _chosen(workspace: Workspace, number: int, seed: int) -> list[Case]:
    from random import Random

    from parity_kit.corpora.folder import read_corpora
    from parity_kit.search.handing_over import keeps_in_process
    from parity_kit.search.handovers import LOAD, stops

    known = [
        trace.case
        for corpus in read_corpora(workspace.fixtures)
        for trace in corpus.traces
        if stops(trace.case, trace.outcomes)
        and not keeps_in_process(trace.case)
        and trace.case.operations[0].name not in {LOAD, "crash"}
    ]
    return Random(seed).sample(known, min(number, len(known)))  # noqa: S311  # cases, not secrets


def _counts(results: Sequence[Relayed]) -> Mapping[str, int]:
    from parity_kit.judging.verdicts import Equal

    counts = Counter(cases=len(results), turns=sum(result.turns for result in results))
    for result in results:
        if result.end is None:
            counts["unsupported"] += 1
            continue
        counts["same end" if result.same_end else "another end"] += 1
        counts["every turn the same"] += isinstance(result.every_turn, Equal)
    return dict(counts)


def _show(ways: Mapping[str, Sequence[Relayed]], names: Sequence[str], left_out: int) -> None:
    from parity_kit.judging.verdicts import headline

    out = console()
    out.print(f"{', '.join(names)}: results compared, not events and bytes", markup=False)
    for way, results in ways.items():
        counts = ", ".join(f"{name} {count:,}" for name, count in _counts(results).items())
        out.print(f"{way}: {counts}", markup=False)
        for result in [one for one in results if one.end is not None and not one.same_end][:_SHOWN]:
            assert result.end is not None  # noqa: S101  # as chosen
            out.print(f"    {result.case.id}: {headline(result.end)}", markup=False)
    if left_out:
        out.print(
            f"left out: {left_out:,} that LangGraph alone does not continue alike", markup=False
        )
