"""Two processes that write one thread at the same time, and what its saver keeps of both.

Nothing is pinned: both are LangGraph as it is, with its own threads, ids and background saving, and
each has a connection of its own to one database. Another engine may stand for one or both of them;
what is kept is always read with LangGraph's saver.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parity_kit.contract import Operation, Pins, Subject, SubjectKind
from parity_kit.reference.graphs import GraphSession
from parity_kit.reference.logs import silence_langgraph
from parity_kit.reference.savers import close_saver, make_saver, reopened

SAVERS = ("sqlite-file", "postgres")
"""Savers whose contents several processes can write."""
WRITERS = ("one", "other")
_PATIENCE = 120  # seconds for one operation of both
_LOG: dict[str, Any] = {"state": {"log": {"type": "list", "reducer": "add"}}}
_RUNS = _LOG | {
    "nodes": {name: {"body": [{"write": {"log": [name]}}]} for name in ("a", "b", "c")},
    "edges": [["__start__", "a"], ["__start__", "b"], [["a", "b"], "c"], ["c", "__end__"]],
}
_ASKING = _LOG | {
    "nodes": {"ask": {"body": [{"write": {"log": [{"interrupt": "who?"}]}}]}},
    "edges": [["__start__", "ask"], ["ask", "__end__"]],
}
Stored: TypeAlias = tuple[str, ...]
"""A checkpoint's id, or that of a checkpoint and of a task that wrote to it."""
Write: TypeAlias = Callable[[Any, Any, Sequence[Operation], Callable[[], object]], "Written"]
"""Applies operations to a program, on the database of a saver of LangGraph's; before each one, it
calls what waits for the other process."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one process did: the errors of its operations, and what it was told is stored."""

    raised: Mapping[str, int]
    stored: Sequence[Stored]


@dataclass(frozen=True, slots=True)
class Kept:
    """What two processes did to threads, and what is left of it.

    `missing` counts checkpoints and writes of tasks that a saver had taken and does not have.
    `branches` counts checkpoints that nothing follows, `in_state` the operations that the newest
    states show. `contradicted` counts threads whose newest state follows from another answer than
    the one that is stored as the task's write.
    """

    operations: int
    raised: Mapping[str, int]
    threads: int
    checkpoints: int
    missing: int
    branches: int
    in_state: int
    contradicted: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "raised": dict(self.raised)
        }


def runs_at_once(saver: str, times: int, engines: Sequence[Write] = ()) -> Kept:
    """Let two processes invoke a graph on one thread, so many times each.

    The processes are of `engines`, or of LangGraph.
    """

    def invoked(writer: str) -> list[Operation]:
        return [Operation("invoke", {"thread": "t", "input": {"log": [writer]}})] * times

    return _at_once(saver, _RUNS, (), invoked, engines)


def answers_at_once(saver: str, times: int, engines: Sequence[Write] = ()) -> Kept:
    """Let two processes answer one question, on so many threads."""
    threads = [f"t{number}" for number in range(times)]
    asked = [Operation("invoke", {"thread": thread, "input": {"log": []}}) for thread in threads]

    def answered(writer: str) -> list[Operation]:
        return [Operation("resume", {"thread": thread, "value": writer}) for thread in threads]

    return _at_once(saver, _ASKING, asked, answered, engines)


def _at_once(
    name: str,
    program: Any,
    before: Sequence[Operation],
    operations: Callable[[str], Sequence[Operation]],
    engines: Sequence[Write],
) -> Kept:
    saver = make_saver(name)
    try:
        # Two processes that set up a new database at once may fail; that is not counted here.
        saver.setup()
        reopen: Any = reopened(saver)
        for operation in before:
            _session(program, saver).prepare(operation)()
        forks = multiprocessing.get_context("fork")
        together = forks.Barrier(len(WRITERS), timeout=_PATIENCE)
        ends: list[Any] = []
        for writer, write_with in zip(WRITERS, engines or (langgraph, langgraph), strict=True):
            end, sender = forks.Pipe(duplex=False)

            def write(
                writer: str = writer, sender: Any = sender, write_with: Write = write_with
            ) -> None:
                opened = reopen()
                sender.send(write_with(program, opened, operations(writer), together.wait))
                opened.conn.close()

            forks.Process(target=write).start()
            sender.close()
            ends.append(end)
        written: list[Written] = [end.recv() for end in ends]
        for process in multiprocessing.active_children():
            process.join()
        return _kept(saver, len(operations("")), written)
    finally:
        close_saver(saver)


def _session(program: Any, saver: Any) -> GraphSession:
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    return GraphSession(subject, Pins(), pin=False, saver=saver)


def langgraph(
    program: Any, saver: Any, operations: Sequence[Operation], together: Callable[[], object]
) -> Written:
    """Apply operations with LangGraph, each at the moment when the other process does."""
    stored: list[Stored] = []
    raised: Counter[str] = Counter()
    put, put_writes = saver.put, saver.put_writes

    @functools.wraps(put)  # LangGraph looks at its parameters
    def putting(*args: Any, **kwargs: Any) -> Any:
        config = put(*args, **kwargs)
        stored.append((config["configurable"]["checkpoint_id"],))
        return config

    @functools.wraps(put_writes)
    def putting_writes(config: Any, writes: Any, task_id: str, *args: Any) -> None:
        put_writes(config, writes, task_id, *args)
        stored.append((config["configurable"]["checkpoint_id"], task_id))

    saver.put, saver.put_writes = putting, putting_writes
    session = _session(program, saver)
    with silence_langgraph():
        for operation in operations:
            together()
            try:
                session.prepare(operation)()
            except Exception as error:  # noqa: BLE001  # whatever a saver raises is counted
                raised[type(error).__name__] += 1
    return Written(raised, stored)


def _kept(saver: Any, operations: int, written: Sequence[Written]) -> Kept:
    tuples: list[Any] = [*saver.list(None)]
    present: set[Stored] = set()
    newest: dict[str, Any] = {}
    for one in tuples:
        where = one.config["configurable"]
        present.add((where["checkpoint_id"],))
        present |= {(where["checkpoint_id"], write[0]) for write in one.pending_writes}
        thread = where["thread_id"]
        newest[thread] = max(newest.get(thread, one), one, key=lambda saved: saved.checkpoint["id"])
    followed = {_id(one.parent_config) for one in tuples if one.parent_config}
    logs = {name: one.checkpoint["channel_values"].get("log", []) for name, one in newest.items()}
    # The answers in the writes that are stored with the checkpoint before a thread's newest one.
    answers = {
        (name, *value)
        for name, one in newest.items()
        for saved in tuples
        if one.parent_config and _id(saved.config) == _id(one.parent_config)
        for _, channel, value in saved.pending_writes
        if channel == "log" and value[0] in WRITERS
    }
    return Kept(
        operations=operations * len(WRITERS),
        raised=sum((Counter(one.raised) for one in written), Counter[str]()),
        threads=len(newest),
        checkpoints=len(tuples),
        missing=sum(entry not in present for one in written for entry in set(one.stored)),
        branches=sum(_id(one.config) not in followed for one in tuples),
        in_state=sum(entry in WRITERS for log in logs.values() for entry in log),
        contradicted=sum(answer not in logs[name][-1:] for name, answer in answers),
    )


def _id(config: Any) -> str:
    return config["configurable"]["checkpoint_id"]
