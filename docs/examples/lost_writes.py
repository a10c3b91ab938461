"""A node that ends just after another one has failed may lose its writes, and runs again.

LangGraph's executor waits for the node and not for the callback that stores what it wrote. The
callback then raises `cannot schedule new futures after shutdown`, which only a log shows.
"""

import logging
import operator
import time
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

TIMES = 500

logging.getLogger("concurrent.futures").disabled = True  # it logs each loss


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def fails(_: State) -> None:
    raise ValueError("on purpose")


def ends(_: State) -> dict[str, list[str]]:
    time.sleep(0.001)  # after the other one
    ended.append("ends")
    return {"log": ["ends"]}


builder = StateGraph(State)
builder.add_node("fails", fails)
builder.add_node("ends", ends)
builder.add_edge(START, "fails")
builder.add_edge(START, "ends")
graph = builder.compile(checkpointer=InMemorySaver())

lost = 0
for number in range(TIMES):
    ended: list[str] = []
    config: Any = {"configurable": {"thread_id": str(number)}}
    try:
        graph.invoke({"log": []}, config, durability="sync")
    except ValueError:
        lost += "ends" in ended and "ends" in graph.get_state(config).next
print(f"{lost} of {TIMES} runs lost what a node that had ended wrote")
