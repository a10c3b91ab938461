"""A task: one run of a node in a superstep, and what the writes recorded for it say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from xxhash import xxh3_128_hexdigest

from pure_engine.errors import GraphInterrupt
from pure_engine.names import CONTROL, ERROR, INTERRUPT, NULL_TASK, RESUME, START
from pure_engine.program.model import Node
from pure_engine.savers.saver import PendingWrite, Write
from pure_engine.types import Interrupt

Path: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True)
class Answers:
    """The answers that a task has for its interrupts, and the one that is nobody's yet.

    `given` is the task's own, in order. `shared` is a resume that names no interrupt: the first
    task to ask takes it from `pending`. In a nested run that is the one of the `enclosing` task.
    """

    given: list[Any]
    shared: PendingWrite | None
    pending: list[PendingWrite]
    enclosing: Answers | None = None
    asked: int = 0

    def take_shared(self) -> Any:
        """Return the shared answer and use it up, or None if there is none left."""
        if self.shared is None:
            return None if self.enclosing is None else self.enclosing.take_shared()
        if self.shared not in self.pending:
            return None
        self.pending.remove(self.shared)
        return self.shared[2]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a handler is told of: the task that failed, and its error or what was stored of it."""

    task: Task
    error: Any


@dataclass(slots=True)
class Task:
    """A node to run: triggered by a channel (PULL), sent a packet (PUSH), or told of a failure.

    `namespace` is what its interrupts, its execution and the runs inside it are known by; `calls`
    counts those. `managed` are the values of those fields that are no channels.
    """

    id: str
    name: str
    path: Path
    input: Any
    triggers: tuple[str, ...]
    node: Node
    answers: Answers
    namespace: str
    managed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    failure: Failure | None = None
    calls: int = 0
    writes: list[Write] = field(default_factory=list[Write])

    @property
    def hidden(self) -> bool:
        """Whether streams and breakpoints pass over the task."""
        return self.name == START

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What is said of its node; of a handler's task, of the node that failed."""
        return self.node.metadata if self.failure is None else self.failure.task.metadata

    def ask(self, value: Any) -> Any:
        """Return the answer to the task's next interrupt (`langgraph.types.interrupt`).

        Raises:
            GraphInterrupt: If it has none.
        """
        answers = self.answers
        index = answers.asked
        answers.asked += 1
        if index < len(answers.given):
            self.writes.append((RESUME, answers.given[: index + 1]))
            return answers.given[index]
        answer = answers.take_shared()
        if answer is not None:
            answers.given.append(answer)
            self.writes.append((RESUME, answers.given))
            return answer
        name = interrupt_id(self.namespace, len(answers.given))
        raise GraphInterrupt((Interrupt(value, name),))


def interrupt_id(namespace: str, answered: int) -> str:
    """Return the id of the interrupt that a task asks after it got `answered` answers."""
    return xxh3_128_hexdigest((f"{namespace}|{answered}" if answered else namespace).encode())


def answers_for(
    task: str,
    namespace: str,
    pending: list[PendingWrite],
    by_interrupt: dict[str, Any] | None,
    enclosing: Answers | None = None,
) -> Answers:
    """Return the answers that the writes recorded for a superstep hold for a task."""
    if not pending:
        return Answers([], None, pending, enclosing)
    shared = _first(pending, NULL_TASK)
    own = _first(pending, task)
    given: Any = [] if own is None else own[2]
    several = cast("list[Any]", given) if isinstance(given, list) else [given]
    if by_interrupt:
        # Older threads gave all of a task's interrupts the id of its first.
        for name in (interrupt_id(namespace, len(several)), interrupt_id(namespace, 0)):
            if name in by_interrupt:
                several.append(by_interrupt[name])
                break
    return Answers(several, shared, pending, enclosing)


def _first(pending: Iterable[PendingWrite], task: str) -> PendingWrite | None:
    return next((write for write in pending if write[0] == task and write[1] == RESUME), None)


@dataclass(frozen=True, slots=True)
class Status:
    """What the writes recorded for a task say of it. It finished if it has output."""

    output: tuple[Write, ...] = ()
    interrupts: tuple[Interrupt, ...] = ()
    error: Any = None

    @property
    def waiting(self) -> tuple[Interrupt, ...]:
        """The interrupts that have no answer yet."""
        return () if self.output else self.interrupts


def statuses(pending: Iterable[PendingWrite]) -> dict[str, Status]:
    """Return the status of every task that has recorded writes, by task id."""
    output: dict[str, list[Write]] = {}
    interrupts: dict[str, list[Interrupt]] = {}
    errors: dict[str, Any] = {}
    for task, channel, value in pending:
        if task == NULL_TASK:
            continue
        produced = output.setdefault(task, [])
        if channel == INTERRUPT:
            interrupts.setdefault(task, []).extend(as_sequence(value))
        elif channel == ERROR:
            errors.setdefault(task, value)
        elif channel not in CONTROL:
            produced.append((channel, value))
    return {
        task: Status(tuple(produced), tuple(interrupts.get(task, ())), errors.get(task))
        for task, produced in output.items()
    }


def as_sequence(value: Any) -> Sequence[Any]:
    """Return the interrupts that one write holds."""
    return cast("Sequence[Any]", value) if isinstance(value, Sequence) else [value]


def path_text(path: Path) -> str:
    """Return a task's path as it is stored, which also orders the writes of a superstep."""
    parts = (f"{part:010d}" if isinstance(part, int) else part for part in path)
    return f"~{', '.join(parts)}"
