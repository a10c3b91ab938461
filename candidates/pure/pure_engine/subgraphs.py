"""A program inside another, and the names of what runs inside a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pure_engine.names import SPACE_MARK, TASK_MARK

if TYPE_CHECKING:
    from pure_engine.program import Program


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A program inside another: `checkpointer` says whether it has a saver, and for how long."""

    program: Program
    checkpointer: bool | None

    def namespace(self, task: str) -> str:
        """Return where it keeps its checkpoints in a task's namespace.

        What it keeps between runs is under the names of nodes, without the ids of their tasks.
        """
        return without_ids(task) if self.checkpointer is True else task


def without_ids(namespace: str) -> str:
    """Return the names of the nodes that a namespace is made of."""
    return SPACE_MARK.join(part.split(TASK_MARK)[0] for part in namespace.split(SPACE_MARK))


def around_of(namespace: str) -> str:
    """Return the namespace of the task around the run that a task is in."""
    parts = namespace.split(SPACE_MARK)[:-1]
    # A task's second nested run, and those after it, are told from the first by a number.
    return SPACE_MARK.join(parts[:-1] if parts and parts[-1].isdigit() else parts)


def shown_by(spec: Mapping[str, Any], subgraphs: Mapping[str, Subgraph]) -> Subgraph | None:
    """Return the subgraph whose state a node's tasks show: the first in it that keeps one."""
    names = [spec["subgraph"]] if "subgraph" in spec else _called(spec.get("body"))
    found = (subgraphs[name] for name in names if name in subgraphs)
    return next((each for each in found if each.checkpointer is not False), None)


def _called(value: Any) -> Iterator[str]:
    """Yield the names that a body calls, in order."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            if key == "call":
                yield each[0]
            yield from _called(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _called(each)
