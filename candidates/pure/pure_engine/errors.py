"""Errors the engine raises, under the names that LangGraph's have.

    EmptyChannelError     reading a channel that holds nothing
    InvalidUpdateError    writes a channel, a node or a state update cannot take
    GraphRecursionError   a run took its last superstep and was not done
    EmptyInputError       a run was given nothing to do
    NodeTimeoutError      an attempt of a node took too long
    GraphDrained          a node asked the run to stop after its superstep
    ParentCommand         a command for the parent graph, where there is none
    ValidationError       the fields of a message that old JSON holds are not those of its class
    ServerError           what a database server would refuse
    GraphInterrupt        a node waits for an answer; ends the run, is never an outcome

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


class EmptyInputError(EngineError):
    """A run was given no input, and has nothing to continue from."""


class GraphRecursionError(EngineError, RecursionError):
    """A run used up its supersteps."""


class NodeTimeoutError(EngineError):
    """An attempt of a node exceeded a limit to its time."""


class GraphDrained(EngineError):  # noqa: N818  # the name is LangGraph's
    """A run stopped early because it was asked to."""


class ParentCommand(EngineError):  # noqa: N818  # the name is LangGraph's
    """A command for the graph around this one."""


class ValidationError(EngineError, ValueError):
    """Fields do not make the model they are for; LangGraph's comes from pydantic."""

    module = "pydantic_core._pydantic_core"


class GraphInterrupt(EngineError):  # noqa: N818  # the same
    """A run stops here and can be resumed. `interrupts` is empty at a breakpoint."""

    def __init__(self, interrupts: tuple[object, ...] = ()) -> None:
        super().__init__(interrupts)
        self.interrupts = interrupts


BUBBLES = (GraphDrained, GraphInterrupt, ParentCommand)
"""What passes through nodes on its way out, and is no failure of theirs."""


class ServerError(EngineError):
    """What PostgreSQL refuses: its SQLSTATE and its primary message."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


def with_guide(message: str, code: str) -> str:
    """Return a message with LangGraph's pointer to its troubleshooting page."""
    return f"{message}\nFor troubleshooting, visit: {_GUIDE}/{code}"


def error_name(error: BaseException) -> str:
    """Return an exception's class as outcomes write it: no module for Python's built-ins."""
    if isinstance(error, ServerError):
        return f"postgres.{error.state}"
    kind = type(error)
    module = error.module if isinstance(error, EngineError) else kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
