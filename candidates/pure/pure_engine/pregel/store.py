"""What a run stores, and when: after each superstep, or at the run's exit.

A checkpoint holds the channels between two supersteps. Until the next one is made, the writes of
tasks that finished are stored beside it, so that a run that stops halfway does not repeat them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pure_engine.pregel import checkpoints, deltas
from pure_engine.pregel.run import Run
from pure_engine.pregel.versions import newer_versions
from pure_engine.savers.saver import Saver, Write, with_metadata

_NEVER_STORED = "'{}PregelLoop' object has no attribute '_put_checkpoint_fut'"


class Store:
    """What is stored of a run.

    `where` is the config of the checkpoint stored last, `parent` that of the one before, `metadata`
    that of the checkpoint made last.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._saver = run, run.graph.saver
        self._at_exit = run.request.durability == "exit"
        self._versions = dict(run.state.versions)
        self._written: set[str] = set()
        self.where: dict[str, Any] = {"checkpoint_ns": "", **run.request.where, **run.saved.config}
        self.parent, self.metadata = run.saved.parent, run.saved.metadata
        self.deltas = deltas.DeltaLog(
            run.graph.program,
            run.saved,
            asked=bool(run.request.where.get("checkpoint_id")),
            at_exit=self._at_exit and self._saver is not None,
        )

    @property
    def newest(self) -> dict[str, Any]:
        """The config of the checkpoint made last."""
        return {**self.where, "checkpoint_id": self._run.state.checkpoint["id"]}

    def put_writes(self, task: str, writes: Sequence[Write], path: str = "") -> None:
        """Store a task's writes beside the checkpoint, unless they wait for the exit."""
        self._written.add(task)
        if self._saver is None or self._at_exit:
            return
        program = self._run.graph.program
        if program.has_untracked:
            specs = program.channels
            writes = [
                (channel, checkpoints.without_untracked(value, specs))
                for channel, value in writes
                if channel not in specs or specs[channel].tracked
            ]
        self._saver.put_writes(self.newest, writes, task, path)

    def put_checkpoint(self, source: str, updated: set[str] | None) -> None:
        """Make the checkpoint after the run's step, and store it unless it waits for the exit."""
        run = self._run
        self.metadata = {
            "source": source,
            "step": run.step,
            "parents": dict(run.nesting.checkpoints),
            **deltas.counted(run.graph.program, self.metadata, updated),
        }
        self._make_checkpoint(updated, None if self._at_exit else self._saver)

    def exit(self) -> None:
        """Store what waited for the exit: the last checkpoint, and the writes pending on it.

        LangGraph quirk: values of untracked channels are not removed from these writes.
        """
        run = self._run
        if self._saver is None or not self._at_exit:
            return
        newest = run.state.checkpoint["id"]
        if newest != run.saved.checkpoint["id"]:
            self._make_checkpoint(run.updated, self._saver, newest)
        by_task: dict[str, list[Write]] = {}
        for task, channel, value in run.pending:
            if task in self._written:
                by_task.setdefault(task, []).append((channel, value))
        for name, writes in by_task.items():
            task = run.tasks.get(name)
            path = "" if task is None else task.order
            self._saver.put_writes(self.newest, writes, name, path)

    def wait(self) -> None:
        """Wait until the checkpoint is stored, which here it always is.

        LangGraph quirk: without a saver, durability `sync` fails on a future that was never made.
        """
        request = self._run.request
        if self._saver is None and request.durability == "sync":
            name = "Async" if request.asynchronous else "Sync"
            raise AttributeError(_NEVER_STORED.format(name))

    def _make_checkpoint(
        self, updated: set[str] | None, saver: Saver | None, name: str | None = None
    ) -> None:
        """Make the next checkpoint; with a saver, hold the channels' values in it and store it."""
        run = self._run
        program, clock, state = run.graph.program, run.graph.clock, run.state
        if saver is None:
            # Only its id is ever seen: the next tasks' ids are made of it, as its format says.
            made = {"v": checkpoints.FORMAT, "id": clock.new_id()}
            state.checkpoint = {**state.checkpoint, **made}
            return
        snapshots = self._take_snapshots(saver)
        state.checkpoint = checkpoints.new_checkpoint(
            clock, state.checkpoint, state.channels, updated, name, snapshots=snapshots
        )
        if program.has_untracked:
            checkpoints.drop_untracked_packets(state.checkpoint, program.channels)
        self.parent = self.where if self.where.get("checkpoint_id") else None
        new = newer_versions(self._versions, state.versions)
        self._versions = dict(state.versions)
        # The metadata of the config, and of the nodes around a nested run, is stored as well.
        where = with_metadata(self.where, run.nesting.metadata)
        saver.put(where, checkpoints.copy_checkpoint(state.checkpoint), self.metadata, new)
        self.where = self.newest

    def _take_snapshots(self, saver: Saver) -> set[str]:
        """Return the delta channels to snapshot in the next checkpoint."""
        run = self._run
        if not run.graph.program.deltas:
            return set()
        snapshots, writes = self.deltas.settle(self.metadata)
        if writes and not run.saved.config:
            # They are stored beside the run's first checkpoint. A new thread needs an empty one.
            began = {**with_metadata(self.where, run.nesting.metadata), "checkpoint_id": None}
            empty = checkpoints.empty_checkpoint(run.graph.clock)
            self.where |= saver.put(began, empty, {"step": -2}, {})
        for name, path, kept in writes:
            saver.put_writes(self.where, kept, name, path)
        deltas.bump(run.state, self._versions, snapshots, run.graph.next_version)
        return snapshots
