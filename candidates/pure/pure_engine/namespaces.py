"""Namespaces: `NODE:TASK|NODE:TASK`, from the outermost graph inwards."""

from __future__ import annotations

from pure_engine.names import NS_END, NS_SEP


def without_task_ids(namespace: str) -> str:
    """Return a namespace's node names only."""
    return NS_SEP.join(part.split(NS_END)[0] for part in namespace.split(NS_SEP))


def enclosing_namespace(namespace: str) -> str:
    """Return the namespace of the task around the run that a task belongs to."""
    parts = namespace.split(NS_SEP)[:-1]
    # From a task's second nested run on, the namespace ends in a number.
    return NS_SEP.join(parts[:-1] if parts and parts[-1].isdigit() else parts)
