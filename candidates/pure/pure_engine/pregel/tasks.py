"""A task: one run of a node in a superstep, and the status that its recorded writes give it."""

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

Path: TypeAlias = "tuple[str | int | Path, ...]"


@dataclass(slots=True)
class Answers:
    """A task's answers to its interrupts.

    `given` are its own, in order. `shared` is a resume that names no interrupt: the first task that
    asks takes it from `pending`. A nested run also takes it from the `enclosing` task.
    """

    given: list[Any]
    shared: PendingWrite | None
    pending: list[PendingWrite]
    enclosing: Answers | None = None
    asked: int = 0

    def take_shared(self) -> Any:
        """Take the shared answer; return None if there is none, or another task took it."""
        if self.shared is None:
            return None if self.enclosing is None else self.enclosing.take_shared()
        if self.shared not in self.pending:
            return None
        self.pending.remove(self.shared)
        return self.shared[2]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a handler handles: a task that failed, and its error or the text stored for it."""

    task: Task
    error: Any


@dataclass(slots=True)
class Task:
    """A node to run: triggered by a channel (PULL), by a packet (PUSH), or to handle a failure.

    `namespace` identifies its interrupts, its execution and the runs inside it, which `calls`
    counts. `managed` are the values of managed fields.
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
    order: str = field(init=False)
    """Its path as stored text, which also orders the writes of a superstep."""

    def __post_init__(self) -> None:
        self.order = path_text(self.path)

    @property
    def hidden(self) -> bool:
        """Whether streams and breakpoints ignore the task."""
        return self.name == START

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its node's metadata; a handler has that of the node that failed."""
        return self.node.metadata if self.failure is None else self.failure.task.metadata

    def ask(self, value: Any) -> Any:
        """Return the answer to the task's next interrupt, or raise `GraphInterrupt` without one."""
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
    """Return the id of the interrupt that a task raises after `answered` answers."""
    return xxh3_128_hexdigest((f"{namespace}|{answered}" if answered else namespace).encode())


def answers_for(
    task: str,
    namespace: str,
    pending: list[PendingWrite],
    by_interrupt: dict[str, Any] | None,
    enclosing: Answers | None = None,
) -> Answers:
    """Return a task's answers among the writes recorded for a superstep."""
    if not pending:
        return Answers([], None, pending, enclosing)
    shared = _first(pending, NULL_TASK)
    own = _first(pending, task)
    given: Any = [] if own is None else own[2]
    several = cast("list[Any]", given) if isinstance(given, list) else [given]
    if by_interrupt:
        # In older threads, all of a task's interrupts have the id of its first.
        for name in (interrupt_id(namespace, len(several)), interrupt_id(namespace, 0)):
            if name in by_interrupt:
                several.append(by_interrupt[name])
                break
    return Answers(several, shared, pending, enclosing)


def _first(pending: Iterable[PendingWrite], task: str) -> PendingWrite | None:
    return next((write for write in pending if write[0] == task and write[1] == RESUME), None)


@dataclass(frozen=True, slots=True)
class Status:
    """A task's status by its recorded writes. It finished if it has output."""

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
    """Return a write's interrupts as a sequence."""
    return cast("Sequence[Any]", value) if isinstance(value, Sequence) else [value]


def path_text(path: Path) -> str:
    """Return a path as stored text."""
    return f"~{', '.join(map(_part_text, path))}"


def _part_text(part: str | int | Path) -> str:
    match part:
        case int():
            return f"{part:010d}"
        case tuple():
            return path_text(part)
        case _:
            return part
