"""The reference engine: real LangGraph behind the contract, its clock, ids and chance pinned."""

from parity_kit.reference.engine import Engine

__all__ = ["Engine"]
