"""What a run is, as data: its arguments, where it is nested, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pure_engine.names import HIDDEN, NULL_TASK, SLOTS
from pure_engine.pregel.checkpoints import empty_checkpoint
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.prepare import next_tasks
from pure_engine.pregel.replay import Replay
from pure_engine.pregel.state import State
from pure_engine.pregel.streams import Sink, Stream
from pure_engine.pregel.tasks import Task
from pure_engine.program.model import Breakpoints
from pure_engine.savers.saver import PendingWrite, Saved, Where, Write

Durability: TypeAlias = Literal["sync", "async", "exit"]
Log: TypeAlias = Callable[[str, str], None]
"""Takes what LangGraph would log or warn of: its kind and its text."""


def mute(kind: str, text: str) -> None:
    """Log nothing."""
    del kind, text


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of a run.

    `shown` are the fields that its result and its stream show: the value alone of one that is not
    in a sequence. `order` has the numbers of the tasks of a superstep that end first, second and so
    on, if it is given.
    """

    input: Any
    where: Where
    modes: Collection[str]
    sink: Sink
    shown: Sequence[str] | str
    recursion_limit: int
    durability: Durability = "async"
    context: Mapping[str, Any] | None = None
    interrupt_before: Breakpoints = ()
    interrupt_after: Breakpoints = ()
    asynchronous: bool = False
    subgraphs: bool = False
    tags: Sequence[str] = ()
    order: Sequence[int] | None = None
    log: Log = mute

    @property
    def shown_names(self) -> Sequence[str]:
        """The names of the fields that it shows."""
        return (self.shown,) if isinstance(self.shown, str) else self.shown


@dataclass(frozen=True, slots=True)
class Nesting:
    """What a nested run takes over from the task and the run around it.

    The defaults are those of the outermost run. `checkpoints` are the ids of the checkpoints around
    the run, by namespace; `metadata` is that of the nodes around it. `resuming` is None where the
    run's own input decides.
    """

    namespace: str = ""
    task: Task | None = None
    checkpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resuming: bool | None = None
    answers: dict[str, Any] | None = None
    replay: Replay | None = None
    stream: Stream | None = None
    drains: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Run:
    """A run between two supersteps.

    `saved` is the checkpoint that it began at, without a config if the thread had none. `pending`
    are the writes recorded since the last checkpoint, `updated` the channels that the superstep
    before changed, `answers` those of a resume by interrupt id. `step` is the superstep that comes
    next, `stop` the last one. While `replaying`, recorded writes are not given back to their tasks.
    """

    graph: Graph
    request: Request
    nesting: Nesting
    saved: Saved
    state: State
    pending: list[PendingWrite]
    step: int
    stop: int
    resuming: bool | None
    replay: Replay | None
    answers: dict[str, Any] | None
    replaying: bool = False
    updated: set[str] | None = None
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])

    @property
    def is_nested(self) -> bool:
        """Whether the run is inside a task of another."""
        return self.nesting.task is not None

    def shows(self, task: Task) -> bool:
        """Whether streams and breakpoints see a task."""
        return not task.hidden and HIDDEN not in self.request.tags

    def next_tasks(self, updated: set[str] | None) -> dict[str, Task]:
        """Return the tasks of the next superstep, by id."""
        task = self.nesting.task
        return next_tasks(
            self.state,
            self.pending,
            self.step,
            updated=updated,
            answers=self.answers,
            stop=self.stop,
            enclosing=None if task is None else task.answers,
        )

    def record(self, task: str, writes: Sequence[Write]) -> Sequence[Write]:
        """Make a task's writes pending, in place of its earlier ones; return what to store."""
        if all(channel in SLOTS for channel, _ in writes):
            writes = list({write[0]: write for write in writes}.values())
        kept: list[Write] = []
        if task == NULL_TASK:
            # These add up, except in slots. Slots go last, so that the others keep their index.
            self.pending = [
                write for write in self.pending if write[0] != task or write[1] not in SLOTS
            ]
            kept = [write[1:] for write in self.pending if write[0] == task]
            writes = sorted(writes, key=lambda write: write[0] in SLOTS)
        else:
            self.pending = [write for write in self.pending if write[0] != task]
        self.pending += [(task, channel, value) for channel, value in writes]
        return [*kept, *writes]


def open_run(graph: Graph, request: Request, nesting: Nesting) -> Run:
    """Return a run at the checkpoint that it begins at."""
    saved, resuming = find_checkpoint(graph, request, nesting), nesting.resuming
    if graph.saver and nesting.replay and not request.where.get("checkpoint_id"):
        resuming = None  # where an earlier run stopped does not matter to one that repeats it
    if saved is None:
        saved = Saved({}, empty_checkpoint(graph.clock), {"step": -2}, None, [])
    step = saved.metadata["step"] + 1
    return Run(
        graph,
        request,
        nesting,
        saved,
        graph.restored(saved, nesting.namespace),
        saved.pending,
        step,
        step + request.recursion_limit + 1,
        resuming,
        nesting.replay,
        nesting.answers,
    )


def find_checkpoint(graph: Graph, request: Request, nesting: Nesting) -> Saved | None:
    """Return the checkpoint that a run begins at, or None for a new thread."""
    if graph.saver is None:
        return None
    if nesting.replay is None or request.where.get("checkpoint_id"):
        return graph.saver.get(request.where)
    return nesting.replay.find(graph.saver, request.where)
