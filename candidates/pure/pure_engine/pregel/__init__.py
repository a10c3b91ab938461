"""The Pregel engine: running a compiled program (`langgraph.pregel`)."""
