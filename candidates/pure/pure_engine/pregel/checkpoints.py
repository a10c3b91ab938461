"""Making checkpoints from channels (`langgraph.pregel._checkpoint`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from pure_engine.channels.channel import MISSING, Channel
from pure_engine.channels.values import UntrackedValue
from pure_engine.clock import Clock
from pure_engine.names import CHECKPOINT_MAP, TASKS
from pure_engine.pregel.state import Channels
from pure_engine.savers.saver import Checkpoint, Saved, Saver, Where
from pure_engine.types import DeltaSnapshot, Send

FORMAT = 4


def empty_checkpoint(clock: Clock) -> Checkpoint:
    """Return the checkpoint that a new thread starts from."""
    return {
        "v": FORMAT,
        "id": clock.empty_id(),
        "ts": clock.now(),
        "channel_values": {},
        "channel_versions": {},
        "versions_seen": {},
    }


def new_checkpoint(  # noqa: PLR0913  # the parts of a checkpoint
    clock: Clock,
    before: Checkpoint,
    channels: Channels | None,
    updated: Iterable[str] | None = None,
    name: str | None = None,
    *,
    snapshots: Collection[str] = (),
) -> Checkpoint:
    """Return the checkpoint after `before`; without channels, it keeps the values of `before`.

    It holds the whole value of the delta channels in `snapshots`.
    """
    time = clock.now()
    versions = before["channel_versions"]
    if channels is None:
        values = before["channel_values"]
    else:
        versions = dict(versions)
        values = {
            key: value
            for key, channel in channels.items()
            if key in versions and (value := _held(channel, snapshots)) is not MISSING
        }
    return {
        "v": FORMAT,
        "ts": time,
        "id": name or clock.new_id(),
        "channel_values": values,
        "channel_versions": versions,
        "versions_seen": before["versions_seen"],
        "updated_channels": None if updated is None else sorted(updated),
    }


def _held(channel: Channel, snapshots: Collection[str]) -> Any:
    return DeltaSnapshot(channel.get()) if channel.key in snapshots else channel.checkpoint()


def config_of(where: Where | None, metadata: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a checkpoint's config, or None without one."""
    return None if where is None else {"configurable": with_parents(where, metadata)}


def with_parents(where: Where, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checkpoint's location; in a subgraph, with the ids of the checkpoints around it."""
    parents = metadata.get("parents")
    if not parents:
        return dict(where)
    known = {**parents, where["checkpoint_ns"]: where["checkpoint_id"]}
    return {**where, CHECKPOINT_MAP: known}


def copy_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Return a copy of a checkpoint that shares no dictionary with it."""
    return {
        "v": checkpoint["v"],
        "ts": checkpoint["ts"],
        "id": checkpoint["id"],
        "channel_values": dict(checkpoint["channel_values"]),
        "channel_versions": dict(checkpoint["channel_versions"]),
        "versions_seen": {
            node: dict(versions) for node, versions in checkpoint["versions_seen"].items()
        },
        "updated_channels": checkpoint.get("updated_channels"),
    }


def is_superseded(saver: Saver | None, where: Where, saved: Saved) -> bool:
    """Return whether a checkpoint that was asked for by its id is no longer the thread's latest."""
    if saver is None or not saved.config or not where.get("checkpoint_id"):
        return False
    latest = saver.get({**where, "checkpoint_id": None})
    return latest is not None and latest.checkpoint["id"] != saved.checkpoint["id"]


def without_untracked(value: Any, channels: Mapping[str, Channel]) -> Any:
    """Return a packet without the values of untracked channels, which are not stored."""
    if not isinstance(value, Send) or not isinstance(value.arg, dict):
        return value
    entries = cast("dict[str, Any]", value.arg)  # pyright: ignore[reportUnknownMemberType]  # narrowed from Any
    kept = {
        name: entry
        for name, entry in entries.items()
        if not isinstance(channels.get(name), UntrackedValue)
    }
    return Send(value.node, kept, value.timeout)


def drop_untracked_packets(checkpoint: Checkpoint, channels: Mapping[str, Channel]) -> None:
    """Remove the values of untracked channels from a checkpoint's packets."""
    values = checkpoint["channel_values"]
    if TASKS in values:
        values[TASKS] = [without_untracked(packet, channels) for packet in values[TASKS]]
