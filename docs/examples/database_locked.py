"""Two processes that open a new database at once: LangGraph's first use of one may raise.

`SqliteSaver` sets a database up when it is first used. It switches the journal to WAL, and SQLite
does not wait for a lock then: if the other process writes, the run raises `database is locked`.
"""

import multiprocessing
import operator
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

TIMES = 300


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def run(file: str, together: Any, raised: Any) -> None:
    builder = StateGraph(State)
    builder.add_node("a", lambda _: {"log": ["a"]})
    builder.add_edge(START, "a")
    builder.add_edge("a", END)
    connection = sqlite3.connect(file, check_same_thread=False)
    graph = builder.compile(checkpointer=SqliteSaver(connection))
    together.wait()
    time.sleep(random.uniform(0, 0.01))  # noqa: S311  # nothing is secret
    try:
        graph.invoke({"log": []}, {"configurable": {"thread_id": "t"}})
    except sqlite3.OperationalError:
        with raised.get_lock():
            raised.value += 1


if __name__ == "__main__":
    forks = multiprocessing.get_context("fork")
    raised = forks.Value("i", 0)
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory() as folder:
            together = forks.Barrier(2)
            file = str(Path(folder) / "threads.sqlite")
            both = [forks.Process(target=run, args=(file, together, raised)) for _ in range(2)]
            for process in both:
                process.start()
            for process in both:
                process.join()
    print(f"{raised.value} of {TIMES} pairs of first runs raised `database is locked`")
