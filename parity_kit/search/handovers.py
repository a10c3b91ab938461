"""Handing a thread over: what one engine stored, continued by another from these bytes.

A handover is an ordinary case. It begins with `load_stored`, which stores what was stored up to a
stop, and goes on with the operations after the stop. Whoever runs it continues in a fresh session,
with nothing of the first one but its bytes, and must come to the end of the undisturbed run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Raised,
    Returned,
    SubjectKind,
    Trace,
    Unsupported,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.outcomes import outcome_to_plain
from parity_kit.search.channel_classes import handed_classes

LOAD = "load_stored"
_CHECKPOINT_ID = re.compile(rb"00000000-0000-6000-8000-([0-9a-f]{12})")
_MESSAGE_ID = re.compile(rb"00000000-0000-4000-8000-([0-9a-f]{12})")


@dataclass(slots=True)
class Thread:
    """What a session has stored so far, and the highest numbers of the ids that it gave."""

    stored: dict[str, bytes] = field(default_factory=dict[str, bytes])
    created: int = 0
    messages: int = 0

    def add(self, outcome: Outcome) -> None:
        """Add what an operation stored and gave."""
        if isinstance(outcome, Unsupported):
            return
        self.stored.update(outcome.stored)
        for name in outcome.dropped:
            self.stored.pop(name, None)
        shown = pack(outcome_to_plain(outcome))
        self.created = max(self.created, *_numbers(_CHECKPOINT_ID, shown))
        self.messages = max(self.messages, *_numbers(_MESSAGE_ID, shown))

    def load(self) -> Operation:
        """Return the operation that takes it over."""
        args = {"stored": dict(sorted(self.stored.items())), "created": self.created}
        return Operation(LOAD, args | ({"messages": self.messages} if self.messages else {}))


def _numbers(pattern: re.Pattern[bytes], data: bytes) -> Iterator[int]:
    yield 0
    for number in pattern.findall(data):
        yield int(number, 16)


def stops(case: Case, outcomes: Sequence[Outcome]) -> Iterable[int]:
    """Return after how many operations a case can be handed over: something is stored by then."""
    if case.subject.kind is not SubjectKind.GRAPH or not case.subject.spec.get("saver"):
        return ()
    thread, found = Thread(), list[int]()
    for stop, outcome in enumerate(outcomes[:-1], 1):
        thread.add(outcome)
        if thread.stored:
            found.append(stop)
    return found


def handover(case: Case, outcomes: Sequence[Outcome], stop: int) -> Trace:
    """Return the case that continues after `stop` operations, whose outcomes are the undisturbed.

    `outcomes` are those of the engine that stored; only what it stored before the stop is used of
    them, and the rest is what the other engine must come to.
    """
    thread = Thread()
    for outcome in outcomes[:stop]:
        thread.add(outcome)
    continued = replace(
        case,
        id=CaseId(f"{case.id}/after-{stop}"),
        operations=(thread.load(), *case.operations[stop:]),
        features=(*case.features, *handed_classes(thread.stored, case.subject.spec)),
    )
    return Trace(continued, (Returned(), *outcomes[stop:]))


_RUNS = frozenset({"invoke", "stream", "resume", "resume_map", "command"})
_STARTS = ("input", "value", "values", "command", "checkpoint")
"""The arguments of a run that say how it begins, and not how it goes on."""
_OUT_OF_STEPS = "langgraph.errors.GraphRecursionError"


def runs(case: Case) -> Iterator[int]:
    """Yield the places of the runs that can be stopped between two supersteps."""
    for index, operation in enumerate(case.operations):
        if operation.name in _RUNS and operation.args.get("task") is None:
            yield index


def stopped(case: Case, index: int, supersteps: int) -> Case:
    """Return a case with a run that the recursion limit stops, and another that goes on.

    A run stops after the superstep with that number, the first being the one after the input's.
    """
    run = case.operations[index]
    rest = {name: given for name, given in run.args.items() if name not in _STARTS}
    go_on = Operation("stream" if "modes" in rest else "invoke", {**rest, "input": None})
    first = replace(run, args={**run.args, "recursion_limit": supersteps})
    operations = (*case.operations[:index], first, go_on, *case.operations[index + 1 :])
    return replace(case, id=CaseId(f"{case.id}/superstep-{supersteps}"), operations=operations)


def is_stopped(outcome: Outcome) -> bool:
    """Return whether a run was stopped by the recursion limit."""
    return isinstance(outcome, Raised) and outcome.error == _OUT_OF_STEPS
