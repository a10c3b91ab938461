"""A case as a plain Python script with nothing but LangGraph imports: hand it to anyone."""

from parity_kit.programs.script.case import script

__all__ = ["script"]
