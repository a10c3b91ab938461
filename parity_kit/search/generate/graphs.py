"""Graph cases: a state machine over the threads of one graph, run on the live reference.

The reference's outcomes (which checkpoints exist, how many interrupts are pending, whether the last
run failed) decide what can come next, so that cases reach states that a blindly generated script
seldom would: all answers in another order, half of them, a fork from an existing checkpoint and an
update on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from parity_kit.contract import (
    Engine,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Trace,
)
from parity_kit.contract.plain import Plain
from parity_kit.search.choices import Choices
from parity_kit.search.generate.arguments import (
    change,
    config,
    metadata_filter,
    run_arguments,
)
from parity_kit.search.generate.drafts import update
from parity_kit.search.generate.growing import Growing
from parity_kit.search.generate.old_threads import old_checkpoint
from parity_kit.search.generate.programs import program
from parity_kit.search.generate.roots import root_program
from parity_kit.search.generate.threads import SessionThreads, Thread

Where: TypeAlias = dict[str, Plain]
"""Arguments of an operation."""

_SAVERS = ("memory", "memory", "memory", "sqlite", None)
_THREADS = ("t", "t", "t", "u", "v")
_MOST = 9
"""Operations of a case."""


def graph_case(choices: Choices, reference: Engine) -> Trace:
    """Return a case: a graph program and operations on it."""
    made = root_program(choices) if choices.chance(24) else program(choices)
    saver = choices.pick(_SAVERS)
    # LangGraph's SQLite saver supports synchronous calls only.
    awaited = saver != "sqlite" and choices.chance(2 if "timeout" in repr(made) else 5)
    subject = Subject(SubjectKind.GRAPH, {"program": made, "saver": saver})
    with Growing(reference, subject) as growing:
        machine = _Machine(choices, made, growing, {"async": True} if awaited else {})
        if saver is None:
            machine.apply(machine.begin({}))
        else:
            machine.play()
        return growing.trace()


@dataclass(slots=True)
class _Machine:
    """A graph's threads, and the choice of the next operation."""

    choices: Choices
    program: dict[str, Any]
    growing: Growing
    always: dict[str, Plain]
    known: SessionThreads = field(default_factory=SessionThreads)
    last: Outcome = field(default_factory=Returned)

    def play(self) -> None:
        """Start a thread, then apply operations as long as the choices ask for more."""
        self.apply(self.begin({"thread": "t"}))
        self.choices.repeat(self._step, 4, _MOST - 1)

    def apply(self, operation: Operation) -> None:
        """Apply an operation and record its outcome."""
        self.last = self.growing.apply(Operation(operation.name, {**operation.args, **self.always}))
        self.known.add(self.last)

    def begin(self, where: Where, _: Thread | None = None) -> Operation:
        """Return a run with an input."""
        return self._run(where, update(self.choices, self.program))

    def _step(self) -> None:
        name = self.choices.pick(_THREADS)
        thread = self.known.threads.get(name, Thread())
        self.apply(self.choices.pick(self._kinds(thread))({"thread": name}, thread))

    def _kinds(self, thread: Thread) -> list[Callable[[Where, Thread], Operation]]:
        """Return the possible operations on a thread, simplest first; likely ones are repeated."""
        if not thread.checkpoints:
            old = [self._put_old] if self.program.get("schema") != "root" else []
            begin = [self.begin] * 3
            return [*begin, self._state, self._update, self._bulk, self._go_on, *old]
        kinds = [self._state, self._history, self._update, self._fork, self._fork_update]
        if thread.pending:
            answers = [self._answer_all, self._answer_all, self._answer_some, self._answer]
            return [*answers, *answers, self._go_on, *kinds, self._command]
        kinds += [self._command, self._bulk]
        if isinstance(self.last, Raised):
            return [self._go_on, self._go_on, self._update, self._update, *kinds]
        return [self._go_on, self.begin, self.begin, *kinds, self._answer, self._delete]

    def _go_on(self, where: Where, thread: Thread) -> Operation:
        return self._run(where | self._inside(thread), None)

    def _state(self, where: Where, thread: Thread) -> Operation:
        arguments = self._at(where, thread) if self.choices.chance(3) else where
        if self.choices.chance(3):
            arguments = {**arguments, "subgraphs": True}
        return Operation("get_state", arguments | self._inside(thread))

    def _answer(self, where: Where, thread: Thread) -> Operation:
        answer: Where = {**where, "value": self.choices.below(10)}
        if self.choices.chance(5):
            # Clients name the thread's latest checkpoint, as well.
            answer |= {"checkpoint": thread.checkpoints[-1]} if thread.checkpoints else {}
        else:
            answer |= self._inside(thread)
        return Operation("resume", answer | self._arguments())

    def _answer_all(self, where: Where, thread: Thread) -> Operation:
        if thread.pending == 1:
            return self._answer(where, thread)
        return self._answers(where, self.choices.some(range(thread.pending), 9, thread.pending))

    def _answer_some(self, where: Where, thread: Thread) -> Operation:
        return self._answers(where, self.choices.some(range(thread.pending), 9, 1))

    def _answers(self, where: Where, chosen: list[int]) -> Operation:
        answers: Plain = [[index, self.choices.below(10)] for index in chosen]
        return Operation("resume_map", {**where, "values": answers, **self._arguments()})

    def _command(self, where: Where, thread: Thread) -> Operation:
        choices, command = self.choices, dict[str, Plain]()
        if choices.chance():
            command["update"] = update(choices, self.program)
        if choices.chance() or not command:
            target = choices.pick(list(self.program["nodes"]))
            command["goto"] = {"send": [target, {"k": 7}]} if choices.chance(3) else target
        if thread.pending and choices.chance():
            command["resume"] = choices.below(10)
        return Operation("command", {**where, "command": command, **self._arguments()})

    def _update(self, where: Where, thread: Thread) -> Operation:
        made = change(self.choices, self.program) | config(self.choices)
        return Operation("update_state", {**where, **made, **self._inside(thread)})

    def _bulk(self, where: Where, _: Thread) -> Operation:
        def superstep() -> Plain:
            return self.choices.repeat(lambda: change(self.choices, self.program), 1, 2, 1)

        return Operation(
            "bulk_update_state", {**where, "supersteps": self.choices.repeat(superstep, 1, 2, 1)}
        )

    def _fork(self, where: Where, thread: Thread) -> Operation:
        return self._run(self._at(where, thread), None)

    def _fork_update(self, where: Where, thread: Thread) -> Operation:
        return self._update(self._at(where, thread), thread)

    def _history(self, where: Where, thread: Thread) -> Operation:
        arguments = {**where, **self._inside(thread)}
        if self.choices.chance(2):
            arguments["limit"] = self.choices.between(1, 3)
        if self.choices.chance(2):
            arguments["before"] = self.choices.pick(thread.checkpoints)
        if self.choices.chance(3):
            arguments["filter"] = metadata_filter(self.choices)
        return Operation("get_state_history", arguments)

    def _put_old(self, where: Where, _: Thread) -> Operation:
        return Operation("put", where | old_checkpoint(self.choices, self.program))

    def _delete(self, where: Where, _: Thread) -> Operation:
        return Operation("delete_thread", where)

    def _at(self, where: Where, thread: Thread) -> Where:
        """Return the location of an existing checkpoint, if there is any."""
        if not thread.checkpoints:
            return where
        return {**where, "checkpoint": self.choices.pick(thread.checkpoints[::-1])}

    def _inside(self, thread: Thread) -> Where:
        """Sometimes return the address of a task's subgraph, or of a checkpoint of that."""
        if "subgraphs" not in self.program or not self.choices.chance(3):
            return {}
        address: Where = {"task": self.choices.below(2)}
        if thread.inner and self.choices.chance():
            address["inner"] = self.choices.pick(thread.inner[::-1])
        return address

    def _run(self, where: Where, given: Plain) -> Operation:
        arguments = {**where, "input": given, **self._arguments(has_thread="thread" in where)}
        return Operation("stream" if "modes" in arguments else "invoke", arguments)

    def _arguments(self, *, has_thread: bool = True) -> Where:
        return run_arguments(self.choices, self.program, has_thread=has_thread)
