"""A compiled program: its nodes, what triggers them, its channels and its subgraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pure_engine.channels.aggregates import DeltaChannel
from pure_engine.channels.channel import Channel
from pure_engine.namespaces import without_task_ids
from pure_engine.program.language import Expression, Host, Scope, Step
from pure_engine.program.policies import NO_POLICIES, Policies
from pure_engine.program.schemas import Record
from pure_engine.types import as_map

Breakpoints: TypeAlias = Sequence[str] | Literal["*"]


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A program inside another; `checkpointer` is the option of LangGraph's `compile`."""

    program: Program
    checkpointer: bool | None

    def namespace(self, task: str) -> str:
        """Return the namespace of its checkpoints in a task's namespace.

        With `checkpointer=True`, checkpoints are kept between runs, so task ids are left out.
        """
        return without_task_ids(task) if self.checkpointer is True else task


@dataclass(frozen=True, slots=True)
class Route:
    """A conditional edge: its path, and the nodes that the path's values stand for.

    The path reads the fields of its own input (`reads`, and `record` if the state is a dataclass),
    or else those of its node's.
    """

    path: Expression
    ends: Mapping[Any, str] | None = None
    reads: tuple[str, ...] | None = None
    record: Record | None = None


@dataclass(slots=True)
class Node:
    """A node: what it runs, what triggers it, and where its edges and branches lead.

    `triggers` are sorted. `reads` are the fields of its input, `writes` those that its update may
    have. `handler` is the node that runs if this one fails for good, `shows` the subgraph whose
    state its tasks show.
    """

    name: str
    body: Step | None
    triggers: tuple[str, ...]
    reads: tuple[str, ...] | str = ()
    writes: Mapping[str, None] = field(default_factory=dict[str, None])
    targets: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    routes: list[Route] = field(default_factory=list[Route])
    policies: Policies = NO_POLICIES
    handler: str | None = None
    subgraph: Subgraph | None = None
    shows: Subgraph | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    record: Record | None = None
    visits: int = 0

    def run(self, given: Any, host: Host) -> Any:
        """Return the node's update; `__start__` returns its input."""
        if self.subgraph is not None:
            return host.nest(self.subgraph, given)
        if self.body is None:
            return given
        self.visits += 1
        scope = Scope(as_map(given), host)
        self.body(scope)
        return scope.result


@dataclass(slots=True)
class Program:
    """A compiled program.

    `channels` are empty, to restore others from. `fields` are the state's, private ones included,
    and `outputs` those of a run's result. `managed` fields are computed from the run.
    """

    channels: dict[str, Channel]
    nodes: dict[str, Node]
    fields: tuple[str, ...] | str
    outputs: tuple[str, ...] | str
    managed: Mapping[str, str]
    context: Mapping[str, str] | None
    triggered: Mapping[str, Sequence[str]]
    interrupt_before: Breakpoints
    interrupt_after: Breakpoints
    has_untracked: bool
    deltas: tuple[DeltaChannel, ...]
    subgraphs: Mapping[str, Subgraph]
