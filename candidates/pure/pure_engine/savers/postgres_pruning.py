"""Pruning a thread in PostgreSQL's tables: the latest checkpoint of each namespace stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pure_engine.names import TASKS
from pure_engine.savers.postgres_jsonb import as_text, exact
from pure_engine.savers.postgres_tables import SINCE_BLOBS, CheckpointKey, Tables

_MARKS = ("counters_since_delta_snapshot", "delta_writes_versioned")


def refuse_delta_channels(tables: Tables, threads: Iterable[str]) -> None:
    """Raise `NotImplementedError` if a thread has a delta channel: that needs older checkpoints."""
    wanted = set(threads)
    refused = sorted(
        {key[0] for key in tables.checkpoints if key[0] in wanted and _delta(tables, key)}
    )
    if refused:
        message = f"keep_latest can't prune threads that use a DeltaChannel: {', '.join(refused)}"
        raise NotImplementedError(message)


def _delta(tables: Tables, key: CheckpointKey) -> bool:
    row = tables.checkpoints[key]
    if any(mark in exact(row.metadata) for mark in _MARKS):
        return True
    saved = exact(row.checkpoint)
    versions: Mapping[str, Any] = saved.get("channel_versions", {})
    # A snapshot is stored as `true` and a blob; a plain `true` has no blob.
    return any(
        value is True and (*key[:2], channel, as_text(versions.get(channel))) in tables.blobs
        for channel, value in saved["channel_values"].items()
    )


def keep_latest(tables: Tables, thread: str) -> None:
    """Delete all but the latest checkpoint of each namespace, and what it needs."""
    names: dict[str, list[str]] = {}
    for _, ns, name in (key for key in tables.checkpoints if key[0] == thread):
        names.setdefault(ns, []).append(name)
    kept = {ns: _kept(tables, (thread, ns, max(names))) for ns, names in names.items()}
    roots = kept.get("", [])
    over = {ns for ns, heads in kept.items() if _is_over(tables, (thread, ns, heads[0]), roots)}
    tables.drop(lambda key: key[0] == thread and key[1] in over)
    for ns in kept.keys() - over:
        _prune(tables, thread, ns, kept[ns])


def _kept(tables: Tables, head: CheckpointKey) -> list[str]:
    """Return a namespace's latest checkpoint, and its parent if that holds its sends."""
    parent = tables.checkpoints[head].parent
    old = exact(tables.checkpoints[head].checkpoint)["v"] < SINCE_BLOBS
    if (
        old
        and parent
        and any(channel == TASKS for channel, *_ in tables.writes_of(*head[:2], parent))
    ):
        return [head[2], parent]
    return [head[2]]


def _is_over(tables: Tables, head: CheckpointKey, roots: list[str]) -> bool:
    """Return whether a namespace belongs to a root checkpoint that is deleted."""
    parents = exact(tables.checkpoints[head].metadata).get("parents")
    root = as_text(cast("dict[str, Any]", parents).get("")) if isinstance(parents, dict) else None
    saved = root is not None and (head[0], "", root) in tables.checkpoints
    return ":" in head[1] and saved and root not in roots


def _prune(tables: Tables, thread: str, ns: str, kept: list[str]) -> None:
    here = [key for key in tables.checkpoints if key[:2] == (thread, ns)]
    gone = [key for key in here if key[2] not in kept]
    freed = set[tuple[str, str | None]]()
    for key in gone:
        freed |= _versions(tables, key)
        del tables.checkpoints[key]
        for write in [write for write in tables.writes if write[:3] == key]:
            del tables.writes[write]
    for key in set(here) - set(gone):
        freed -= _versions(tables, key)
        row = tables.checkpoints[key]
        if row.parent not in kept:
            row.parent = None
    for channel, version in freed:
        tables.blobs.pop((thread, ns, channel, version), None)


def _versions(tables: Tables, key: CheckpointKey) -> set[tuple[str, str | None]]:
    versions = exact(tables.checkpoints[key].checkpoint).get("channel_versions", {})
    return {(channel, as_text(version)) for channel, version in versions.items()}
