"""Namespaces: which are refused, and which match."""

from __future__ import annotations

from collections.abc import Sequence

from pure_engine.errors import InvalidNamespaceError
from pure_engine.stores.store import Get, Names, Namespace, Put, Request, Search


def check_labels(namespace: Namespace) -> None:
    """Check the labels of a namespace.

    Raises:
        InvalidNamespaceError: If one is empty, is no text, or holds a period or a NUL.
    """
    for label in namespace:
        where = f"Invalid namespace label '{label}' found in {namespace}. Namespace labels"
        if not isinstance(label, str):
            problem = f"{where} must be strings, but got {type(label).__name__}."
        elif "." in label:
            problem = f"{where} cannot contain periods ('.')."
        elif "\0" in label:
            problem = f"{where} cannot contain NUL bytes ('\\x00')."
        elif not label:
            problem = f"Namespace labels cannot be empty strings. Got {label} in {namespace}"
        else:
            continue
        raise InvalidNamespaceError(problem)


def check_written(namespace: Namespace) -> None:
    """Check a namespace that something is put into.

    Raises:
        InvalidNamespaceError: If it is empty, LangGraph's own, or has a label that is refused.
    """
    if not namespace:
        raise InvalidNamespaceError("Namespace cannot be empty.")
    check_labels(namespace)
    if namespace[0] == "langgraph":
        problem = f'Root label for namespace cannot be "langgraph". Got: {namespace}'
        raise InvalidNamespaceError(problem)


def check_request(request: Request) -> None:
    """Check every label that a request names."""
    match request:
        case Get() | Put() | Search():
            check_labels(request.namespace)
        case Names():
            check_labels(request.prefix or ())
            check_labels(request.suffix or ())


def is_under(namespace: Namespace, prefix: Namespace) -> bool:
    """Return whether a namespace is a prefix or below it."""
    return namespace[: len(prefix)] == prefix


def matches(namespace: Namespace, names: Names) -> bool:
    """Return whether a namespace begins and ends as it is asked."""
    prefix, suffix = names.prefix or (), names.suffix or ()
    return _alike(namespace, prefix) and _alike(namespace[::-1], suffix[::-1])


def _alike(labels: Sequence[object], wanted: Sequence[object]) -> bool:
    if len(labels) < len(wanted):
        return False
    pairs = zip(labels, wanted, strict=False)
    return all(asked in ("*", label) for label, asked in pairs)
