"""Make the SQLite database of an application's threads: `make_threads.py approval threads.sqlite`.

Some threads of each application have ended, and others wait for an answer.
"""

import importlib
import sqlite3
import sys
from contextlib import closing
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

INPUTS: dict[str, list[Any]] = {
    "agent": [
        {"messages": [("user", f"How is the weather in {city}")]} for city in ("Paris", "Oslo")
    ],
    "approval": [{"amount": amount, "notes": []} for amount in (50, 500, 5000)],
    "map_reduce": [{"topic": topic, "count": 2} for topic in ("cat", "dog")],
}


def make(application: str, file: str) -> None:
    graph = importlib.import_module(application).graph
    with closing(sqlite3.connect(file, check_same_thread=False)) as connection:
        graph.checkpointer = SqliteSaver(connection)
        for number, given in enumerate(INPUTS[application], start=1):
            config = {"configurable": {"thread_id": f"{application}-{number}"}}
            graph.invoke(given, config)
        if application == "approval":  # the last thread waits for its second answer
            graph.invoke(Command(resume="it was late"), config)


if __name__ == "__main__":
    make(*sys.argv[1:])
