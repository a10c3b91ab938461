"""A resumed thread whose node does not return: not judged, by name, and the rest goes on."""

from __future__ import annotations

import importlib
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from parity_kit.apps.upgrade.judging import Asked, judge_upgrade
from parity_kit.apps.upgrade.sqlite_copies import SqliteDatabase
from parity_kit.apps.upgrade.time_limit import time_limit
from parity_kit.candidates.workspace import Workspace

APP = """
import time
from typing import TypedDict
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

class State(TypedDict):
    n: int

def waits(state):
    answer = interrupt("how long?")
    time.sleep(answer)
    return {"n": 1}

inner = StateGraph(State).add_node("waits", waits).add_edge(START, "waits").compile()
graph = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile()
"""


@pytest.mark.slow
def test_a_node_that_does_not_return_is_named_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415  # as its release writes it

    (tmp_path / "sleeping_app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    graph: Any = importlib.import_module("sleeping_app").graph  # written above

    database = tmp_path / "threads.sqlite"
    with closing(sqlite3.connect(database, check_same_thread=False)) as connection:
        graph.checkpointer = SqliteSaver(connection)
        for thread in ("a", "b", "c"):
            graph.invoke({"n": 0}, {"configurable": {"thread_id": thread}})
    python, answers = Path(sys.executable), {"a": 0, "b": 60, "c": 0}
    asked = Asked(
        SqliteDatabase(database), python, python, "sleeping_app:graph", answers, seconds=1
    )
    workspace = Workspace(tmp_path)
    upgrade = judge_upgrade(workspace, asked, asked.folder(workspace), lambda _done, _total: None)
    assert (upgrade.threads, upgrade.same, upgrade.unjudged) == (3, 2, 1)
    assert upgrade.checks == {
        "values": {"same": 3},
        "history": {"same": 3},
        "resumed": {"same": 2, "not judged": 1},
        "rollback": {"same": 2},
        "forward": {"same": 2},
    }
    (judged,) = upgrade.differing
    assert judged.thread == "b"
    (problem,) = judged.problems
    assert problem == (
        "resumed state is not judged, as the other release did not end within 1 s at node "
        "'inner/waits'; mend what waits there, or give it longer with --seconds"
    )


def test_what_ends_in_time_leaves_nothing_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(60, lambda _: None):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before
