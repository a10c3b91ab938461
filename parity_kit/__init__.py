"""Differential parity testing and benchmarking for LangGraph engines."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_kit.apps.recording import record as record

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Return `parity_kit.record`, which loads LangGraph, when it is asked for."""
    if name == "record":
        from parity_kit.apps.recording import record  # noqa: PLC0415  # it loads LangGraph

        return record
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
