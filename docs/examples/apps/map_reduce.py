"""Jokes about several subjects: one task a subject, and the best of all jokes at the end."""

import operator
from typing import Annotated, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy, Send
from pydantic import BaseModel, Field


class State(BaseModel):
    topic: str
    count: int = 3
    subjects: list[str] = Field(default_factory=list)
    jokes: Annotated[list[str], operator.add] = Field(default_factory=list)
    best: str = ""


failures = iter([True, False])


def subjects(state: State) -> dict[str, Any]:
    return {"subjects": [f"{state.topic} {number}" for number in range(state.count)]}


def one_each(state: State) -> list[Send]:
    return [Send("joke", {"subject": subject}) for subject in state.subjects]


def joke(task: dict[str, str]) -> dict[str, Any]:
    get_stream_writer()({"writing about": task["subject"]})
    if next(failures, False):
        raise ConnectionError("the joke service is busy")
    return {"jokes": [f"Why did the {task['subject']} cross the road?"]}


def best(state: State) -> dict[str, Any]:
    return {"best": max(state.jokes, key=len)}


builder = StateGraph(State)
builder.add_node("subjects", subjects)
builder.add_node("joke", joke, retry_policy=RetryPolicy(max_attempts=2))
builder.add_node("best", best)
builder.add_edge(START, "subjects")
builder.add_conditional_edges("subjects", one_each, ["joke"])
builder.add_edge("joke", "best")
builder.add_edge("best", END)
graph = builder.compile(checkpointer=InMemorySaver())
