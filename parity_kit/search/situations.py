"""What each operation of a case meets: the state of its subject, as earlier outcomes show it.

An operation alone says little: an update of an empty channel and one of a full channel are two
things, and so are a run on a thread that failed and one on a thread that asks. As features of a
case, situations are counted in pairs with the channel classes that the case has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity_kit.contract import Operation, Outcome, Raised, Subject, SubjectKind, split_stored_name
from parity_kit.search.generate.threads import SessionThreads


def situations(
    subject: Subject, operations: Sequence[Operation], outcomes: Sequence[Outcome]
) -> frozenset[str]:
    """Return the situations of a case's operations, as features."""
    match subject.kind:
        case SubjectKind.CHANNEL:
            states = _channel_states(outcomes)
        case SubjectKind.GRAPH if subject.spec.get("saver") is not None:
            states = _thread_states(operations, outcomes)
        case _:
            return frozenset()
    return frozenset(
        f"{operation.name} {state}" for operation, state in zip(operations, states, strict=True)
    )


def _channel_states(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the state of the channel before each operation."""
    holds, failed = False, False
    for outcome in outcomes:
        yield "after an error" if failed else "of a value" if holds else "of nothing"
        failed = isinstance(outcome, Raised)
        names = [split_stored_name(name)[0] for name in getattr(outcome, "stored", ())]
        holds = "checkpoint" in names or (holds and not getattr(outcome, "dropped", ()))


def _thread_states(operations: Sequence[Operation], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the state of its thread before each operation."""
    known, failed = SessionThreads(), set[str]()
    for operation, outcome in zip(operations, outcomes, strict=True):
        name = str(operation.args.get("thread"))
        thread = known.threads.get(name)
        if thread is None:
            state = "on a new thread"
        elif operation.args.get("inner") is not None:
            state = "inside a subgraph"
        elif isinstance(operation.args.get("checkpoint"), int):
            state = "at an earlier checkpoint"
        elif name in failed:
            state = "after an error"
        else:
            state = "beside a question" if thread.pending else "on a thread"
        yield state
        known.add(outcome)
        (failed.add if isinstance(outcome, Raised) else failed.discard)(name)
