"""A run inside a task: a subgraph as a node, or called in a node's body.

It is a run of its own, in a namespace of its own. What it has of the run around it: the thread and
the saver, whether that one resumes, the answers given to it, its stream, its limits; and the
checkpoints around it, which its own are stored with as their parents.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pure_engine.names import CHECKPOINT_MAP, SPACE_MARK, TASK_MARK
from pure_engine.namespaces import without_ids
from pure_engine.pregel.start import start
from pure_engine.savers.saver import Saved, Saver, Where

if TYPE_CHECKING:
    from pure_engine.pregel.loop import Loop
    from pure_engine.pregel.tasks import Answers, Task
    from pure_engine.program.model import Subgraph


@dataclass(slots=True)
class Replay:
    """A run that goes again over what an earlier one did: it began at the checkpoint `since`.

    A subgraph begins where it was then, when it first runs; after that it goes on as ever.
    """

    since: str
    begun: set[str] = field(default_factory=set[str])

    def find(self, saver: Saver, where: Where) -> Saved | None:
        """Return the checkpoint that a nested run begins at."""
        node = without_ids(where["checkpoint_ns"])
        if node in self.begun:
            return saver.get(where)
        self.begun.add(node)
        return next(saver.list(where, before=self.since, limit=1), None)


def replay_of(saved: Saved, latest: str, *, at_exit: bool) -> Replay:
    """Return the replay of a checkpoint, which a run goes on from by the name `latest`.

    Subgraphs that ran at what a fork or an update was made from did so before it was made, so that
    counts. Of a fork that is stored at exit only the parent is that of what it was made from.
    """
    made = saved.metadata.get("source") in ("fork", "update")
    where = saved.parent if made or at_exit else None
    if where is None and not at_exit:
        where = saved.config
    return Replay(where["checkpoint_id"] if where else latest)


@dataclass(frozen=True, slots=True)
class Around:
    """What a nested run has of the task that it runs in; `again` if that failed before."""

    loop: Loop
    task: Task
    namespace: str
    again: bool

    @property
    def resuming(self) -> bool | None:
        """Whether the nested run goes on where it stopped; None if that is for its input to say."""
        return True if self.again else self.loop.resuming

    @property
    def checkpoints(self) -> dict[str, str]:
        """The ids of the checkpoints around the nested run, by namespace.

        A handler's task is inside the one that failed, which has the checkpoint that both began at.
        """
        failure, name = self.task.failure, self.loop.state.checkpoint["id"]
        failed = {} if failure is None else {failure.task.namespace: name}
        return {**self.loop.parents, self.loop.namespace: name, **failed}

    @property
    def where(self) -> dict[str, Any]:
        """Where the nested run finds its checkpoint: the thread, and its namespace there."""
        around = self.checkpoints
        return {
            **self.loop.run.where,
            CHECKPOINT_MAP: around,
            "checkpoint_id": around.get(self.namespace),
            "checkpoint_ns": self.namespace,
        }

    @property
    def answers(self) -> Answers:
        """The task's answers; the one that is nobody's yet is the nested run's too."""
        return self.task.answers


def run_nested(loop: Loop, task: Task, subgraph: Subgraph, given: Any, again: bool) -> Any:  # noqa: FBT001  # as a host asks for it
    """Run a subgraph inside a task to its end; return the last state that it showed."""
    latest: Any = None

    def keep(item: tuple[str, str, Any]) -> None:
        nonlocal latest
        latest = item[2]

    program = subgraph.program
    around = Around(loop, task, _namespace(task, subgraph), again)
    run = replace(
        loop.run,
        input=given,
        where=around.where,
        modes=("values",),
        sink=keep,
        shown=program.outputs,
        interrupt_before=program.interrupt_before,
        interrupt_after=program.interrupt_after,
        subgraphs=False,
        around=around,
    )
    inner = type(loop)(loop.graph.inside(subgraph), run)
    start(inner)
    inner.execute()
    return latest


def is_lasting(namespace: str) -> bool:
    """Return whether a namespace is kept between runs: then no part of it names a task."""
    return TASK_MARK not in namespace


def _namespace(task: Task, subgraph: Subgraph) -> str:
    """Return the namespace of a task's next nested run, and count it."""
    called, task.calls = task.calls, task.calls + 1
    namespace = subgraph.namespace(task.namespace)
    return f"{namespace}{SPACE_MARK}{called}" if called else namespace
