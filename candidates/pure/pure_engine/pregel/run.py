"""What a run is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pure_engine.pregel.streams import Sink
from pure_engine.program.model import Breakpoints
from pure_engine.savers.saver import Where

if TYPE_CHECKING:
    from pure_engine.pregel.nesting import Around

Durability: TypeAlias = Literal["sync", "async", "exit"]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is asked for; `shown` are the fields in what it gives."""

    input: Any
    where: Where
    modes: Collection[str]
    sink: Sink
    shown: Sequence[str]
    recursion_limit: int
    durability: Durability = "async"
    context: Mapping[str, Any] | None = None
    interrupt_before: Breakpoints = ()
    interrupt_after: Breakpoints = ()
    asynchronous: bool = False
    subgraphs: bool = False
    around: Around | None = None
