"""Namespaces: the names of what runs inside a task, from the outermost graph inwards."""

from __future__ import annotations

from pure_engine.names import SPACE_MARK, TASK_MARK


def without_ids(namespace: str) -> str:
    """Return the names of the nodes that a namespace is made of."""
    return SPACE_MARK.join(part.split(TASK_MARK)[0] for part in namespace.split(SPACE_MARK))


def around_of(namespace: str) -> str:
    """Return the namespace of the task around the run that a task is in."""
    parts = namespace.split(SPACE_MARK)[:-1]
    # A task's second nested run, and those after it, are told from the first by a number.
    return SPACE_MARK.join(parts[:-1] if parts and parts[-1].isdigit() else parts)
