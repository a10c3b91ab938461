"""Delta channels in a thread: when a snapshot is stored, and how a value is rebuilt from writes.

A checkpoint holds a delta channel's value only after enough updates or supersteps: then it holds a
snapshot. In between, the value is rebuilt from the writes stored beside earlier checkpoints. If
those writes are incomplete (a fork leaves some behind, a superstep was dropped), the next
checkpoint holds a snapshot early (`langgraph.pregel._loop`, `langgraph.channels.delta`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from pure_engine.channels.aggregates import DeltaChannel, overwrite_in
from pure_engine.channels.channel import MISSING
from pure_engine.names import BUMPS, NULL_TASK
from pure_engine.pregel.state import State
from pure_engine.pregel.versions import NextVersion, null_version
from pure_engine.program.model import Program
from pure_engine.savers.saver import PendingWrite, Saved, Write

COUNTERS = "counters_since_delta_snapshot"
_MAX_STEPS = 5000

History: TypeAlias = Callable[[Sequence[str]], Mapping[str, Any]]


def replay(state: State, history: History) -> None:
    """Rebuild delta channels from their last snapshots and the writes since."""
    held = state.checkpoint["channel_values"]
    wanted = [channel.key for channel in state.program.deltas if channel.key not in held]
    if not wanted:
        return
    histories = history(wanted)
    for name in wanted:
        restored = state.program.channels[name].restored(histories[name].get("seed", MISSING))
        channel = cast("DeltaChannel", restored)
        channel.replay_writes([value for _, _, value in histories[name]["writes"]])
        state.channels[name] = channel


def written_to(program: Program, writes: Iterable[Write]) -> set[str]:
    """Return the delta channels that were written to."""
    if not program.deltas:
        return set()
    names = {channel.key for channel in program.deltas}
    return {name for name, _ in writes if name in names}


def overwritten(program: Program, writes: Iterable[Write]) -> set[str]:
    """Return the delta channels that an `Overwrite` replaces the value of."""
    return written_to(program, (write for write in writes if overwrite_in(write[1])[0]))


def left_behind(program: Program, pending: Iterable[PendingWrite]) -> set[str]:
    """Return the delta channels that pending writes go to."""
    return written_to(program, (write[1:] for write in pending))


def counted(
    program: Program, metadata: Mapping[str, Any], updated: Collection[str] | None
) -> dict[str, Any]:
    """Return the metadata that counts updates and supersteps since each snapshot, one step on."""
    before = _counters(metadata)
    counters: dict[str, Any] = {}
    for channel in program.deltas:
        updates, steps = before.get(channel.key, (0, 0))
        counters[channel.key] = (updates + (channel.key in (updated or ())), steps + 1)
    return {COUNTERS: counters} if counters else {}


def _counters(metadata: Mapping[str, Any]) -> Mapping[str, Sequence[int]]:
    return metadata.get(COUNTERS) or {}


def due(program: Program, metadata: Mapping[str, Any]) -> set[str]:
    """Return the channels whose counters call for a snapshot."""
    counters = _counters(metadata)
    names: set[str] = set()
    for channel in program.deltas:
        updates, steps = counters.get(channel.key, (0, 0))
        if updates >= channel.snapshot_frequency or steps >= _MAX_STEPS:
            names.add(channel.key)
    return names


def settle(metadata: dict[str, Any], snapshots: Collection[str]) -> None:
    """Remove from metadata the counters of channels that get a snapshot."""
    counters = _counters(metadata)
    rest = {name: counter for name, counter in counters.items() if name not in snapshots}
    if rest:
        metadata[COUNTERS] = rest
    else:
        metadata.pop(COUNTERS, None)


def bump(
    state: State, stored: Mapping[str, Any], snapshots: Collection[str], next_version: NextVersion
) -> None:
    """Give a new version to snapshots of channels that did not change since the last checkpoint.

    It triggers no node: nodes that had seen the version before are marked as having seen this one.
    `versions_seen` records those marks, and the versions that the nodes had really seen.
    """
    versions, bumps = state.versions, state.versions_seen.get(BUMPS, {})
    moved: dict[str, Any] = {}
    for channel in state.program.deltas:
        name = channel.key
        if name in snapshots and versions.get(name) == stored.get(name):
            moved[name] = versions.get(name)
            versions[name] = next_version(moved[name])
    if not moved:
        return
    nothing = null_version(versions)
    noted: dict[str, Any] = {}
    for node, node_versions in state.versions_seen.items():
        for name, before in moved.items():
            if node == BUMPS or node_versions.get(name, nothing) < (before or nothing):
                continue
            if name in node_versions and bumps.get(f"{node}|{name}") != node_versions[name]:
                noted[f"{node}:{name}"] = node_versions[name]
            noted[f"{node}|{name}"] = node_versions[name] = versions[name]
    if noted:
        state.versions_seen.setdefault(BUMPS, {}).update(noted)


def really_seen(versions_seen: Mapping[str, Mapping[str, Any]], node: str) -> Iterable[Any]:
    """Yield the versions that a node has really seen, without the marks that `bump` left."""
    bumps = versions_seen.get(BUMPS, {})
    for name, version in versions_seen[node].items():
        if bumps.get(f"{node}|{name}") != version:
            yield version
        elif f"{node}:{name}" in bumps:
            yield bumps[f"{node}:{name}"]


_Kept: TypeAlias = tuple[str, str, list[Write]]
"""A task's id and path, and what it wrote to delta channels."""


