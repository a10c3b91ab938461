"""A run inside a task: a subgraph as a node, or one called in a node's body.

It is a run of its own in a namespace of its own. It shares the thread and the saver, the answers
given to a resume, the stream and the limits of the run around it, and stores the ids of the
checkpoints around it as its parents.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pure_engine.names import CHECKPOINT_MAP, NS_END, NS_SEP
from pure_engine.pregel.run import Nesting, Request, Run
from pure_engine.pregel.streams import Sink, Stream
from pure_engine.pregel.tasks import Task
from pure_engine.program.model import Program, Subgraph


def nest(run: Run, stream: Stream, task: Task, subgraph: Subgraph, *, again: bool) -> Nesting:
    """Return what a subgraph takes over from its task; `again` if an earlier attempt failed."""
    failure, checkpoint = task.failure, run.state.checkpoint["id"]
    # A handler counts as inside the task that failed, and began at the same checkpoint.
    failed = {} if failure is None else {failure.task.namespace: checkpoint}
    return Nesting(
        _namespace(task, subgraph),
        task,
        {**run.nesting.checkpoints, run.nesting.namespace: checkpoint, **failed},
        {**run.nesting.metadata, **task.metadata},
        True if again else run.resuming,
        run.answers,
        run.replay,
        stream,
        run.nesting.drains,
    )


def nested_request(
    request: Request, nesting: Nesting, program: Program, value: Any, sink: Sink
) -> Request:
    """Return the arguments of a nested run with the input `value`."""
    where = {
        **request.where,
        CHECKPOINT_MAP: nesting.checkpoints,
        "checkpoint_id": nesting.checkpoints.get(nesting.namespace),
        "checkpoint_ns": nesting.namespace,
    }
    return replace(
        request,
        input=value,
        where=where,
        modes=("values",),
        sink=sink,
        shown=program.outputs,
        interrupt_before=program.interrupt_before,
        interrupt_after=program.interrupt_after,
        subgraphs=False,
    )


def is_lasting(namespace: str) -> bool:
    """Return whether a namespace is kept between runs: then no part of it names a task."""
    return NS_END not in namespace


def _namespace(task: Task, subgraph: Subgraph) -> str:
    """Return the namespace of a task's next nested run, and count the run.

    LangGraph quirk: a second attempt of the task counts on, so that its nested run has a namespace
    without checkpoints and starts over.
    """
    number, task.calls = task.calls, task.calls + 1
    namespace = subgraph.namespace(task.namespace)
    return f"{namespace}{NS_SEP}{number}" if number else namespace
