"""Jokes about several subjects: one task a subject, and the best of all jokes at the end.

Subjects and jokes are classes of the application, and are stored as such.
"""

import operator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy, Send
from pydantic import BaseModel, Field


class Mood(Enum):
    DRY = "dry"
    SILLY = "silly"


class Joke(BaseModel):
    subject: str
    mood: Mood
    text: str


@dataclass
class Subject:
    name: str
    mood: Mood


class State(BaseModel):
    topic: str
    count: int = 3
    subjects: list[Subject] = Field(default_factory=list)
    jokes: Annotated[list[Joke], operator.add] = Field(default_factory=list)
    best: str = ""


failures = iter([True, False])


def subjects(state: State) -> dict[str, Any]:
    moods = [*Mood] * state.count
    numbered = [f"{state.topic} {number}" for number in range(state.count)]
    return {"subjects": [*map(Subject, numbered, moods)]}


def one_each(state: State) -> list[Send]:
    return [Send("joke", subject) for subject in state.subjects]


def joke(subject: Subject) -> dict[str, Any]:
    get_stream_writer()({"writing about": subject.name})
    if next(failures, False):
        raise ConnectionError("the joke service is busy")
    text = f"Why did the {subject.name} cross the road?"
    return {"jokes": [Joke(subject=subject.name, mood=subject.mood, text=text)]}


def best(state: State) -> dict[str, Any]:
    return {"best": max((joke.text for joke in state.jokes), key=len)}


builder = StateGraph(State)
builder.add_node("subjects", subjects)
builder.add_node("joke", joke, retry_policy=RetryPolicy(max_attempts=2))
builder.add_node("best", best)
builder.add_edge(START, "subjects")
builder.add_conditional_edges("subjects", one_each, ["joke"])
builder.add_edge("joke", "best")
builder.add_edge("best", END)
graph = builder.compile(checkpointer=InMemorySaver())