class DeltaLog:
    """What a run wrote to delta channels since it last stored a checkpoint.

    Args:
        program: The program that runs.
        saved: The checkpoint that the run began at.
        asked: Whether it was asked for by its id, so that other branches may build on it too.
        at_exit: Whether the run stores everything at its exit.
    """

    def __init__(self, program: Program, saved: Saved, *, asked: bool, at_exit: bool) -> None:
        self._program, self._saved = program, saved
        self._shared = asked and bool(saved.config)
        self._at_exit = at_exit
        self._diverged = False
        self._pending = {(task, channel) for task, channel, _ in saved.pending}
        self._first = 0
        self._begun = self._settled = False
        self._snapshots: set[str] = set()
        self._kept: list[tuple[int, _Kept]] = []

    def diverge(self) -> None:
        """Note that the run does not continue with the writes pending on its first checkpoint."""
        self._diverged = self._shared
        self._snapshots |= left_behind(self._program, self._saved.pending)

    def replace(self, writes: Iterable[Write]) -> None:
        """Note the channels whose value is replaced."""
        self._snapshots |= overwritten(self._program, writes)

    def lose(self, writes: Iterable[Write]) -> None:
        """Note writes that will not be stored."""
        self._snapshots |= written_to(self._program, writes)

    def begin(self, step: int, tasks: Collection[str]) -> None:
        """Note the run's first superstep: pending writes of other tasks are left behind."""
        if not self._begun:
            self._begun, self._first = True, step
            if self._settled:
                return
            known = {NULL_TASK, *tasks}
            others = [write for write in self._saved.pending if write[0] not in known]
            self._snapshots |= left_behind(self._program, others)

    def keep(self, step: int, name: str, path: str, writes: Iterable[Write]) -> None:
        """Keep a task's writes until the exit, if nothing is stored earlier.

        What the task wrote before the run is stored already.
        """
        if not self._at_exit:
            return
        names = written_to(self._program, writes)
        if name != NULL_TASK:
            names -= {channel for task, channel in self._pending if task == name}
        if self._diverged:
            # The checkpoint that these writes would be stored beside belongs to other branches too.
            self._snapshots |= names
        elif names:
            kept = [write for write in writes if write[0] in names]
            self._kept.append((step, (name, path, kept)))

    def settle(self, metadata: dict[str, Any]) -> tuple[set[str], list[_Kept]]:
        """Return the channels to snapshot, and the writes to store for the others.

        The task ids and paths of those writes sort by superstep.
        """
        snapshots = self._snapshots | due(self._program, metadata)
        # LangGraph quirk: a stream item that is still queued loses the counters too.
        settle(metadata, snapshots)
        stored: list[_Kept] = []
        for step, (name, path, writes) in self._kept:
            kept = [write for write in writes if write[0] not in snapshots]
            if not kept:
                continue
            if step <= self._first:
                task = f"{self._first:08}{name[8:]}"
                # Under the null task's own id, these writes would count as pending.
                stored.append((f"{task[:-1]}1" if task == NULL_TASK else task, path, kept))
            else:
                number = f"{step:08x}"
                task = f"ffffffff-{number[:4]}-{number[4:]}{name[18:]}"
                stored.append((task, f"~~{step:010d}{path}", kept))
        self._snapshots, self._kept, self._diverged = set(), [], False
        self._settled = True
        return snapshots, stored
