"""Migrating older checkpoints (`_migrate_checkpoint` of `Pregel` and `CompiledStateGraph`).

Before version 4, sent packets were stored beside the channels, under `pending_sends`. Before
version 3, a node had one trigger channel for each way to it: `start:NODE` from START,
`branch:SOURCE:CONDITION:NODE` from a conditional edge, and `SOURCE` from all edges of a node. Today
the trigger is `branch:to:NODE` in every case.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pure_engine.names import INTERRUPT, START, TASKS, branch_to
from pure_engine.program.model import Program

_SENDS_IN_A_CHANNEL = 4
_ONE_TRIGGER = 3
_START, _BRANCH = "start:", "branch:"
_BRANCH_PARTS = 4


def migrate(program: Program, checkpoint: dict[str, Any]) -> None:
    """Bring a checkpoint into today's layout; its `v` stays as it is."""
    version, versions = checkpoint["v"], checkpoint["channel_versions"]
    if version < _SENDS_IN_A_CHANNEL and checkpoint.get("pending_sends"):
        checkpoint["channel_values"][TASKS] = checkpoint.pop("pending_sends")
        versions[TASKS] = max(versions.values())
    if not versions or version >= _ONE_TRIGGER:
        return
    for name in [name for name in versions if name.startswith(_START)]:
        _rename(program, checkpoint, name, name.split(":")[1])
    for name in [name for name in versions if name.startswith(_BRANCH)]:
        parts = name.split(":")
        if len(parts) == _BRANCH_PARTS:
            _rename(program, checkpoint, name, parts[-1])
    for name in [name for name in versions if name in program.nodes and name != START]:
        _spread(program, checkpoint, name)


def _rename(program: Program, checkpoint: dict[str, Any], old: str, node: str) -> None:
    """Replace a trigger that led to one node by that node's trigger of today."""
    if node not in program.nodes:
        return
    version = checkpoint["channel_versions"].pop(old)
    value = checkpoint["channel_values"]
    if branch_to(node) not in value and old in value:
        value[branch_to(node)] = value.pop(old)
    _take_over(checkpoint, old, node, version)


def _spread(program: Program, checkpoint: dict[str, Any], source: str) -> None:
    """Replace a source's trigger by the triggers of all nodes that its edges lead to."""
    values = checkpoint["channel_values"]
    version = checkpoint["channel_versions"].pop(source)
    held = [values.pop(source)] if source in values else []
    for node in _targets(program, source):
        if branch_to(node) not in values and held:
            values[branch_to(node)] = held[0]
        _take_over(checkpoint, source, node, version)
    checkpoint["versions_seen"].get(INTERRUPT, {}).pop(source, None)


def _take_over(checkpoint: dict[str, Any], old: str, node: str, version: Any) -> None:
    """Give a node's trigger the later of two versions, in `versions_seen` too."""
    trigger = branch_to(node)
    versions, versions_seen = checkpoint["channel_versions"], checkpoint["versions_seen"]
    versions[trigger] = max(versions[trigger], version) if trigger in versions else version
    for by in (versions_seen.get(node, {}), versions_seen.get(INTERRUPT, {})):
        if old in by:
            one = by.pop(old)
            by[trigger] = max(one, by[trigger]) if trigger in by else one


def _targets(program: Program, source: str) -> Iterable[str]:
    """Return the nodes that a node's plain edges lead to, in the order of the edges."""
    trigger = branch_to("")
    channels = (channel for channel, _ in program.nodes[source].targets)
    return [name.removeprefix(trigger) for name in channels if name.startswith(trigger)]
