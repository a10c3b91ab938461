"""LangGraph's asynchronous SQLite saver: what is done to the others, and graphs that run on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

from parity_kit.contract import Case, Operation
from parity_kit.contract.canonical import pack
from parity_kit.corpora.authoring import graph, saver

from . import asynchronous, savers

_EVERY = 9
"""About one in so many of the asynchronous graph cases makes one of these."""


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for case in savers.cases():
        if case.id.startswith("savers/sqlite/"):
            name = case.id.replace("savers/sqlite/", "savers_async/")
            yield saver(name, "async-sqlite", *case.operations)
    for case in asynchronous.cases():
        # Chosen by name: a new case elsewhere changes no other choice.
        if crc32(case.id.encode()) % _EVERY or not _suits(case):
            continue
        spec: Any = case.subject.spec
        operations = map(_awaited, case.operations)
        name = case.id.replace("asynchronous/", "savers_async/graphs/")
        yield graph(name, spec["program"], *operations, saver="async-sqlite")


def _suits(case: Case) -> bool:
    """Return whether a case stores, and no race decides what.

    LangGraph fault 8748: a topic's list grows while an earlier checkpoint waits to be stored.
    """
    spec: Any = case.subject.spec
    words = pack(spec["program"])
    racing = (b"timeout", b"wait", b"accumulate")
    return spec["saver"] == "memory" and not any(word in words for word in racing)


def _awaited(operation: Operation) -> Operation:
    if operation.name in {"compile", "store_items"}:
        return operation
    return Operation(operation.name, {**operation.args, "async": True})
