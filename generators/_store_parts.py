"""Parts of the cases for stores: their operations, by short names."""

from __future__ import annotations

from typing import Any, TypeAlias

from parity_kit.contract import Operation
from parity_kit.corpora.authoring import op

Traces: TypeAlias = dict[str, tuple[Operation, ...]]


def put(namespace: list[Any], key: Any, value: Any, **more: Any) -> Operation:
    """Return a put."""
    return op("put", namespace=namespace, key=key, value=value, **more)


def get(namespace: list[Any], key: Any, **more: Any) -> Operation:
    """Return a get."""
    return op("get", namespace=namespace, key=key, **more)


def search(namespace: list[Any] | tuple[()] = (), **more: Any) -> Operation:
    """Return a search."""
    return op("search", namespace=list(namespace), **more)


def names(**more: Any) -> Operation:
    """Return a listing of namespaces."""
    return op("list_namespaces", **more)


def batch(*operations: tuple[str, dict[str, Any]]) -> Operation:
    """Return a batch of operations, each with its arguments."""
    return op("batch", operations=[list(operation) for operation in operations])


ALL = search(limit=100)
