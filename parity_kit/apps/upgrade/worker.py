"""Reads threads of a copied database, and resumes them, with the LangGraph of its environment.

It runs as `python -m parity_kit.apps.upgrade.worker SETTINGS`, prints one line of JSON about its
environment, then one for each thread that it is asked for, a line of JSON each on standard input.
Whatever the application prints goes to standard error. The network is refused.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from parity_kit.contract.canonical import pack, unpack
from parity_kit.msgpack.buildable import named_types
from parity_kit.reference.native import to_plain

_MOST_SHOWN = 200


class NetworkRefusedError(OSError):
    """The application called the network while its threads were judged."""


class Worker:
    """One database under one release."""

    def __init__(self, database: str, app: str | None) -> None:
        self._connection = sqlite3.connect(database, check_same_thread=False)
        self._saver = SqliteSaver(self._connection)
        self._graph: Any = None
        if app is not None:
            from parity_kit.apps.loading import load_graph  # noqa: PLC0415  # it imports the application

            self._graph = load_graph(app)
            self._graph.checkpointer = self._saver

    def judge(self, thread: str, *, resume: bool, answer: Any) -> dict[str, Any]:
        """Return what this release makes of a thread; `resume` continues it with an answer."""
        config: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
        made: dict[str, Any] = {"lost": self._lost(thread)}
        made |= _tried("values", lambda: _digests(self._values(config)))
        made |= _tried("history", lambda: self._history(config))
        if resume and self._graph is not None:
            made |= _tried("resumed", lambda: self._resumed(config, answer))
        return made

    def _values(self, config: Any) -> dict[str, Any]:
        if self._graph is None:
            saved = self._saver.get_tuple(config)
            return {} if saved is None else saved.checkpoint["channel_values"]
        snapshot = self._graph.get_state(config)
        values: Any = snapshot.values
        return {**(values if isinstance(values, dict) else {"": values}), "(next)": snapshot.next}

    def _history(self, config: Any) -> dict[str, Any]:
        digest, count = hashlib.sha256(), 0
        for values in self._states(config):
            digest.update(pack(to_plain(values)))
            count += 1
        return {"checkpoints": count, "digest": digest.hexdigest()[:16]}

    def _states(self, config: Any) -> Iterator[Any]:
        if self._graph is None:
            for saved in self._saver.list(config):
                yield [saved.checkpoint["id"], saved.checkpoint["channel_values"]]
        else:
            for state in self._graph.get_state_history(config):
                checkpoint = state.config["configurable"]["checkpoint_id"]
                yield [checkpoint, state.values, list(state.next)]

    def _resumed(self, config: Any, answer: Any) -> dict[str, Any] | None:
        """Continue a thread that waits, and return the digests of what came of it."""
        from parity_kit.apps.chance import chance_pinned  # noqa: PLC0415  # only if something is resumed

        state = self._graph.get_state(config)
        if not state.next:
            return None
        waits = any(task.interrupts for task in state.tasks)
        with chance_pinned():
            self._graph.invoke(Command(resume=answer) if waits else None, config)
        return _digests(self._values(config))

    def _lost(self, thread: str) -> dict[str, int]:
        """Return the types that stored values name and that do not come back, with counts."""
        lost: dict[str, int] = {}
        for table, column in (("checkpoints", "checkpoint"), ("writes", "value")):
            rows = self._connection.execute(
                f"SELECT type, {column} FROM {table} WHERE thread_id = ?",  # noqa: S608  # no text of a user's
                (thread,),
            )
            for kind, data in rows:
                for name in self._gone(kind, data):
                    lost[name] = lost.get(name, 0) + 1
        return lost

    def _gone(self, kind: str, data: bytes | None) -> list[str]:
        if kind != "msgpack" or data is None:
            return []
        try:
            before = named_types(unpack(data))
            after = named_types(to_plain(self._saver.serde.loads_typed((kind, data))))
        except Exception as error:  # noqa: BLE001  # whatever it is, the value cannot be had
            return [f"{type(error).__name__}: {error}"[:_MOST_SHOWN]]
        return [".".join(name) for name in sorted(before - after)]


def _tried(name: str, act: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {name: act()}
    except Exception as error:  # noqa: BLE001  # whatever it is, the thread is lost by it
        return {name: None, f"{name}_error": f"{type(error).__name__}: {error}"[:_MOST_SHOWN]}


def _digests(values: dict[str, Any]) -> dict[str, str]:
    """Return a digest of each field."""
    return {
        name: hashlib.sha256(pack(to_plain(value))).hexdigest()[:16]
        for name, value in values.items()
    }


def _packages() -> dict[str, str]:
    names = {item.metadata["Name"]: item.version for item in metadata.distributions()}
    return dict(sorted((name, version) for name, version in names.items() if name))


def _refuse_network() -> None:
    connect = socket.socket.connect

    def refuse(self: Any, address: Any) -> None:
        if self.family == socket.AF_UNIX:
            connect(self, address)
            return
        raise NetworkRefusedError(f"the network is refused: {address}")

    socket.socket.connect = refuse


def main() -> None:
    """Serve threads until the input ends."""
    settings = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(line: dict[str, Any]) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    logging.getLogger("langgraph").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    try:
        worker = Worker(settings["database"], settings["app"])
    except Exception as error:  # noqa: BLE001  # the application's own, or the release's
        emit({"packages": _packages(), "error": f"{type(error).__name__}: {error}"})
        return
    _refuse_network()
    emit({"packages": _packages(), "error": None})
    for line in sys.stdin:
        asked = json.loads(line)
        emit(worker.judge(asked["thread"], resume=asked["resume"], answer=asked.get("answer")))


if __name__ == "__main__":
    main()
