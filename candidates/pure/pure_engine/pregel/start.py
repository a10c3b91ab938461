"""Bringing a run to its first superstep (`langgraph.pregel._loop.PregelLoop._first`).

A run continues from a checkpoint if it is given nothing or a command; otherwise its input begins
a new turn. Asked to continue from an earlier checkpoint, it first stores a fork of that one, so
that what it does becomes a branch of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pure_engine.errors import EmptyInputError, InvalidUpdateError
from pure_engine.names import INPUT, INTERRUPT, NULL_TASK, PARENT, RESUME, START, TASKS, branch_to
from pure_engine.pregel.apply import Writer, Writes, apply_writes
from pure_engine.pregel.node import command_updates, goto_targets
from pure_engine.pregel.prepare import next_tasks
from pure_engine.pregel.tasks import statuses
from pure_engine.savers.saver import PendingWrite, Write
from pure_engine.types import Command, Send

if TYPE_CHECKING:
    from pure_engine.pregel.loop import Loop

_EMPTY_COMMAND = (
    "cannot access local variable 'resume_is_map' where it is not associated with a value"
)
_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")


def start(loop: Loop) -> None:
    """Bring a run to its first superstep.

    Raises:
        EmptyInputError: If there is nothing to do.
    """
    given = loop.run.input
    continues = loop.resuming
    if continues is None:
        continues = given is None or isinstance(given, Command)
    resuming = bool(loop.state.versions) and continues
    if loop.around is None:
        loop.resuming = resuming
    answering = isinstance(given, Command) and given.resume is not None
    travelling = bool(loop.run.where.get("checkpoint_id")) and not answering
    loop.replaying = travelling or loop.superseded
    if travelling:
        loop.pending = [write for write in loop.pending if write[1] != RESUME]
    forks = (
        resuming
        and travelling
        and (loop.metadata.get("source") not in ("update", "fork") or loop.superseded)
    )
    changed = loop.state.checkpoint.get("updated_channels")
    updated = set(cast("Sequence[str]", changed)) if changed else None
    carried = _take_command(loop, given, forks=forks) if isinstance(given, Command) else []
    _apply_unowned(loop, carried, updated)
    if resuming:
        _continue(loop, forks=forks)
        if travelling and loop.around is None:
            loop.begin_replay()
    elif given is not None:
        updated = _take_input(loop, given, updated)
    elif loop.around is None or loop.resuming is None:
        message = f"Received no input for {START}"
        raise EmptyInputError(message)
    loop.updated = updated


def _take_command(loop: Loop, command: Command, *, forks: bool) -> list[PendingWrite]:
    """Record what a command writes, or return it if the fork that comes is to hold it."""
    by_interrupt = command.resume is not None and _takes_answers(loop, command.resume)
    writes = [
        write for write in _command_writes(command) if not (by_interrupt and write[0] == RESUME)
    ]
    if not writes and not by_interrupt:
        # LangGraph means to say that its input is empty, and trips over a name of its own.
        raise UnboundLocalError(_EMPTY_COMMAND)
    if forks:
        return [(NULL_TASK, channel, value) for channel, value in writes]
    loop.put_writes(NULL_TASK, writes)
    return []


def _takes_answers(loop: Loop, resume: Any) -> bool:
    """Take a resume that is a map of answers by interrupt id; return whether it is one."""
    if loop.saver is None:
        raise RuntimeError("Cannot use Command(resume=...) without checkpointer")
    if isinstance(resume, dict):
        answers = cast("dict[Any, Any]", resume)
        if all(_INTERRUPT_ID.fullmatch(name) for name in answers):
            loop.answers = answers
            return True
    waiting = {
        interrupt.id for status in statuses(loop.pending).values() for interrupt in status.waiting
    }
    if len(waiting) > 1:
        raise RuntimeError(
            "When there are multiple pending interrupts, you must specify the interrupt id when"
            " resuming. Docs: https://docs.langchain.com/oss/python/langgraph/interrupts"
            "#handling-multiple-interrupts."
        )
    return False


def _command_writes(command: Command) -> list[Write]:
    if command.graph == PARENT:
        raise InvalidUpdateError("There is no parent graph")
    writes: list[Write] = []
    for target in goto_targets(command) if command.goto else ():
        if isinstance(target, Send):
            writes.append((TASKS, target))
        elif isinstance(target, str):
            writes.append((branch_to(target), START))
        else:
            message = f"In Command.goto, expected Send/str, got {type(target).__name__}"
            raise TypeError(message)
    if command.resume is not None:
        writes.append((RESUME, command.resume))
    if command.update:
        writes += command_updates(command)
    return writes


def _apply_unowned(loop: Loop, carried: list[PendingWrite], updated: set[str] | None) -> None:
    """Apply the pending writes that no task made."""
    writes = [write[1:] for write in (*loop.pending, *carried) if write[0] == NULL_TASK]
    if writes:
        changed = apply_writes(loop.state, [Writes((), INPUT, writes)], loop.next_version)
        loop.deltas.replace(writes)
        if carried:
            loop.deltas.lose([write[1:] for write in carried])
        else:
            loop.deltas.keep(loop.step, NULL_TASK, "", writes)
        if updated is not None:
            updated |= changed


def _continue(loop: Loop, *, forks: bool) -> None:
    """Pass the breakpoint that the run may have stopped at."""
    versions = loop.state.versions
    seen = loop.state.seen.setdefault(INTERRUPT, {})
    seen.update({name: versions[name] for name in loop.state.channels if name in versions})
    if forks or loop.replaying:
        loop.deltas.diverge()
    if forks:
        loop.pending = [write for write in loop.pending if write[1] != INTERRUPT]
        loop.put_checkpoint("fork")
    loop.emit("values", loop.shown_values)


def _take_input(loop: Loop, given: Any, updated: set[str] | None) -> set[str]:
    """Apply an input; tasks that were still to run are dropped."""
    loop.deltas.diverge()
    dropped = next_tasks(
        loop.state,
        loop.pending,
        loop.step,
        updated=updated,
        answers=loop.answers,
        around=None if loop.around is None else loop.around.answers,
    )
    writers: list[Writer] = [*dropped.values(), Writes((), INPUT, [(START, given)])]
    loop.updated = apply_writes(loop.state, writers, loop.next_version)
    loop.put_checkpoint("input")
    return loop.updated
