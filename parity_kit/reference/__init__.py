"""The reference engine: real LangGraph behind the contract, its clock, ids and chance pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity_kit.reference.engine import Engine

__all__ = ["Engine"]


def __getattr__(name: str) -> Any:
    """Import LangGraph only with the engine, not with the rest of this package."""
    if name != "Engine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from parity_kit.reference.engine import Engine  # noqa: PLC0415  # as said

    return Engine
