"""The engine's errors, named like LangGraph's.

    EmptyChannelError     reading a channel that holds nothing
    InvalidUpdateError    writes that a channel, a node or a state update cannot take
    GraphRecursionError   a run used up its supersteps before it was done
    EmptyInputError       a run has no input and nothing to continue
    NodeTimeoutError      an attempt of a node took too long
    GraphDrained          a node asked the run to stop after its superstep
    ParentCommand         a command for the parent graph
    ValidationError       a message in old JSON has the wrong fields
    ServerError           a database server would reject a statement
    InvalidNamespaceError a store has no such namespace
    GraphInterrupt        a run stops for an answer or at a breakpoint; never an outcome

Whatever else a run raises (`TypeError` from a reducer, `ValueError` from a node) is Python's own.
"""

from __future__ import annotations

from typing import ClassVar

_GUIDE = "https://docs.langchain.com/oss/python/langgraph/errors"


class EngineError(Exception):
    """Root of the engine's own errors; `module` is where LangGraph defines the class."""

    module: ClassVar[str] = "langgraph.errors"


class EmptyChannelError(EngineError):
    """A channel holds no value."""

    module = "langgraph.checkpoint.base"


class InvalidUpdateError(EngineError):
    """Writes that cannot be applied."""


class InvalidNamespaceError(EngineError, ValueError):
    """A store has no namespace of this name."""

    module = "langgraph.store.base"


class EmptyInputError(EngineError):
    """A run has no input, and nothing to continue."""


class GraphRecursionError(EngineError, RecursionError):
    """A run used up its supersteps."""


class NodeTimeoutError(EngineError):
    """An attempt of a node exceeded a time limit."""


class GraphDrained(EngineError):  # noqa: N818  # the name is LangGraph's
    """A run stopped early because it was asked to."""


class ParentCommand(EngineError):  # noqa: N818  # the name is LangGraph's
    """A command for the graph around this one."""


class ValidationError(EngineError, ValueError):
    """A model's fields are invalid; in LangGraph, pydantic raises this."""

    module = "pydantic_core._pydantic_core"


class GraphInterrupt(EngineError):  # noqa: N818  # the name is LangGraph's
    """A run stops and can be resumed; `interrupts` is empty at a breakpoint."""

    def __init__(self, interrupts: tuple[object, ...] = ()) -> None:
        super().__init__(interrupts)
        self.interrupts = interrupts


BUBBLES = (GraphDrained, GraphInterrupt, ParentCommand)
"""What passes through nodes without being a failure of theirs (`GraphBubbleUp`)."""


class ServerError(EngineError):
    """An error of PostgreSQL: its SQLSTATE and its primary message."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


def with_guide(message: str, code: str) -> str:
    """Return a message with LangGraph's pointer to its troubleshooting page."""
    return f"{message}\nFor troubleshooting, visit: {_GUIDE}/{code}"


def error_name(error: BaseException) -> str:
    """Return an exception's class as in outcomes: with its module, unless it is a built-in."""
    if isinstance(error, ServerError):
        return f"postgres.{error.state}"
    kind = type(error)
    module = error.module if isinstance(error, EngineError) else kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
