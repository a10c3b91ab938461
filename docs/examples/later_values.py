"""A checkpoint may hold what the topic of a later superstep holds, and a return to it counts twice.

A saver serializes a checkpoint in the background, while the next superstep adds to the same list.
"""

import asyncio
from typing import Annotated, Any, TypedDict

from langgraph.channels import Topic
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, StateGraph

TIMES = 200


class State(TypedDict, total=False):
    seen: Annotated[Any, Topic(int, accumulate=True)]


def first(_: State) -> State:
    return {"seen": [1]}


def second(_: State) -> State:
    return {"seen": [2]}


builder = StateGraph(State)
builder.add_node("first", first)
builder.add_node("second", second)
builder.add_edge(START, "first")
builder.add_edge("first", "second")


def judged(before_second: State, result: State) -> bool:
    """Whether the checkpoint before `second` already holds what `second` gave."""
    later = before_second["seen"] != [1]
    if result["seen"] != ([1, 2, 2] if later else [1, 2]):
        raise SystemExit(f"going on from {before_second} gave {result}")
    return later


with SqliteSaver.from_conn_string(":memory:") as saver:
    graph, wrong = builder.compile(checkpointer=saver), 0
    for number in range(TIMES):
        config: Any = {"configurable": {"thread_id": str(number)}}
        graph.invoke({}, config)
        before = next(at for at in graph.get_state_history(config) if at.next == ("second",))
        wrong += judged(before.values, graph.invoke(None, before.config))
print(f"SqliteSaver: {wrong} of {TIMES} checkpoints hold a later value")


async def awaited() -> int:
    wrong = 0
    async with AsyncSqliteSaver.from_conn_string(":memory:") as saver:
        graph = builder.compile(checkpointer=saver)
        for number in range(TIMES):
            config: Any = {"configurable": {"thread_id": str(number)}}
            await graph.ainvoke({}, config)
            history = [at async for at in graph.aget_state_history(config)]
            before = next(at for at in history if at.next == ("second",))
            wrong += judged(before.values, await graph.ainvoke(None, before.config))
    return wrong


print(f"AsyncSqliteSaver: {asyncio.run(awaited())} of {TIMES} checkpoints hold a later value")
