"""Two processes that write one thread: LangGraph's savers keep both, and the state shows one."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from pure_engine.clock import SystemClock
from pure_engine.savers.sqlite import SqliteSaver
from pure_engine.sessions.graph import GraphSession as PureSession

from parity_kit.contract import Operation, Pins, Raised, Returned, Subject, SubjectKind
from parity_kit.reference.graphs import GraphSession
from parity_kit.reference.postgres_server import missing
from parity_kit.reference.savers import close_saver, make_saver
from parity_kit.reference.writers import (
    Kept,
    Written,
    answers_at_once,
    langgraph,
    runs_at_once,
)
from tests.support.command_line import parity_kit


def _needs(saver: str) -> None:
    if saver == "postgres" and (reason := missing()):
        pytest.skip(reason)


def _sound(kept: Kept) -> None:
    assert kept.missing == 0
    assert kept.raised == {}
    assert kept.branches > kept.threads  # they met


@pytest.mark.parametrize("saver", ["sqlite-file", pytest.param("postgres", marks=pytest.mark.slow)])
def test_every_checkpoint_of_two_processes_is_kept_and_the_state_shows_some(saver: str) -> None:
    _needs(saver)
    kept = runs_at_once(saver, 6)
    _sound(kept)
    assert (kept.operations, kept.threads, kept.checkpoints) == (12, 1, 48)
    assert 6 <= kept.in_state < 12


def test_of_two_answers_to_one_question_the_state_has_one() -> None:
    kept = answers_at_once("sqlite-file", 6)
    _sound(kept)
    assert (kept.operations, kept.threads, kept.in_state) == (12, 6, 6)


def pure(program: Any, saver: Any, operations: Sequence[Operation], together: Any) -> Written:
    """Apply operations with the bundled port, whose saver opens the same file."""
    stored: list[tuple[str, ...]] = []

    class Watched(SqliteSaver):
        def put(self, where: Any, checkpoint: Any, metadata: Any, versions: Any) -> dict[str, Any]:
            config = super().put(where, checkpoint, metadata, versions)
            stored.append((config["checkpoint_id"],))
            return config

        def put_writes(self, where: Any, writes: Any, task: str, path: str = "") -> None:
            super().put_writes(where, writes, task, path)
            stored.append((where["checkpoint_id"], task))

    ((_, _, file),) = saver.conn.execute("PRAGMA database_list")
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "sqlite-file"})
    session = PureSession(subject, SystemClock(), Watched(file))
    raised: Counter[str] = Counter()
    for operation in operations:
        together()
        outcome = session.apply(operation)
        if isinstance(outcome, Raised):
            raised[outcome.error] += 1
    return Written(raised, stored)


def test_two_processes_of_another_engine_lose_nothing_of_each_other() -> None:
    kept = runs_at_once("sqlite-file", 20, (pure, pure))
    _sound(kept)
    assert (kept.operations, kept.threads, kept.checkpoints) == (40, 1, 160)


def test_another_engine_and_langgraph_lose_nothing_of_each_other() -> None:
    kept = answers_at_once("sqlite-file", 12, (langgraph, pure))
    assert (kept.missing, kept.raised) == (0, {})
    assert (kept.operations, kept.threads, kept.in_state) == (24, 12, 12)


def test_a_checkpoint_that_is_gone_is_missed() -> None:
    def forgets(program: Any, saver: Any, operations: Sequence[Operation], together: Any) -> Any:
        written = pure(program, saver, operations, together)
        saver.conn.execute("DELETE FROM checkpoints WHERE checkpoint_id = ?", written.stored[-1])
        saver.conn.commit()
        return written

    assert runs_at_once("sqlite-file", 2, (pure, forgets)).missing == 1


def test_the_command_counts_and_takes_no_candidate() -> None:
    done = parity_kit("relay", "--at-once", "1", "pure")
    assert done.returncode == 2
    assert "takes no candidates" in done.stderr
    assert parity_kit("relay").returncode == 2


def test_the_command_counts_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity_kit.reference.postgres_server.missing", lambda: "no server here")
    done = parity_kit("relay", "--at-once", "2")
    assert done.returncode == 0, done.stderr
    assert "runs on sqlite-file: operations 4, threads 1, checkpoints 16, missing 0" in done.stdout
    assert "not looked at: PostgreSQL: no server here" in done.stdout


def test_a_process_killed_inside_a_transaction_leaves_neither_a_lock_nor_a_half() -> None:
    saver = make_saver("sqlite-file")
    program = {
        "state": {"log": {"type": "list", "reducer": "add"}},
        "nodes": {"a": {"body": [{"write": {"log": ["a"]}}]}},
        "edges": [["__start__", "a"], ["a", "__end__"]],
    }
    session = GraphSession(Subject(SubjectKind.GRAPH, {"program": program}), Pins(), saver=saver)
    run = Operation("invoke", {"thread": "t", "input": {"log": []}})
    assert isinstance(session.apply(run), Returned)
    ((_, _, file),) = saver.conn.execute("PRAGMA database_list")
    child = os.fork()
    if child == 0:
        connection = sqlite3.connect(file)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM checkpoints")
        os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    outcome = session.apply(run)
    assert isinstance(outcome, Returned)
    assert outcome.value == {"log": ["a", "a"]}
    close_saver(saver)
