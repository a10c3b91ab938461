"""The tools of a prebuilt `ToolNode` as Python source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from parity_kit.programs.model import Tools
from parity_kit.programs.script.expressions import Frame, as_text, expression
from parity_kit.programs.script.source import call, identifiers, quoted


def tool_node(variable: str, name: str, tools: Tools, frame: Frame) -> Iterator[list[str]]:
    """Yield the functions of tools, then the assignment of their node to a variable."""
    frame = replace(frame, variables={"query": "query"})
    # Without the state's type, pydantic warns of every state that is not a dict.
    runtime = f"{frame.uses('ToolRuntime')}[{frame.uses('Any')}, {frame.uses('Any')}]"
    functions = identifiers(list(tools.answers), [variable, "with_state"])
    for tool, answer in tools.answers.items():
        yield [
            f"@{frame.uses('tool')}({quoted(tool)})",
            f"def {functions[tool]}(query: str, runtime: {runtime}) -> str:",
            f"    {quoted(tool)}",
            "    state = runtime.state",
            f"    return {as_text(answer, frame)}",
        ]
    wrapper = None
    if tools.state is not None:
        wrapper = f"{variable}_with_state"
        wait, define = ("await ", "async def") if frame.awaits else ("", "def")
        yield [
            f"{define} {wrapper}(request, execute):",
            "    state = request.state",
            f"    state = {expression(tools.state, frame)}",
            f"    return {wait}execute(request.override(state=state))",
        ]
    key = "awrap_tool_call" if frame.awaits else "wrap_tool_call"
    listed = f"[{', '.join(functions.values())}]"
    made = call(frame.uses("ToolNode"), listed, name=quoted(name), **{key: wrapper})
    yield [f"{variable} = {made}"]
