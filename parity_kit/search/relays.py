"""Rolling deploys: engines take turns on one thread, each going on from what the others stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from parity_kit.contract import (
    Case,
    CaseRunner,
    Engine,
    Level,
    Outcome,
    Trace,
    Unsupported,
    run,
)
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Equal, Verdict
from parity_kit.search.handovers import Thread, is_stopped, runs, stopped

MOST_SUPERSTEPS = 4
"""Stops inside one run."""
Order: TypeAlias = Callable[[int, int], int]
"""Returns which of so many engines takes a turn, from its number."""


def once_through(turn: int, engines: int) -> int:
    """Give each engine one turn; the last one takes all that are left."""
    return min(turn, engines - 1)


def in_turns(turn: int, engines: int) -> int:
    """Let the engines take turns, from the first to the last and again."""
    return turn % engines


def by_superstep(case: Case, reference: Engine) -> Trace:
    """Return a case whose runs stop after every superstep, with the reference's outcomes."""
    outcomes = run(reference, case)
    for original in reversed(list(runs(case))):
        for index in range(original, original + MOST_SUPERSTEPS):
            cut = stopped(case, index, 1)
            stopping = run(reference, cut)
            if not is_stopped(stopping[index]):
                break
            case, outcomes = replace(cut, id=case.id), stopping
    return Trace(case, outcomes)


def relay(
    case: Case, engines: Sequence[CaseRunner], order: Order
) -> tuple[tuple[Outcome, ...], Unsupported | None]:
    """Run each operation on the engine whose turn it is, from the bytes stored so far.

    Return the outcomes, which end where an engine does not support its turn.
    """
    thread, outcomes = Thread(), list[Outcome]()
    for turn, operation in enumerate(case.operations):
        load = (thread.load(),) if thread.stored else ()
        engine = engines[order(turn, len(engines))]
        answered = engine(replace(case, operations=(*load, operation)))
        for outcome in answered:
            if isinstance(outcome, Unsupported):
                return tuple(outcomes), outcome
            thread.add(outcome)
        outcomes.append(answered[-1])
    return tuple(outcomes), None


@dataclass(frozen=True, slots=True)
class Relayed:
    """A case that engines took turns on: the verdicts on its end, and on all of its turns."""

    case: Case
    turns: int
    end: Verdict | None
    every_turn: Verdict | None
    unsupported: str = ""

    @property
    def same_end(self) -> bool:
        """Whether the last operation had the reference's result."""
        return isinstance(self.end, Equal)


def relayed(trace: Trace, engines: Sequence[CaseRunner], order: Order) -> Relayed:
    """Let engines take turns on a case, and compare the results with the reference's."""
    outcomes, unsupported = relay(trace.case, engines, order)
    if unsupported is not None:
        return Relayed(trace.case, len(outcomes), None, None, unsupported.reason)
    last = replace(trace.case, operations=trace.case.operations[-1:])
    end = compare(last, trace.outcomes[-1:], outcomes[-1:], Level.RESULT)
    every = compare(trace.case, trace.outcomes, outcomes, Level.RESULT)
    return Relayed(trace.case, len(outcomes), end, every)
