"""From a run's input to its first superstep (`langgraph.pregel._loop.PregelLoop._first`).

Without input, or with a command, a run continues from the checkpoint; any other input starts the
graph anew on the thread's state. A run that continues from an earlier checkpoint first stores a
fork of it, so that what follows becomes a branch of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from pure_engine.channels.channel import MISSING
from pure_engine.errors import EmptyInputError, InvalidUpdateError
from pure_engine.names import INPUT, INTERRUPT, NULL_TASK, PARENT, RESUME, START, TASKS, branch_to
from pure_engine.pregel.apply import Writer, Writes, apply_writes
from pure_engine.pregel.checkpoints import is_superseded
from pure_engine.pregel.emitter import Emitter
from pure_engine.pregel.node import command_updates, goto_targets
from pure_engine.pregel.replay import replay_of
from pure_engine.pregel.run import Run
from pure_engine.pregel.store import Store
from pure_engine.pregel.tasks import statuses
from pure_engine.savers.saver import Write
from pure_engine.types import Command, Send

_EMPTY_COMMAND = (
    "cannot access local variable 'resume_is_map' where it is not associated with a value"
)
_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")


def start(run: Run, store: Store, emitter: Emitter) -> None:
    """Bring a run to its first superstep, or raise `EmptyInputError` if it has nothing to do."""
    value = run.request.input
    continues = run.resuming
    if continues is None:
        same = run.nesting.metadata.get("run_id") == store.metadata.get("run_id", MISSING)
        continues = value is None or isinstance(value, Command) or (same and not run.is_nested)
    resuming = bool(run.state.versions) and continues
    if not run.is_nested:
        run.resuming = resuming
    answering = isinstance(value, Command) and value.resume is not None
    travelling = bool(run.request.where.get("checkpoint_id")) and not answering
    superseded = is_superseded(run.graph.saver, run.request.where, run.saved)
    run.replaying = travelling or superseded
    if travelling:
        run.pending = [write for write in run.pending if write[1] != RESUME]
    source = store.metadata.get("source")
    forks = resuming and travelling and (source not in ("update", "fork") or superseded)
    changed = run.state.checkpoint.get("updated_channels")
    updated = set(cast("Sequence[str]", changed)) if changed else None
    # A fork holds what the command writes; without one, those writes become pending.
    carried: list[Write] = []
    if isinstance(value, Command):
        writes = _command_writes(run, value)
        if forks:
            carried = writes
        elif writes:
            store.put_writes(NULL_TASK, run.record(NULL_TASK, writes))
    _apply_unowned(run, store, carried, updated)
    if resuming:
        _continue(run, store, forks=forks, travelling=travelling)
        emitter.values()
    elif value is not None:
        updated = _take_input(run, store, value, updated)
    elif not run.is_nested or run.resuming is None:
        message = f"Received no input for {START}"
        raise EmptyInputError(message)
    run.updated = updated


def _command_writes(run: Run, command: Command) -> list[Write]:
    """Return a command's writes. Answers by interrupt id are kept by the run instead."""
    by_interrupt = command.resume is not None and _takes_answers(run, command.resume)
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
    if command.resume is not None and not by_interrupt:
        writes.append((RESUME, command.resume))
    if command.update:
        writes += command_updates(command)
    if not writes and not by_interrupt:
        # LangGraph quirk: it means to raise EmptyInputError, and fails on an unbound variable.
        raise UnboundLocalError(_EMPTY_COMMAND)
    return writes


def _takes_answers(run: Run, resume: Any) -> bool:
    """Take the answers of a resume by interrupt id; return whether it is one."""
    if run.graph.saver is None:
        raise RuntimeError("Cannot use Command(resume=...) without checkpointer")
    if isinstance(resume, dict):
        answers = cast("dict[Any, Any]", resume)
        if all(_INTERRUPT_ID.fullmatch(name) for name in answers):
            run.answers = answers
            return True
    waiting = {
        interrupt.id for status in statuses(run.pending).values() for interrupt in status.waiting
    }
    if len(waiting) > 1:
        raise RuntimeError(
            "When there are multiple pending interrupts, you must specify the interrupt id when"
            " resuming. Docs: https://docs.langchain.com/oss/python/langgraph/interrupts"
            "#handling-multiple-interrupts."
        )
    return False


def _apply_unowned(
    run: Run, store: Store, carried: Sequence[Write], updated: set[str] | None
) -> None:
    """Apply the writes that no task made: pending ones, and those of a command."""
    pending = [write[1:] for write in run.pending if write[0] == NULL_TASK]
    writes = [*pending, *carried]
    if not writes:
        return
    changed = apply_writes(run.state, [Writes((), INPUT, writes)], run.graph.next_version)
    store.deltas.replace(writes)
    if carried:
        store.deltas.lose(carried)
    else:
        store.deltas.keep(run.step, NULL_TASK, "", writes)
    if updated is not None:
        updated |= changed


def _continue(run: Run, store: Store, *, forks: bool, travelling: bool) -> None:
    """Pass the breakpoint where the run may have stopped, and store a fork if it is to be one."""
    versions = run.state.versions
    versions_seen = run.state.versions_seen.setdefault(INTERRUPT, {})
    versions_seen.update({name: versions[name] for name in run.state.channels if name in versions})
    if forks or run.replaying:
        store.deltas.diverge()
    if forks:
        run.pending = [write for write in run.pending if write[1] != INTERRUPT]
        store.put_checkpoint("fork", None)
        run.step += 1
    if travelling and not run.is_nested and run.graph.saver is not None:
        # Subgraphs begin where they were at the checkpoint that the run goes back to.
        at_exit = run.request.durability == "exit"
        run.replay = replay_of(run.saved, run.state.checkpoint["id"], at_exit=at_exit)


def _take_input(run: Run, store: Store, value: Any, updated: set[str] | None) -> set[str]:
    """Apply an input; tasks that had yet to run are dropped."""
    store.deltas.diverge()
    dropped = run.next_tasks(updated)
    writers: list[Writer] = [*dropped.values(), Writes((), INPUT, [(START, value)])]
    changed = apply_writes(run.state, writers, run.graph.next_version)
    store.put_checkpoint("input", changed)
    run.step += 1
    return changed
