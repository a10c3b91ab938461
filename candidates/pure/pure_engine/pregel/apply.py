"""Applying a superstep's writes to the channels (`langgraph.pregel._algo.apply_writes`).

All writes to a channel reach it in one `update`, ordered by the paths of the tasks that made them,
so that the result does not depend on which task ended first. Every channel that changed gets the
same new version, and a node whose trigger has a version that it has not seen runs next.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pure_engine.names import NEVER_APPLIED
from pure_engine.pregel.state import State
from pure_engine.pregel.tasks import Path, Task, path_text
from pure_engine.pregel.versions import NextVersion
from pure_engine.savers.saver import Write


class Writes(NamedTuple):
    """Writes that no task made: an input, or an update from outside."""

    path: Path
    name: str
    writes: Sequence[Write]
    triggers: Sequence[str] = ()

    @property
    def order(self) -> str:
        """Its path as stored text."""
        return path_text(self.path)


_ORDER = operator.attrgetter("order")
Writer: TypeAlias = Task | Writes
"""An author of writes, which are applied in the order of the authors' paths."""


def apply_writes(
    state: State, writers: Iterable[Writer], next_version: NextVersion | None
) -> set[str]:
    """Apply writes to the channels; return those that changed and hold a value.

    Without `next_version` no version advances and no channel counts as changed: a snapshot applies
    pending writes that way.
    """
    ordered = sorted(writers, key=_ORDER)
    versions = state.versions
    for writer in ordered:
        versions_seen = state.versions_seen.setdefault(writer.name, {})
        versions_seen.update({name: versions[name] for name in writer.triggers if name in versions})
    version = None
    if next_version is not None:
        version = next_version(max(versions.values()) if versions else None)
    changes = _Changes(state, version)
    for name in dict.fromkeys(trigger for writer in ordered for trigger in writer.triggers):
        if name in state.channels and state.channels[name].consume():
            changes.advance(name)
    for name, values in _by_channel(state, ordered).items():
        state.filled[name] = None
        if state.channels[name].update(values):
            changes.note(name)
    if any(writer.triggers for writer in ordered):
        _pass(state, changes)
    return changes.updated


def lost_writes(state: State, writers: Iterable[Writer]) -> Iterator[str]:
    """Yield what LangGraph says of writes to channels that there are not."""
    for writer in writers:
        for name, _ in writer.writes:
            if name not in NEVER_APPLIED and name not in state.channels:
                yield (
                    f"Task {writer.name} with path {writer.path} wrote to unknown channel {name},"
                    " ignoring it."
                )


def _by_channel(state: State, writers: Iterable[Writer]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for writer in writers:
        for name, value in writer.writes:
            if name not in NEVER_APPLIED and name in state.channels:
                grouped.setdefault(name, []).append(value)
    return grouped


def _pass(state: State, changes: _Changes) -> None:
    """Tell channels that a superstep passed, and that the run ends if it triggers no node."""
    for name in [*state.filled]:
        channel = state.channels[name]
        if name not in changes.updated and channel.is_available() and channel.update(()):
            changes.note(name)
        if not channel.is_available():
            del state.filled[name]
    if state.program.triggered.keys().isdisjoint(changes.updated):
        for name, channel in state.channels.items():
            if channel.finish():
                changes.note(name)


@dataclass(slots=True)
class _Changes:
    """The channels that a superstep changed, and the version that they all get."""

    state: State
    version: Any
    updated: set[str] = field(default_factory=set[str])

    def advance(self, name: str) -> bool:
        """Give a channel the superstep's version, if there is one."""
        if self.version is None:
            return False
        self.state.versions[name] = self.version
        return True

    def note(self, name: str) -> None:
        """Note a change; a channel without a value triggers nothing, so it is left out."""
        if self.advance(name) and self.state.channels[name].is_available():
            self.updated.add(name)
