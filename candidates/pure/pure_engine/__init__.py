"""The clean-room engine: LangGraph's behaviour without LangGraph."""

from pure_engine.engine import Engine

__all__ = ["Engine"]
