"""The tools of a program behind LangGraph's prebuilt `ToolNode`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.prebuilt import InjectedState, ToolNode, ToolRuntime
from langgraph.prebuilt.tool_node import ToolCallRequest

from parity_kit.programs.language import Scope, evaluate, text
from parity_kit.programs.model import Expression, Tools
from parity_kit.reference.hosts import STATE_ONLY, as_map


def tool_node(name: str, tools: Tools) -> ToolNode:
    """Return a `ToolNode`; its tools answer from the state that it gives them."""
    wrappers: dict[str, Any] = {}
    if tools.state is not None:
        wrappers = {
            "wrap_tool_call": _wrapper(tools.state),
            "awrap_tool_call": _async_wrapper(tools.state),
        }
    made = [
        _tool(tool, answer, _WAYS[number % len(_WAYS)])
        for number, (tool, answer) in enumerate(tools.answers.items())
    ]
    return ToolNode(made, name=name, **wrappers)


def _tool(name: str, answer: Expression, way: Callable[..., Any]) -> BaseTool:
    return StructuredTool.from_function(*way(answer), name=name, description=name)


def _by_name(answer: Expression) -> tuple[Callable[..., str], Callable[..., Any]]:
    """Return a tool's functions; their `runtime` is injected for its name."""

    def run(query: str, runtime: ToolRuntime[Any, Any]) -> str:
        return text(_evaluated(answer, runtime.state, query=query))

    async def arun(query: str, runtime: ToolRuntime[Any, Any]) -> str:
        return run(query, runtime)

    return run, arun


def _by_type(answer: Expression) -> tuple[Callable[..., str], Callable[..., Any]]:
    """Return a tool's functions; what they get is injected for its type."""

    def run(query: str, given: ToolRuntime[Any, Any]) -> str:
        return text(_evaluated(answer, given.state, query=query))

    async def arun(query: str, given: ToolRuntime[Any, Any]) -> str:
        return run(query, given)

    return run, arun


def _by_annotation(answer: Expression) -> tuple[Callable[..., str], Callable[..., Any]]:
    """Return a tool's functions; the state is injected for its annotation."""

    def run(query: str, state: Annotated[Any, InjectedState]) -> str:
        return text(_evaluated(answer, state, query=query))

    async def arun(query: str, state: Annotated[Any, InjectedState]) -> str:
        return run(query, state)

    return run, arun


_WAYS = (_by_name, _by_type, _by_annotation)
"""How a tool gets the state. The tools of a node take turns, so that LangGraph's ways all count."""


def _wrapper(state: Expression) -> Callable[[ToolCallRequest, Callable[..., Any]], Any]:
    def wrap(request: ToolCallRequest, execute: Callable[..., Any]) -> Any:
        return execute(request.override(state=_evaluated(state, request.state)))

    return wrap


def _async_wrapper(
    state: Expression,
) -> Callable[[ToolCallRequest, Callable[..., Awaitable[Any]]], Awaitable[Any]]:
    async def wrap(request: ToolCallRequest, execute: Callable[..., Awaitable[Any]]) -> Any:
        return await execute(request.override(state=_evaluated(state, request.state)))

    return wrap


def _evaluated(expression: Expression, state: Any, **variables: Any) -> Any:
    return evaluate(expression, Scope(STATE_ONLY, as_map(state), variables))
