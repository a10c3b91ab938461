"""A run's stream: items queued as they come about, handed on when LangGraph yields them.

What a subgraph does shows in the streams of the runs around it too, if those ask for that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeAlias

from pure_engine.clock import Clock
from pure_engine.pregel.payloads import debug_payload

Item: TypeAlias = tuple[str, str, Any]
"""The namespace that an item is from, its mode and what it holds."""
Sink: TypeAlias = Callable[[Item], None]
_DEBUGGED = frozenset(("tasks", "checkpoints"))


class Stream:
    """The stream of a run in a namespace; `around` is that of the run around it."""

    def __init__(  # noqa: PLR0913, PLR0917  # what a stream is made of
        self,
        modes: Collection[str],
        sink: Sink,
        subgraphs: bool,  # noqa: FBT001  # whether it has the items of subgraphs
        namespace: str,
        clock: Clock,
        around: Stream | None,
    ) -> None:
        self.modes, self._sink, self.subgraphs = modes, sink, subgraphs
        self.namespace, self._clock = namespace, clock
        self._items: list[Item] = []
        outer = [] if around is None else around.readers
        self.readers: list[Stream] = [self, *(reader for reader in outer if reader.subgraphs)]
        self._asked = {mode for reader in self.readers for mode in reader.modes}

    def emit(
        self, mode: str, payload: Callable[[], Any], step: int, namespace: str | None = None
    ) -> None:
        """Queue an item of a step, if its mode is asked for here or around.

        It is from the run's namespace, unless it says another.
        """
        debugged = mode in _DEBUGGED and "debug" in self._asked
        if mode not in self._asked and not debugged:
            return
        item = payload()
        items = [(mode, item)]
        if debugged:
            step = step - 1 if mode == "checkpoints" else step
            items.append(("debug", debug_payload(mode, item, step, self._clock.now())))
        for reader in self.readers:
            reader.queue(self.namespace if namespace is None else namespace, items)

    def queue(self, namespace: str, items: Iterable[tuple[str, Any]]) -> None:
        """Queue those of some items whose mode is asked for, and where they are from if that is."""
        namespace = namespace if self.subgraphs else self.namespace
        self._items += [(namespace, *item) for item in items if item[0] in self.modes]

    def flush(self) -> None:
        """Hand on what is queued."""
        items, self._items = self._items, []
        for item in items:
            self._sink(item)
