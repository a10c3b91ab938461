"""The types of a program, which `parity_kit.programs.parsing` makes from plain data.

Mappings and sequences keep declaration order. Expressions and bodies stay plain data: their
meaning is in `parity_kit.programs.language`, their rules in `parity_kit.programs.bodies`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from parity_kit.programs.operators import InstructionName

START, END = "__start__", "__end__"
ROOT = "__root__"
"""The field of a state that is a value of its own, without fields."""
Expression: TypeAlias = Any
Body: TypeAlias = Sequence[Mapping[InstructionName, Any]]
Schema: TypeAlias = Literal["typed_dict", "dataclass", "pydantic", "root"]


@dataclass(frozen=True, slots=True)
class Field:
    """A state field: a type with a reducer or a channel of its own, or a managed value.

    `calls` is what the reducer `recorded` gave: left, right and result.
    """

    type: str
    reducer: str | None = None
    channel: Mapping[str, Any] | None = None
    managed: str | None = None
    calls: tuple[tuple[Any, Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry policy; None stands for LangGraph's default. `on` names error types."""

    max_attempts: int | None = None
    initial_interval: float | None = None
    backoff_factor: float | None = None
    max_interval: float | None = None
    on: tuple[str, ...] | None = None
    jitter: bool = False


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds that an attempt may take, and seconds it may be idle."""

    run: float | None = None
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long a result is kept in the cache (seconds; None: for ever), and under which key."""

    ttl: float | None = None
    key: Expression | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of a node, a task, or all nodes of a graph."""

    retry: tuple[Retry, ...] = ()
    timeout: Timeout | None = None
    error_handler: Body | None = None
    cache: CachePolicy | None = None


NO_POLICIES = Policies()


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of a prebuilt `ToolNode`: each name with the expression of its answer.

    `state` replaces the state that they see (`ToolCallRequest.override`).
    """

    answers: Mapping[str, Expression]
    state: Expression | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node: a body, a subgraph or tools.

    `defer`: it waits for the end of the run. `input`: the fields of its own input schema.
    """

    body: Body = ()
    subgraph: str | None = None
    tools: Tools | None = None
    defer: bool = False
    metadata: Mapping[str, Any] | None = None
    input: tuple[str, ...] | None = None
    policies: Policies = NO_POLICIES


@dataclass(frozen=True, slots=True)
class Route:
    """A conditional edge: its expression, and optionally the nodes that its values stand for.

    Where the expression is null, it raises `error`, a type and a message, if there is one. It reads
    the fields of its `input`; without one, those of its node's.
    """

    path: Expression
    map: Mapping[str, str] | tuple[str, ...] | None = None
    error: Mapping[str, str] | None = None
    input: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A graph inside a graph. `checkpointer` is None (the parent's, for a run), True or False."""

    program: Program
    checkpointer: bool | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A graph program."""

    state: Mapping[str, Field]
    nodes: Mapping[str, Node]
    edges: Sequence[tuple[str, str]] = ()
    joins: Sequence[tuple[tuple[str, ...], str]] = ()
    branches: Mapping[str, Sequence[Route]] = field(default_factory=dict[str, Sequence[Route]])
    entry: str | None = None
    finish: str | None = None
    sequence: tuple[str, ...] = ()
    interrupt_before: Sequence[str] | Literal["*"] = ()
    interrupt_after: Sequence[str] | Literal["*"] = ()
    schema: Schema = "typed_dict"
    input: tuple[str, ...] | None = None
    output: tuple[str, ...] | None = None
    private: Mapping[str, Field] = field(default_factory=dict[str, Field])
    context: Mapping[str, str] | None = None
    defaults: Policies = NO_POLICIES
    store: bool = False
    cache: bool = False
    subgraphs: Mapping[str, Subgraph] = field(default_factory=dict[str, Subgraph])

    @property
    def is_root(self) -> bool:
        """Whether the state is a value of its own, without fields."""
        return self.schema == "root"

    @property
    def all_edges(self) -> tuple[tuple[str, str], ...]:
        """Every edge from one node: `edges`, then those of `entry`, `finish` and `sequence`."""
        more: list[tuple[str, str]] = []
        if self.entry is not None:
            more.append((START, self.entry))
        if self.finish is not None:
            more.append((self.finish, END))
        more += zip(self.sequence, self.sequence[1:], strict=False)
        return (*self.edges, *more)


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a functional program, or its entrypoint."""

    body: Body
    policies: Policies = NO_POLICIES


@dataclass(frozen=True, slots=True)
class Functional:
    """A functional program: an entrypoint and the tasks that it may call."""

    entrypoint: Task
    tasks: Mapping[str, Task] = field(default_factory=dict[str, Task])
    store: bool = False
    cache: bool = False
    context: Mapping[str, str] | None = None
