"""Differential parity testing and benchmarking for LangGraph engines."""

__version__ = "0.1.0"
