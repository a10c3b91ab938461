"""Namespaces: the names of what runs inside a task, from the outermost graph inwards."""

from __future__ import annotations

from pure_engine.names import NS_END, NS_SEP


def without_task_ids(namespace: str) -> str:
    """Return the names of the nodes that a namespace is made of."""
    return NS_SEP.join(part.split(NS_END)[0] for part in namespace.split(NS_SEP))


def enclosing_namespace(namespace: str) -> str:
    """Return the namespace of the task around the run that a task is in."""
    parts = namespace.split(NS_SEP)[:-1]
    # A task's second nested run, and those after it, are told from the first by a number.
    return NS_SEP.join(parts[:-1] if parts and parts[-1].isdigit() else parts)
