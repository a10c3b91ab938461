"""An agent that looks up the weather: a model, tools, and a loop between them.

The model is a fake that streams its words, so that the example needs no key.
"""

from collections.abc import Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def weather(city: str) -> str:
    """Return the weather in a city."""
    return f"sunny in {city}, 21 degrees"


@tool
def flights(city: str) -> str:
    """Return the next flight to a city."""
    return f"the next flight to {city} leaves at 9:30"


class FakeModel(BaseChatModel):
    """Asks for both tools, then repeats what they said."""

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        answers = [str(message.content) for message in messages if isinstance(message, ToolMessage)]
        if answers:
            return AIMessage("It is " + "; ".join(answers) + ".")
        city = str(messages[-1].content).rsplit(maxsplit=1)[-1]
        calls = [
            {"name": name, "args": {"city": city}, "id": f"call-{name}"}
            for name in ("weather", "flights")
        ]
        return AIMessage("", tool_calls=calls)

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _stream(
        self, messages: list[BaseMessage], *_: Any, **__: Any
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        if reply.tool_calls:
            chunks = [
                {"name": call["name"], "args": f'{{"city": "{call["args"]["city"]}"}}'}
                | {"id": call["id"], "index": index}
                for index, call in enumerate(reply.tool_calls)
            ]
            message = AIMessageChunk("", tool_call_chunks=chunks)
            yield ChatGenerationChunk(message=message)
        for word in str(reply.content).split(" "):
            if word:
                yield ChatGenerationChunk(message=AIMessageChunk(f"{word} "))


model = FakeModel()


def agent(state: MessagesState) -> dict[str, Any]:
    return {"messages": [model.invoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("agent", agent)
builder.add_node("tools", ToolNode([weather, flights]))
builder.add_edge(START, "agent")
builder.add_conditional_edges("agent", tools_condition)
builder.add_edge("tools", "agent")
graph = builder.compile(checkpointer=InMemorySaver())
