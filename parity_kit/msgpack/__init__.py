"""MessagePack with offsets, and what LangGraph means by it."""
