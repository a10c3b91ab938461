"""The threads of a session, as its outcomes show them, for choosing the next operation."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity_kit.contract import Outcome, Unsupported, split_stored_name

_WAITING = {"__interrupt__", "__resume__"}
_MADE_HERE = "00000000-0000-6000-"
"""How the ids of the session's own checkpoints begin; only those have a number."""


@dataclass(slots=True)
class Thread:
    """A thread: its checkpoints by number, oldest first, with their pending writes.

    `inner` are the checkpoints of its subgraphs.
    """

    checkpoints: list[int] = field(default_factory=list[int])
    inner: list[int] = field(default_factory=list[int])
    writes: dict[int, dict[str, set[str]]] = field(default_factory=dict[int, dict[str, set[str]]])

    @property
    def pending(self) -> int:
        """The number of tasks that wait for an answer."""
        tasks = self.writes.get(self.checkpoints[-1], {}) if self.checkpoints else {}
        return sum("__interrupt__" in task and task <= _WAITING for task in tasks.values())


@dataclass(slots=True)
class SessionThreads:
    """The threads of a session that have checkpoints, by name."""

    threads: dict[str, Thread] = field(default_factory=dict[str, Thread])

    def add(self, outcome: Outcome) -> None:
        """Record what an operation stored and dropped."""
        if isinstance(outcome, Unsupported):
            return
        for name in outcome.dropped:
            kind, thread, *_ = split_stored_name(name)
            if kind == "checkpoint":
                self.threads.pop(thread, None)
        for name in outcome.stored:
            kind, *parts = split_stored_name(name)
            if kind == "checkpoint":
                thread = self.threads.setdefault(parts[0], Thread())
                checkpoints = thread.inner if parts[1] else thread.checkpoints
                if parts[2].startswith(_MADE_HERE):
                    checkpoints.append(_number(parts[2]))
                    checkpoints.sort()
            elif kind == "write" and not parts[1]:
                thread = self.threads.setdefault(parts[0], Thread())
                tasks = thread.writes.setdefault(_number(parts[2]), {})
                tasks.setdefault(parts[3], set()).add(parts[5])


def _number(identity: str) -> int:
    """Return the k of the session's k-th checkpoint."""
    return int(identity.rpartition("-")[2], 16)
