"""A compiled program with a saver and a clock, as `Pregel` is one."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from pure_engine.clock import Clock, next_version
from pure_engine.pregel.deltas import replay
from pure_engine.pregel.state import State
from pure_engine.pregel.versions import NextVersion
from pure_engine.program.model import Program, Subgraph
from pure_engine.savers.saver import Saved, Saver


@dataclass(frozen=True, slots=True)
class Graph:
    """A program that can run.

    `outermost` is the outermost graph's saver, inherited even through a graph without one.
    """

    program: Program
    saver: Saver | None
    clock: Clock
    outermost: Saver | None

    def restored(self, saved: Saved, namespace: str = "") -> State:
        """Return the state of a checkpoint; without a config, it was never stored."""
        state = State.restored(self.program, saved.checkpoint, namespace)
        if saved.config and self.program.deltas and self.saver is not None:
            replay(state, functools.partial(self.saver.delta_history, saved.config))
        return state

    @property
    def next_version(self) -> NextVersion:
        """Return the function that numbers versions: the saver's, or a plain count without one."""
        if self.saver is None:
            return _count
        return lambda current: next_version(self.clock, current)

    def inside(self, subgraph: Subgraph) -> Graph:
        """Return a subgraph as a graph, with the outermost graph's saver or without one."""
        saver = None if subgraph.checkpointer is False else self.outermost
        return Graph(subgraph.program, saver, self.clock, self.outermost)


def _count(current: Any) -> int:
    return 1 if current is None else current + 1
