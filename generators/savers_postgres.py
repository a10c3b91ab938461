"""The PostgreSQL saver, on a real server: what it does as the others do, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from langgraph.types import Send

from parity_kit.contract import Case
from parity_kit.corpora.authoring import graph, op, saver

from ._graph_programs import LINE
from ._saver_parts import LIST_ALL, TASKS, THREE, Traces, get, id_of, put, stored, version, writes
from ._saver_traces import APART, COMMON

REQUIRES = ("postgresql",)
"""Without a server this corpus is not regenerated, and that is said."""

_SEND = stored(Send("a", {"k": 1}))


def _keep_latest(*threads: str) -> Any:
    return op("prune", threads=list(threads), strategy="keep_latest")


_MIGRATIONS: Traces = {
    "migrate/sends-of-the-parent": (
        put(1, v=3),
        writes(1, [TASKS, _SEND], ["log", ["x"]]),
        put(2, v=3, parent=1),
        get(),
        LIST_ALL,
    ),
    "migrate/sends-in-task-order": (
        put(1, v=2),
        writes(1, [TASKS, 1], task="b", task_path="b"),
        writes(1, [TASKS, 2], [TASKS, 3], task="c", task_path="a"),
        put(2, v=2, parent=1, channel_versions={"log": version(2), "n": version(5)}),
        get(),
    ),
    "migrate/no-values-of-its-own": (
        put(1, v=1),
        writes(1, [TASKS, _SEND]),
        put(2, v=1, parent=1, values={}),
        get(),
        LIST_ALL,
    ),
    "migrate/not-from-version-4": (put(1), writes(1, [TASKS, _SEND]), put(2, parent=1), get()),
    "migrate/no-sends": (put(1, v=3), put(2, v=3, parent=1), get(), LIST_ALL),
    "migrate/no-parent": (put(1, v=3), writes(1, [TASKS, _SEND]), get(), LIST_ALL),
    "migrate/list-looks-in-the-first-thread-only": (
        put(1, v=3, thread="t"),
        writes(1, [TASKS, "of t"]),
        put(2, v=3, thread="t", parent=1),
        put(3, v=3, thread="u"),
        writes(3, [TASKS, "of u"], thread="u"),
        put(4, v=3, thread="u", parent=3),
        op("list"),
        get(thread="t"),
        get(thread="u"),
    ),
    "migrate/namespaces-are-not-told-apart": (
        put(1, v=3),
        put(1, v=3, ns="in:1"),
        writes(1, [TASKS, "of in:1"], ns="in:1"),
        put(2, v=3, parent=1),
        get(),
    ),
}
_PRUNES: Traces = {
    "prune/keep-latest": (
        *THREE,
        writes(2, ["n", 1]),
        writes(3, ["n", 2]),
        _keep_latest("t"),
        LIST_ALL,
    ),
    "prune/keep-latest-keeps-used-blobs": (
        put(1, values={"log": ["a"], "n": [1]}),
        put(
            2,
            parent=1,
            values={"log": ["a"], "n": [2]},
            channel_versions={"log": version(1), "n": version(2)},
            new=["n"],
        ),
        _keep_latest("t"),
        get(),
    ),
    "prune/keep-latest-one-of-two-threads": (
        *THREE,
        put(4, thread="u"),
        put(5, thread="u"),
        _keep_latest("u"),
        op("list"),
    ),
    "prune/keep-latest-in-each-namespace": (
        *THREE,
        put(4, ns="sub"),
        put(5, ns="sub", parent=4),
        _keep_latest("t"),
        LIST_ALL,
    ),
    "prune/subgraph-call-goes-with-its-root": (
        put(1),
        put(2, ns="sub:1", metadata={"source": "loop", "step": 0, "parents": {"": id_of(1)}}),
        writes(2, ["n", 1], ns="sub:1"),
        put(3, parent=1),
        put(4, ns="sub:2", metadata={"source": "loop", "step": 0, "parents": {"": id_of(3)}}),
        put(5, ns="sub:3", metadata={"source": "loop", "step": 0, "parents": {"": id_of(9)}}),
        _keep_latest("t"),
        LIST_ALL,
    ),
    "prune/keep-latest-of-version-3": (
        put(1, v=3),
        put(2, v=3, parent=1),
        writes(2, [TASKS, _SEND]),
        put(3, v=3, parent=2),
        _keep_latest("t"),
        LIST_ALL,
    ),
    "prune/refuses-delta-channels": (
        *COMMON["delta-history/from-a-snapshot"][:3],
        _keep_latest("t"),
        put(8, thread="c", metadata={"counters_since_delta_snapshot": {}}),
        put(9, thread="d", metadata={"delta_writes_versioned": True}),
        _keep_latest("d", "t", "c"),
        op("list"),
    ),
    "prune/true-is-no-snapshot": (
        put(1, values={"b": True}),
        put(2, parent=1),
        _keep_latest("t"),
        LIST_ALL,
    ),
    "prune/delete": (
        *THREE,
        put(4, thread="u"),
        op("prune", threads=["t", "no"], strategy="delete"),
        op("list"),
    ),
    "prune/nothing": (put(1), op("prune", threads=[]), op("prune", threads=["no"]), LIST_ALL),
    "prune/unknown-strategy": (put(1), op("prune", threads=["t"], strategy="all"), LIST_ALL),
    "prune/threads-is-text": (put(1), op("prune", threads="t"), LIST_ALL),
}
_OTHERWISE: Traces = {
    "list/filter-by-typed-value": (
        put(1),
        op("list", thread="t", filter={"id": stored(UUID(int=7))}),
    ),
}
_GRAPHS: dict[str, tuple[Any, ...]] = {
    "graph/line": (
        op("stream", thread="t", input={"n": 0, "log": []}, modes=["values", "checkpoints"]),
        op("get_state", thread="t"),
        op("get_state_history", thread="t"),
    ),
    "graph/fork": (
        op("invoke", thread="t", input={"n": 0, "log": []}),
        op("update_state", thread="t", values={"log": ["by hand"]}, checkpoint=2),
        op("invoke", thread="t", input=None),
        op("get_state_history", thread="t"),
    ),
    "graph/delete": (
        op("invoke", thread="t", input={"n": 0, "log": []}),
        op("delete_thread", thread="t"),
        op("get_state", thread="t"),
    ),
}


_SHALLOW = (
    *("get-tuple/nothing", "get-tuple/absent-id", "get-tuple/absent-namespace", "put/one"),
    *("put/chain", "put/same-id-again", "put/same-id-fewer-channels", "put/out-of-order"),
    *("put/unchanged-channel-keeps-blob", "put/channel-disappears", "put/empty-channel"),
    *("put/value-of-each-kind", "put/old-versions", "put/metadata-of-each-kind"),
    *("put-writes/two-tasks", "put-writes/same-again-is-ignored", "put-writes/special-replaced"),
    *("put-writes/before-checkpoint", "put-writes/to-earlier-checkpoint", "put-writes/none"),
    *("list/newest-first", "list/before", "list/filter", "list/one-checkpoint"),
    *("thread/apart", "thread/delete", "version/first-and-next"),
    *("delta-history/from-a-snapshot", "delta-history/fork"),
)
"""Of two threads or namespaces these savers list the checkpoints in no order, so no case asks."""


def _awaited() -> Iterator[Case]:
    """Yield what is done to all savers, on the asynchronous one."""
    for name, operations in COMMON.items():
        yield saver(f"savers_postgres/async/{name}", "async-postgres", *operations)


def _shallow() -> Iterator[Case]:
    """Yield what is done to the savers that keep a thread's last checkpoint alone."""
    for name in _SHALLOW:
        for kind, saver_name in (
            ("shallow", "shallow-postgres"),
            ("async-shallow", "async-shallow-postgres"),
        ):
            yield saver(f"savers_postgres/{kind}/{name}", saver_name, *COMMON[name])
    for name, operations in _GRAPHS.items():
        yield graph(f"savers_postgres/shallow/{name}", LINE, *operations, saver="shallow-postgres")


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, operations in {**COMMON, **APART, **_MIGRATIONS, **_PRUNES, **_OTHERWISE}.items():
        yield saver(f"savers_postgres/{name}", "postgres", *operations)
    for name, operations in _GRAPHS.items():
        yield graph(f"savers_postgres/{name}", LINE, *operations, saver="postgres")
    yield from _awaited()
    yield from _shallow()
