"""The saver subject."""

from __future__ import annotations

from typing import Any

from parity_kit.contract import Subject, UnsupportedSubjectError
from pure_engine.clock import Clock, next_version
from pure_engine.savers.memory import MemorySaver
from pure_engine.savers.postgres import PostgresSaver
from pure_engine.savers.saver import Query, Saved, Saver
from pure_engine.savers.sqlite import SqliteSaver, in_a_file
from pure_engine.sessions.session import Session
from pure_engine.unsupported import look_up


def make_saver(name: Any, clock: Clock) -> Saver | None:
    """Return a fresh saver, or None for no saver."""
    if name is None:
        return None
    kind = name.removeprefix("async-")
    if kind == "postgres":
        return PostgresSaver(lambda: next_version(clock, None))
    savers = {"memory": MemorySaver, "sqlite": SqliteSaver, "sqlite-file": in_a_file}
    return look_up(savers, kind, "saver")()


class SaverSession(Session):
    """A saver."""

    def __init__(self, subject: Subject, clock: Clock) -> None:
        saver = make_saver(subject.spec["saver"], clock)
        if saver is None:
            raise UnsupportedSubjectError("a saver subject needs a saver")
        super().__init__(saver.contents)
        self._saver, self._clock = saver, clock

    def close(self) -> None:
        """Close the saver."""
        self._saver.close()

    def do_put(  # noqa: PLR0913, PLR0917  # the operation's arguments
        self,
        thread: str,
        ns: str,
        checkpoint: Any,
        metadata: Any,
        new_versions: Any,
        parent: str | None = None,
    ) -> Any:
        """Store a checkpoint."""
        self._clock.count()
        where = _where(thread, ns, parent)
        return {"configurable": self._saver.put(where, checkpoint, metadata, new_versions)}

    def do_put_writes(  # noqa: PLR0913, PLR0917  # the operation's arguments
        self, thread: str, ns: str, checkpoint_id: str, writes: Any, task_id: str, task_path: str
    ) -> None:
        """Store a task's writes."""
        self._saver.put_writes(_where(thread, ns, checkpoint_id), writes, task_id, task_path)

    def do_get_tuple(self, thread: str, ns: str, checkpoint_id: str | None = None) -> Any:
        """Return a checkpoint."""
        saved = self._saver.get(_where(thread, ns, checkpoint_id))
        return None if saved is None else _tuple(saved)

    def do_list(  # noqa: PLR0913, PLR0917  # the operation's arguments
        self,
        thread: str | None = None,
        ns: str | None = None,
        checkpoint_id: str | None = None,
        filter: Any = None,  # noqa: A002  # the contract's name
        before: str | None = None,
        limit: int | None = None,
    ) -> Any:
        """Return checkpoints, the newest first."""
        where = None if thread is None else _where(thread, ns, checkpoint_id)
        several = self._saver.list(where, Query(filter, before, limit))
        return [_tuple(saved) for saved in several]

    def do_next_version(self, current: str | None = None) -> str:
        """Return the version after one."""
        return next_version(self._clock, current)

    def do_delete_thread(self, thread: str) -> None:
        """Delete a thread."""
        self._saver.delete_thread(thread)

    def do_prune(self, threads: Any, strategy: str = "keep_latest") -> None:
        """Delete threads, or all but their latest checkpoints."""
        self._saver.prune(threads, strategy)

    def do_delta_history(
        self, thread: str, channels: list[str], ns: str = "", checkpoint_id: str | None = None
    ) -> Any:
        """Return the writes and seeds that delta channels are rebuilt from."""
        return self._saver.delta_history(_where(thread, ns, checkpoint_id), channels)


def _where(thread: str, ns: str | None, checkpoint: str | None) -> dict[str, Any]:
    parts = {"thread_id": thread, "checkpoint_ns": ns, "checkpoint_id": checkpoint}
    return {name: part for name, part in parts.items() if part is not None}


def _tuple(saved: Saved) -> Any:
    return {
        "config": {"configurable": saved.config},
        "checkpoint": saved.checkpoint,
        "metadata": saved.metadata,
        "parent_config": None if saved.parent is None else {"configurable": saved.parent},
        "pending_writes": saved.pending,
    }
