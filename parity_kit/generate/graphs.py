"""Graph cases: a state machine over the threads of one graph, played on the live reference.

What the reference has answered (which checkpoints there are, how many interrupts wait, whether the
last run failed) decides what can come next, so that a case goes where a script drawn blindly
seldom would: all answers in another order, half of them, a fork from a checkpoint that exists and
an update on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from parity_kit.choices import Choices
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
from parity_kit.generate.growing import Growing
from parity_kit.generate.programs import program, update
from parity_kit.generate.seen import Seen, Thread
from parity_kit.plain import Plain

_MODES = ("values", "updates", "tasks", "checkpoints")
_DURABILITY = ("sync", "async", "exit")
_SAVERS = ("memory", "memory", "memory", "sqlite", None)
_THREADS = ("t", "t", "t", "u", "v")
_MOST = 9
"""Operations of a case."""


def graph_case(choices: Choices, reference: Engine) -> Trace:
    """Return a graph program and what was done to it."""
    made = program(choices)
    saver = choices.pick(_SAVERS)
    subject = Subject(SubjectKind.GRAPH, {"program": made, "saver": saver})
    with Growing(reference, subject) as growing:
        if saver is None:
            growing.apply(_run(choices, {}, update(choices, made)))
        else:
            _Machine(choices, made, growing).play()
        return growing.trace()


@dataclass(slots=True)
class _Machine:
    """A graph's threads, and the choice of what is done next."""

    choices: Choices
    program: dict[str, Any]
    growing: Growing
    seen: Seen = field(default_factory=Seen)
    last: Outcome = field(default_factory=Returned)

    def play(self) -> None:
        """Begin a thread, then go on while there are choices that say so."""
        self._apply(_run(self.choices, {"thread": "t"}, update(self.choices, self.program)))
        self.choices.repeat(self._step, 4, _MOST - 1)

    def _apply(self, operation: Operation) -> None:
        self.last = self.growing.apply(operation)
        self.seen.add(self.last)

    def _step(self) -> None:
        name = self.choices.pick(_THREADS)
        thread = self.seen.threads.get(name, Thread())
        self._apply(self.choices.pick(self._kinds(thread))({"thread": name}, thread))

    def _kinds(self, thread: Thread) -> list[Callable[[dict[str, Plain], Thread], Operation]]:
        """Return what can be done to a thread, the simplest first, the likeliest more often."""
        if not thread.checkpoints:
            return [self._begin, self._begin, self._state, self._update]
        kinds = [self._state, self._history, self._update, self._fork, self._fork_update]
        if thread.pending:
            answers = [self._answer_all, self._answer_all, self._answer_some, self._answer]
            return [*answers, *answers, self._go_on, *kinds]
        if isinstance(self.last, Raised):
            return [self._go_on, self._go_on, self._update, self._update, *kinds]
        return [self._go_on, self._begin, self._begin, *kinds, self._answer, self._delete]

    def _begin(self, where: dict[str, Plain], _: Thread) -> Operation:
        return _run(self.choices, where, update(self.choices, self.program))

    def _go_on(self, where: dict[str, Plain], _: Thread) -> Operation:
        return _run(self.choices, where, None)

    def _state(self, where: dict[str, Plain], thread: Thread) -> Operation:
        return Operation("get_state", self._perhaps_at(where, thread))

    def _answer(self, where: dict[str, Plain], _: Thread) -> Operation:
        answer: dict[str, Plain] = {**where, "value": self.choices.below(10)}
        return Operation("resume", answer | self._streamed())

    def _answer_all(self, where: dict[str, Plain], thread: Thread) -> Operation:
        if thread.pending == 1:
            return self._answer(where, thread)
        return self._answers(where, self.choices.some(range(thread.pending), 9, thread.pending))

    def _answer_some(self, where: dict[str, Plain], thread: Thread) -> Operation:
        return self._answers(where, self.choices.some(range(thread.pending), 9, 1))

    def _answers(self, where: dict[str, Plain], chosen: list[int]) -> Operation:
        answers: Plain = [[index, self.choices.below(10)] for index in chosen]
        return Operation("resume_map", {**where, "values": answers, **self._streamed()})

    def _streamed(self) -> dict[str, Plain]:
        return {"modes": _modes(self.choices)} if self.choices.chance() else {}

    def _update(self, where: dict[str, Plain], _: Thread) -> Operation:
        arguments: dict[str, Plain] = {**where, "values": update(self.choices, self.program)}
        if self.choices.below(3):
            arguments["as_node"] = self.choices.pick(list(self.program["nodes"]))
        return Operation("update_state", arguments)

    def _fork(self, where: dict[str, Plain], thread: Thread) -> Operation:
        return _run(self.choices, self._at(where, thread), None)

    def _fork_update(self, where: dict[str, Plain], thread: Thread) -> Operation:
        return self._update(self._at(where, thread), thread)

    def _history(self, where: dict[str, Plain], thread: Thread) -> Operation:
        arguments = dict(where)
        if self.choices.chance(2):
            arguments["limit"] = self.choices.between(1, 3)
        if self.choices.chance(2):
            arguments["before"] = self.choices.pick(thread.checkpoints)
        if self.choices.chance(3):
            arguments["filter"] = self.choices.pick(
                ({"source": "loop"}, {"source": "update"}, {"step": 0}, {"step": 1})
            )
        return Operation("get_state_history", arguments)

    def _delete(self, where: dict[str, Plain], _: Thread) -> Operation:
        return Operation("delete_thread", where)

    def _at(self, where: dict[str, Plain], thread: Thread) -> dict[str, Plain]:
        return {**where, "checkpoint": self.choices.pick(thread.checkpoints[::-1])}

    def _perhaps_at(self, where: dict[str, Plain], thread: Thread) -> dict[str, Plain]:
        if not thread.checkpoints or not self.choices.chance(3):
            return where
        return self._at(where, thread)


def _modes(choices: Choices) -> list[str]:
    chosen = choices.some(_MODES, len(_MODES), 1)
    return [mode for mode in _MODES if mode in chosen]


def _run(choices: Choices, where: dict[str, Plain], given: Plain) -> Operation:
    limits: dict[str, Plain] = {"recursion_limit": choices.between(2, 6)}
    if "thread" in where and choices.chance(5):
        limits["durability"] = choices.pick(_DURABILITY)
    if choices.chance():
        return Operation("stream", {**where, "input": given, "modes": _modes(choices), **limits})
    return Operation("invoke", {**where, "input": given, **limits})
