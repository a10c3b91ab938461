"""LangGraph's asynchronous SQLite saver: what is done to the others, and graphs that run on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.contract.canonical import pack
from parity_kit.corpora.authoring import graph, saver

from . import asynchronous, savers

_EVERY = 9
"""Of the asynchronous graph cases, so many make one of these."""


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for case in savers.cases():
        if case.id.startswith("savers/sqlite/"):
            name = case.id.replace("savers/sqlite/", "savers_async/")
            yield saver(name, "async-sqlite", *case.operations)
    suited = [case for case in asynchronous.cases() if _suits(case)]
    for case in suited[::_EVERY]:
        spec: Any = case.subject.spec
        operations = map(_awaited, case.operations)
        name = case.id.replace("asynchronous/", "savers_async/graphs/")
        yield graph(name, spec["program"], *operations, saver="async-sqlite")


def _suits(case: Case) -> bool:
    """Return whether a case stores, and nothing in it waits for a timer."""
    spec: Any = case.subject.spec
    words = pack(spec["program"])
    return spec["saver"] == "memory" and not any(word in words for word in (b"timeout", b"wait"))


def _awaited(operation: Operation) -> Operation:
    if operation.name in {"compile", "store_items"}:
        return operation
    return Operation(operation.name, {**operation.args, "async": True})
