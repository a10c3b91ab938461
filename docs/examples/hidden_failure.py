"""A failure that LangGraph hides: how often it happens in 2,000 runs of one graph.

The node `first` fails, and its error handler goes on to `second`, which fails too: each run should
raise. LangGraph 1.2.24 keeps the addresses of errors that were handled for as long as a run lasts.
Where the second error is put where the first one was, it counts as handled: the run returns as if
nothing had happened.
"""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import Command


class State(TypedDict, total=False):
    n: int


def first(state: State) -> State:
    raise ValueError("first failed")


def handler(state: State) -> Command[str]:
    return Command(update={"n": 1}, goto="second")


def second(state: State) -> State:
    raise ValueError("second failed")


builder = StateGraph(State)
builder.add_node("first", first, error_handler=handler)
builder.add_node("second", second)
builder.add_edge(START, "first")
graph = builder.compile()

ends: Counter[str] = Counter()
for _ in range(2000):
    try:
        ends[f"returned {graph.invoke({'n': 0})}"] += 1
    except ValueError as error:
        ends[f"raised {error}"] += 1
for end, count in ends.most_common():
    print(f"{count:5} {end}")
