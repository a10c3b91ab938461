"""Puts a part of a candidate in another language into the LangGraph of a test process.

Its savers take the place of LangGraph's by their methods, not by their classes: so wherever a test
imported a class, or derived one, the candidate's saver answers. LangGraph's own saver stays where
the contract has none: with a serializer that is not LangGraph's usual one (encryption, a test's
own), and for a database that is not in memory.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.upstream import remote
from parity_kit.upstream.codec_shadow import CodecShadow
from parity_kit.upstream.plugin_names import CODEC, ENGINE, PART
from parity_kit.upstream.remote import Remote
from parity_kit.upstream.wire_saver import PruningWireSaver, WireSaver

_SAVER = "_saver_of_the_candidate"
_SYNC = ("put", "put_writes", "get_tuple", "list", "delete_thread", "get_delta_channel_history")
_ASYNC = tuple(f"a{name}" for name in _SYNC)

_remotes: list[Remote] = []
_counts: Counter[str] = Counter()


def engage() -> Callable[[], dict[str, int]]:
    """Put the part into LangGraph that the kit asks for; return how often it ran."""
    part, *savers = os.environ[PART].split(" ")
    if part == CODEC:
        shadow = CodecShadow(_remote())
        shadow.engage()
        return lambda: shadow.counts
    if "memory" in savers:
        _replace_memory()
    if "sqlite" in savers:
        with contextlib.suppress(ImportError):  # a release without SQLite has nothing to replace
            _replace_sqlite()
    return lambda: dict(_counts)


def make_wire_saver(name: str) -> WireSaver:
    """Return a saver of the candidate."""
    kind = PruningWireSaver if name == "postgres" else WireSaver
    return kind(_remote(), name, _counts)


def _remote() -> Remote:
    if not _remotes:
        _remotes.append(remote.from_json(os.environ[ENGINE]))
    return _remotes[0]


def _replace_memory() -> None:
    kind: Any = InMemorySaver
    original = kind.__init__

    def __init__(self: InMemorySaver, **options: Any) -> None:  # noqa: N807  # what is replaced
        original(self, **options)
        setattr(self, _SAVER, make_wire_saver("memory"))

    kind.__init__ = __init__
    # Its asynchronous methods call these, so that what a test's class overrides is called, too.
    _delegate(kind, ("get_next_version", *_SYNC))


def _replace_sqlite() -> None:
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415  # it may be missing
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415  # it may be missing

    opened, aopened = SqliteSaver.from_conn_string, AsyncSqliteSaver.from_conn_string

    @contextmanager
    def from_conn_string(conn_string: str) -> Generator[SqliteSaver]:
        with opened(conn_string) as saver:
            yield _with_saver(saver, conn_string)

    @asynccontextmanager
    async def afrom_conn_string(conn_string: str) -> AsyncGenerator[AsyncSqliteSaver]:
        async with aopened(conn_string) as saver:
            yield _with_saver(saver, conn_string)

    SqliteSaver.from_conn_string = from_conn_string
    AsyncSqliteSaver.from_conn_string = afrom_conn_string
    # The synchronous calls of the asynchronous saver, and the reverse, refuse or cross threads.
    _delegate(SqliteSaver, ("get_next_version", *_SYNC))
    _delegate(AsyncSqliteSaver, ("get_next_version", *_ASYNC))


def _with_saver(saver: Any, place: str) -> Any:
    if place == ":memory:":
        setattr(saver, _SAVER, make_wire_saver("sqlite"))
    return saver


def _delegate(kind: type[BaseCheckpointSaver[Any]], names: tuple[str, ...]) -> None:
    """Let the methods of LangGraph's class call the candidate's saver, where there is one."""
    for name in names:
        setattr(kind, name, _delegated(getattr(kind, name), name))


def _delegated(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    # LangGraph passes a task's path only to a `put_writes` whose signature names it (`_loop`).
    @wraps(original)
    def delegated(self: Any, *args: Any, **kwargs: Any) -> Any:
        saver: WireSaver | None = getattr(self, _SAVER, None)
        if saver is None or type(self.serde) is not JsonPlusSerializer:
            return original(self, *args, **kwargs)
        saver.serde = self.serde
        return getattr(saver, name)(*args, **kwargs)

    return delegated
