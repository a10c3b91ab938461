"""Small graphs with a saver, and what is recorded of their runs."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

import parity_kit
from parity_kit.contract import run
from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.reference.engine import Engine

THREAD: Any = {"configurable": {"thread_id": "t"}}


class State(TypedDict, total=False):
    n: int
    log: Annotated[list[Any], operator.add]


def line(*nodes: Callable[[Any], Any], **compiled: Any) -> Any:
    """Return a graph of nodes in a row, with a saver unless another is given."""
    builder: Any = StateGraph(State)
    builder.add_sequence([(node.__name__, node) for node in nodes])
    builder.add_edge(START, nodes[0].__name__)
    return builder.compile(**{"checkpointer": InMemorySaver(), **compiled})


def recorded(path: Path, act: Callable[[], Any]) -> CaseFile:
    with parity_kit.record(path):
        act()
    kept = read_case(path)
    assert run(Engine(), kept.case) == kept.reference_outcomes
    return kept
