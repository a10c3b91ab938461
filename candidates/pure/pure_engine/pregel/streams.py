"""A run's stream: items are queued as they arise, and handed on when LangGraph yields them.

A subgraph's items also go to the streams of the runs around it, if those ask for subgraphs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeAlias

from pure_engine.clock import Clock
from pure_engine.pregel.payloads import debug_payload

Item: TypeAlias = tuple[str, str, Any]
"""An item's namespace, mode and payload."""
Sink: TypeAlias = Callable[[Item], None]
_DEBUGGED = frozenset(("tasks", "checkpoints"))


class Stream:
    """The stream of a run in a namespace; `around` is the stream of the run around it."""

    def __init__(  # noqa: PLR0913, PLR0917  # the parts of a stream
        self,
        modes: Collection[str],
        sink: Sink,
        subgraphs: bool,  # noqa: FBT001  # an option of the operation
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
        """Queue a step's item, if this stream or one around it has its mode.

        It is from the run's namespace unless another is given.
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
        """Queue items whose mode the stream has, as its own unless it shows subgraphs."""
        namespace = namespace if self.subgraphs else self.namespace
        self._items += [(namespace, *item) for item in items if item[0] in self.modes]

    def flush(self) -> None:
        """Hand on what is queued."""
        items, self._items = self._items, []
        for item in items:
            self._sink(item)
