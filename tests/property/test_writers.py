"""Two processes that write one thread: LangGraph's savers keep both, and the state shows one."""

from __future__ import annotations

import os
import signal
import sqlite3

import pytest

from parity_kit.contract import Operation, Pins, Returned, Subject, SubjectKind
from parity_kit.reference.graphs import GraphSession
from parity_kit.reference.postgres_server import missing
from parity_kit.reference.savers import close_saver, make_saver
from parity_kit.reference.writers import Kept, answers_at_once, runs_at_once
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
