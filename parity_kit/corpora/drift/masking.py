"""Measures the masks; `python -m parity_kit.corpora.drift.masking PLAN` is one of its processes.

The committed cases run on the reference again and again, each time without one pin, in separate
processes because the order of edges and of sets follows the hash seed. The plan is a JSON object:
`workspace`, `variations`. The process prints the cases of each variation, and a mask for every
place that changed.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates.workers import WorkerFailedError, WorkerTimeoutError, run_worker
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    Operation,
    Outcome,
    Raised,
    SubjectKind,
    Trace,
    run,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import KitError
from parity_kit.corpora.drift.volatile import moves_between
from parity_kit.corpora.folder import read_corpora
from parity_kit.judging.masks import Mask, MaskPlace, Move
from parity_kit.programs.admission import on_postgresql
from parity_kit.reference.logs import silence_langgraph

Again = Callable[[Case], tuple[Outcome, ...]]
"""Runs a case again, with something left unpinned."""

VARIATIONS = ("ids", "clock", "chance", "threads", "async", "edges", "sets")
_UNDER_SEEDS = ("edges", "sets")
_SEEDS = (1, 2)
# The messages of the reference's executor when it cannot pin an asynchronous run.
_UNPINNED = "the saver waits:"
_LAST_FIRST = {"pinned": "task order", "free": "the superstep's first task ended last"}
_NEVER_ASYNC = {"put", "load_stored", "crash", "node_runs", "store_items"}
_TIME_LIMIT = 900


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurement: the cases that ran under each variation, and the masks of what changed."""

    cases: Mapping[str, int]
    masks: tuple[Mask, ...]

    def to_json(self) -> str:
        """Return the content of the file of masks."""
        content = {
            "cases": dict(self.cases),
            "masks": [mask.to_json() for mask in self.masks if mask.move is not Move.OTHER],
            "unmasked": [mask.to_json() for mask in self.masks if mask.move is Move.OTHER],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Stale:
    """Masks that are no longer needed, and places that change without a mask."""

    needless: tuple[Mask, ...]
    missing: tuple[Mask, ...]

    @property
    def any(self) -> bool:
        """Whether there are any of either."""
        return bool(self.needless or self.missing)

    def to_json(self) -> dict[str, list[str]]:
        """Return the names of both."""
        return {
            "needless_masks": [mask.name for mask in self.needless],
            "missing_masks": [mask.name for mask in self.missing],
        }


def compare_masks(kept: Iterable[Mask], measured: Measured) -> Stale:
    """Return the differences between the kept masks and the measured ones.

    A mask is still needed if it comes from threads alone: a race does not show each time.
    """
    kept_by_place = {(mask.place, mask.move): mask for mask in kept}
    measured_by_place = {(mask.place, mask.move): mask for mask in measured.masks}
    return Stale(
        tuple(
            mask
            for key, mask in sorted(kept_by_place.items())
            if key not in measured_by_place and set(mask.under) != {"threads"}
        ),
        tuple(mask for key, mask in sorted(measured_by_place.items()) if key not in kept_by_place),
    )


def measure(workspace: Workspace, emit: Callable[[str], None]) -> Measured:
    """Run the reference against itself, one process for each hash seed.

    Raises:
        KitError: If one of them fails.
    """
    answers: list[dict[str, Any]] = []
    for seed in (0, *_SEEDS):
        variations = _UNDER_SEEDS if seed else VARIATIONS
        emit(f"hash seed {seed}: {', '.join(variations)}")
        answers.append(_in_a_process(workspace, seed, variations))
    cases = {name: answers[0]["cases"][name] for name in VARIATIONS}
    return Measured(
        cases, _merged(Mask.from_json(mask) for one in answers for mask in one["masks"])
    )


def _in_a_process(workspace: Workspace, seed: int, variations: Sequence[str]) -> dict[str, Any]:
    plan = json.dumps({"workspace": str(workspace.root), "variations": variations})
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    try:
        answer = run_worker(
            "parity_kit.corpora.drift.masking", plan, environment=environment, limit=_TIME_LIMIT
        )
    except WorkerTimeoutError as error:
        raise KitError(f"measuring the masks took more than {_TIME_LIMIT} s") from error
    except WorkerFailedError as error:
        raise KitError(f"measuring the masks failed: {error.last_line}") from error
    return cast("dict[str, Any]", json.loads(answer))


def _merged(masks: Iterable[Mask]) -> tuple[Mask, ...]:
    """Return one mask for each place and move, with the largest count."""
    merged: dict[tuple[MaskPlace, Move], Mask] = {}
    for mask in masks:
        key = (mask.place, mask.move)
        known = merged.setdefault(key, mask)
        under = {
            name: max(known.under.get(name, 0), mask.under.get(name, 0))
            for name in VARIATIONS
            if name in known.under or name in mask.under
        }
        merged[key] = Mask(mask.place, mask.move, under, known.example)
    return tuple(
        merged[place, move]
        for place, move in sorted(merged)
        if not (place.asking and (MaskPlace(place.part, place.path), move) in merged)
    )


def measure_here(traces: Sequence[Trace], variations: Sequence[str]) -> Measured:
    """Run cases again in this process, under its hash seed."""
    masks: list[Mask] = []
    cases: dict[str, int] = {}
    for variation in variations:
        again = _again(variation)
        pairs = [
            (trace, outcomes)
            for trace in traces
            if concerns(variation, trace) and _is_answered(outcomes := again(trace.case))
        ]
        cases[variation] = len(pairs)
        masks += _masks_of(variation, pairs)
    return Measured(cases, _merged(masks))


def _masks_of(variation: str, pairs: Sequence[tuple[Trace, tuple[Outcome, ...]]]) -> Iterator[Mask]:
    """Yield a mask for every place that changed under one variation."""
    # Which places are another one each time is found first, each by itself: one of those must not
    # make a place that it is compared with look like one.
    fresh = {
        moved.place
        for trace, outcomes in pairs
        for moved in moves_between(trace, outcomes)
        if moved.move is Move.FRESH
    }
    counts: Counter[tuple[MaskPlace, Move]] = Counter()
    examples: dict[tuple[MaskPlace, Move], Mapping[str, str]] = {}
    for trace, outcomes in pairs:
        moves = list(moves_between(trace, outcomes, fresh))
        counts.update({(moved.place, moved.move) for moved in moves})
        for moved in moves:
            examples.setdefault((moved.place, moved.move), moved.example)
    for (place, move), count in counts.items():
        if variation == "threads":
            # In how many cases a race shows, and what else follows from it (who is first gets the
            # first id), is not the same each time.
            if move is Move.ORDER:
                yield Mask(place, move, {variation: 1}, _LAST_FIRST)
        # In another order one id stands where another stood: that makes none of them fresh.
        elif move is not Move.FRESH or variation != "async":
            yield Mask(place, move, {variation: count}, examples[place, move])


def _is_answered(outcomes: Sequence[Outcome]) -> bool:
    """Return whether the reference could run a case, which is not certain if it is awaited."""
    return not any(
        isinstance(outcome, Raised) and outcome.message.startswith(_UNPINNED)
        for outcome in outcomes
    )


def _again(variation: str) -> Again:
    from parity_kit.reference.engine import Engine  # noqa: PLC0415  # loads LangGraph
    from parity_kit.reference.native import sets_as_they_come  # noqa: PLC0415  # the same
    from parity_kit.reference.pins import Pin  # noqa: PLC0415  # the same

    def asynchronous(case: Case) -> tuple[Outcome, ...]:
        return run(Engine(), replace(case, operations=tuple(map(_awaited, case.operations))))

    def unordered(case: Case) -> tuple[Outcome, ...]:
        with sets_as_they_come():
            return run(Engine(), case)

    if variation == "async":
        return asynchronous
    if variation == "sets":
        return unordered
    engine = Engine([Pin(variation)])
    return lambda case: run(engine, case)


def _awaited(operation: Operation) -> Operation:
    if operation.name in _NEVER_ASYNC:
        return operation
    return Operation(operation.name, {**operation.args, "async": True})


def concerns(variation: str, trace: Trace) -> bool:
    """Return whether a case can move under a variation; PostgreSQL is not on every machine."""
    subject = trace.case.subject
    saver = subject.spec.get("saver")
    if on_postgresql(subject):
        return False
    if variation == "sets":
        return b"set" in pack(trace.to_plain())
    if variation == "clock" and b"timeout" in pack(dict(subject.spec)):
        return False  # the machine then decides which one is in time
    arguments = {name for operation in trace.case.operations for name in operation.args}
    if variation == "threads" and "max_concurrency" in arguments:
        return False  # if the only worker waits for the stream, LangGraph's tasks never start
    if variation == "async":
        # LangGraph's `SqliteSaver` has no asynchronous methods. With a completion order, a failure
        # does not cancel what ends later in a synchronous run, and does in an asynchronous one.
        ordered = "completion_order" in arguments
        sqlite = saver in {"sqlite", "sqlite-file"}
        return subject.kind is SubjectKind.GRAPH and not sqlite and not ordered
    return subject.kind in {SubjectKind.GRAPH, SubjectKind.SAVER}


def main() -> None:
    """Carry out the plan in the first argument."""
    plan = json.loads(sys.argv[1])
    corpora = read_corpora(Workspace(Path(plan["workspace"])).fixtures)
    traces = [trace for corpus in corpora for trace in corpus.traces]
    with silence_langgraph():
        measured = measure_here(traces, plan["variations"])
    masks = [mask.to_json() for mask in measured.masks]
    sys.stdout.write(json.dumps({"cases": measured.cases, "masks": masks}))


if __name__ == "__main__":
    main()
