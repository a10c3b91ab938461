"""Plain data: what crosses every seam of the kit.

A case, an operation, an outcome, a wire message: all are what MessagePack can say, with LangGraph's
typed values as `Ext`. This module holds the types alone and imports nothing, so that an engine can
use it freely; `canonical` turns plain data into bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Ext:
    """A MessagePack ext value: how LangGraph stores what MessagePack has no type for.

    `data` is itself MessagePack. The codes are LangGraph's
    (`langgraph.checkpoint.serde.jsonplus`, the `EXT_*` constants).
    """

    code: int
    data: bytes


Plain: TypeAlias = (
    bool
    | int
    | float
    | str
    | bytes
    | Ext
    | Sequence["Plain"]
    | Mapping[str, "Plain"]
    | Mapping["Plain", "Plain"]
    | None
)
