"""The areas of LangGraph, in its users' words: what a module is part of."""

from __future__ import annotations

from collections.abc import Iterable

_AREAS = {
    "langgraph.cache.base": "caches",
    "langgraph.cache.memory": "the in-memory cache",
    "langgraph.cache.redis": "the Redis cache",
    "langgraph.cache.sqlite": "the SQLite cache",
    "langgraph.callbacks": "graph lifecycle callbacks",
    "langgraph.channels": "channels",
    "langgraph.checkpoint.base": "checkpoints",
    "langgraph.checkpoint.memory": "the in-memory saver",
    "langgraph.checkpoint.postgres": "the PostgreSQL saver",
    "langgraph.checkpoint.postgres.aio": "the async PostgreSQL saver",
    "langgraph.checkpoint.postgres._ainternal": "the async PostgreSQL saver",
    "langgraph.checkpoint.postgres.shallow": "the shallow PostgreSQL savers",
    "langgraph.checkpoint.serde": "serialization",
    "langgraph.checkpoint.serde.encrypted": "encrypted serialization",
    "langgraph.checkpoint.sqlite": "the SQLite saver",
    "langgraph.checkpoint.sqlite.aio": "the async SQLite saver",
    "langgraph.func": "the functional API",
    "langgraph.graph": "building graphs",
    "langgraph.graph.message": "message state",
    "langgraph.graph.ui": "UI messages",
    "langgraph.managed": "managed values",
    "langgraph.prebuilt": "prebuilt agents and tools",
    "langgraph.pregel": "running graphs",
    "langgraph.pregel._draw": "drawing graphs",
    "langgraph.pregel._messages": "message streaming",
    "langgraph.pregel._remote_run_stream": "remote graphs",
    "langgraph.pregel._retry": "retries",
    "langgraph.pregel._tools": "tool streaming",
    "langgraph.pregel.remote": "remote graphs",
    "langgraph.store.base": "stores",
    "langgraph.store.memory": "the in-memory store",
    "langgraph.store.postgres": "the PostgreSQL store",
    "langgraph.store.sqlite": "the SQLite store",
    "langgraph.stream": "stream transformers",
}
_REST = "types, configuration and helpers"


def areas_of(modules: Iterable[str]) -> list[str]:
    """Return the areas that modules belong to, each once, by name."""
    return sorted({area_of(module) for module in modules})


def area_of(module: str) -> str:
    """Return the area that a module belongs to: that of its longest listed prefix."""
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_AREAS[prefix] for prefix in prefixes if prefix in _AREAS), _REST)
