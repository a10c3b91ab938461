"""langgraph-checkpoint-duckdb's savers: one for the conformance suite, one in place of memory."""

from __future__ import annotations

import functools
import importlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

# They are installed in the candidate's environment, not beside the kit.
duckdb: Any = importlib.import_module("duckdb")
DuckDBSaver: Any = importlib.import_module("langgraph.checkpoint.duckdb").DuckDBSaver
AsyncDuckDBSaver: Any = importlib.import_module("langgraph.checkpoint.duckdb.aio").AsyncDuckDBSaver

_calls: Counter[str] = Counter()


@asynccontextmanager
async def saver() -> AsyncGenerator[Any]:
    """Yield the asynchronous saver, for the conformance suite."""
    async with AsyncDuckDBSaver.from_conn_string(":memory:") as made:
        await made.setup()
        yield made


def engage() -> Callable[[], dict[str, int]]:
    """Let LangGraph's saver in memory keep its checkpoints in DuckDB; return what ran how often."""
    for kind, names in ((DuckDBSaver, _NAMES), (AsyncDuckDBSaver, [f"a{name}" for name in _NAMES])):
        for name in names:
            setattr(kind, name, _counted(getattr(kind, name)))
    for name in _NAMES:
        setattr(InMemorySaver, name, _delegated(name))
    return lambda: dict(_calls)


_NAMES = ("put", "put_writes", "get_tuple", "list")


def _counted(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def counted(*args: Any, **kwargs: Any) -> Any:
        _calls[function.__name__] += 1
        return function(*args, **kwargs)

    return counted


def _delegated(name: str) -> Callable[..., Any]:
    def delegated(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(self, "in_duckdb"):
            self.in_duckdb = DuckDBSaver(duckdb.connect(":memory:"))
            self.in_duckdb.setup()
        return getattr(self.in_duckdb, name)(*args, **kwargs)

    return delegated
