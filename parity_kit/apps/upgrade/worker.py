"""Reads threads of a copied database, and resumes them, with the LangGraph of its environment.

It runs as `python -m parity_kit.apps.upgrade.worker SETTINGS`, prints one line of JSON about its
environment, then one for each thread that it is asked for, a line of JSON each on standard input.
Whatever the application prints goes to standard error. The network is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from typing import Any, cast

from langgraph.pregel._checkpoint import LATEST_VERSION
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from parity_kit.apps.network import NetworkRefusedError, network_refused
from parity_kit.apps.source_places import raised_at
from parity_kit.apps.upgrade.pinning import mending_pin
from parity_kit.apps.upgrade.savers import StoredValues, close_saver, open_saver
from parity_kit.apps.upgrade.time_limit import time_limit
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.errors import ParityKitError, UsageError
from parity_kit.corpora.user_checkpoints.encryption import load_serializer
from parity_kit.msgpack.buildable import named_types
from parity_kit.reference.asynchronous import Awaited
from parity_kit.reference.graph_operations import Caller, Direct
from parity_kit.reference.native import to_plain

_MOST_SHOWN = 200


class FutureCheckpointError(Exception):
    """A checkpoint has a format that this release does not know."""


class Worker:
    """One copy of a database under one release, read and resumed by sync or async methods.

    `limited` makes what a thread is resumed in; it is given what is known of the thread by then.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        kind, address, serde = settings["kind"], settings["address"], settings["serde"]
        self.refused: list[str] = []
        self.limited: Callable[[dict[str, Any]], contextlib.AbstractContextManager[None]] = (
            lambda _: contextlib.nullcontext()
        )
        self._graph: Any = None
        if settings["app"] is not None:
            from parity_kit.apps.loading import load_graph  # noqa: PLC0415  # it imports the application

            self._graph = load_graph(settings["app"], settings["path"])
        self._awaited = Awaited(asyncio.new_event_loop()) if _awaits(self._graph) else None
        self._caller: Caller = self._awaited or Direct()
        serializer = None if serde is None else load_serializer(serde)
        self._saver = open_saver(kind, address, serializer, self._awaited, setup=settings["setup"])
        self._stored = StoredValues(kind, address)
        if serializer is not None:
            _check_key(serializer, self._stored, f"--serde {serde}")
        if self._graph is not None:
            self._take_over(self._graph)

    def close(self) -> None:
        """Close the copy."""
        self._stored.close()
        close_saver(self._saver, self._awaited)

    def _take_over(self, graph: Any) -> None:
        """Let a graph use the copy and a store in memory, whatever it was compiled with."""
        graph.checkpointer = self._saver
        for inner in [graph, *_subgraphs(graph)]:
            if inner is not graph and not isinstance(inner.checkpointer, bool | None):
                inner.checkpointer = self._saver
            if inner.store is not None:
                inner.store = InMemoryStore()

    def judge(self, thread: str, *, resume: bool, answer: Any) -> dict[str, Any]:
        """Return what this release makes of a thread; `resume` continues it with an answer."""
        made: dict[str, Any] = {"lost": self._lost(thread)}
        made |= _tried("values", lambda: _digests(self._values(thread)))
        made |= _tried("history", lambda: self._history(thread))
        if resume and self._graph is not None:
            self._stored.keep(thread)
            with self.limited(made):
                made |= _tried("resumed", lambda: self._resumed(thread, answer))
        return made

    def resume_again(self, thread: str, answer: Any) -> dict[str, Any]:
        """Return what this release makes of a thread that was resumed, as it was before that."""
        self._stored.restore(thread)
        with self.limited({}):
            return _tried("resumed", lambda: self._resumed(thread, answer))

    def _values(self, thread: str) -> dict[str, Any]:
        config = _config(thread)
        if self._graph is None:
            saved = self._caller.call(self._saver, "get_tuple", config)
            return {} if saved is None else saved.checkpoint["channel_values"]
        return _flat(self._caller.call(self._graph, "get_state", config, subgraphs=True))

    def _history(self, thread: str) -> dict[str, Any]:
        """Read every checkpoint of the thread, in all namespaces, and its states."""
        digest, count = hashlib.sha256(), 0

        def stored(saved: Any) -> None:
            nonlocal count
            version = saved.checkpoint["v"]
            if version > LATEST_VERSION:
                problem = f"format {version} of a checkpoint; this release knows {LATEST_VERSION}"
                raise FutureCheckpointError(problem)
            place, channels = saved.config["configurable"], saved.checkpoint["channel_values"]
            add([place["checkpoint_ns"], place["checkpoint_id"], channels])
            count += 1

        def state(snapshot: Any) -> None:
            add([snapshot.config["configurable"]["checkpoint_id"], *_flat(snapshot).items()])

        def add(parts: Any) -> None:
            digest.update(pack(to_plain(parts)))

        every_namespace = {"configurable": {"thread_id": thread}}
        self._caller.for_each(stored, self._saver, "list", every_namespace)
        if self._graph is not None:
            self._caller.for_each(state, self._graph, "get_state_history", _config(thread))
        return {"checkpoints": count, "digest": digest.hexdigest()[:16]}

    def _resumed(self, thread: str, answer: Any) -> dict[str, Any] | None:
        """Continue a thread that waits, and return the digests of what came of it."""
        from parity_kit.apps.chance import chance_pinned  # noqa: PLC0415  # only if something is resumed

        state = self._caller.call(self._graph, "get_state", _config(thread))
        if not state.next:
            return None
        waits = any(task.interrupts for task in state.tasks)
        given: Any = Command(resume=answer) if waits else None
        self.refused.clear()
        with chance_pinned():
            self._caller.call(self._graph, "invoke", given, _config(thread))
        if self.refused:  # the application went on, but not as it would have done
            raise NetworkRefusedError(f"the network is refused: {self.refused[0]}")
        return _digests(self._values(thread))

    def _lost(self, thread: str) -> dict[str, int]:
        """Return the types that stored values name and that do not come back, with counts."""
        lost = Counter[str]()
        for kind, data in self._stored.of(thread):
            lost.update(self._gone(kind or "", data))
        return dict(lost)

    def _gone(self, kind: str, data: bytes | None) -> list[str]:
        name, _, cipher = kind.partition("+")
        if name != "msgpack" or data is None:
            return []
        serde: Any = self._saver.serde
        try:
            plain = serde.cipher.decrypt(cipher, data) if cipher else data
            before = named_types(unpack(plain))
            if not before:
                return []  # whether it loads at all is seen by the thread's history
            after = named_types(to_plain(serde.loads_typed((kind, data))))
        except Exception as error:  # noqa: BLE001  # whatever it is, the value cannot be had
            return [f"{type(error).__name__}: {error}"[:_MOST_SHOWN]]
        return [".".join(type_name) for type_name in sorted(before - after)]


def _check_key(serializer: Any, stored: StoredValues, where: str) -> None:
    """Check that the serializer decrypts any of the first encrypted values.

    Raises:
        UsageError: If it decrypts none of them.
    """
    problem = ""
    for kind, data in stored.encrypted():
        try:
            serializer.cipher.decrypt(kind.partition("+")[2], data)
        except Exception as error:  # noqa: BLE001  # each cipher has its own
            problem = problem or f"{type(error).__name__}: {error}"
        else:
            return
    if problem:
        raise UsageError(
            f"decrypts nothing of the database: {problem}",
            where=where,
            hint="give it the key that the database was written with, as in LANGGRAPH_AES_KEY",
        )


def _config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}


def _flat(snapshot: Any, place: str = "") -> dict[str, Any]:
    """Return the fields of a state and of its subgraphs', its next nodes and its questions."""
    values: Any = snapshot.values
    fields = cast("dict[str, Any]", values) if isinstance(values, dict) else {"": values}
    made: dict[str, Any] = {f"{place}{name}": value for name, value in fields.items()}
    made[f"{place}(next)"] = list(snapshot.next)
    # Their other parts are of a release: a question had no `response_schema` before 1.2.
    made[f"{place}(asks)"] = [item.value for task in snapshot.tasks for item in task.interrupts]
    for task in snapshot.tasks:
        if hasattr(task.state, "next"):  # in a history it is a config
            made |= _flat(task.state, f"{place}{task.name}/")
    return made


def _subgraphs(graph: Any) -> list[Any]:
    return [inner for _, inner in graph.get_subgraphs(recurse=True)]


def _awaits(graph: Any) -> bool:
    """Return whether an application has nodes that can only be awaited."""
    graphs = [] if graph is None else [graph, *_subgraphs(graph)]
    nodes = [node for inner in graphs for node in inner.nodes.values()]
    return any(getattr(node.bound, "func", True) is None for node in nodes)


def _tried(name: str, act: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {name: act()}
    except Exception as error:  # noqa: BLE001  # whatever it is, the thread is lost by it
        place = f" ({found})" if (found := raised_at(error)) else ""
        problem = f"{type(error).__name__}: {error}"[:_MOST_SHOWN] + place
        return {name: None, f"{name}_error": problem}


def _digests(values: dict[str, Any]) -> dict[str, str]:
    """Return a digest of each field."""
    return {
        name: hashlib.sha256(pack(to_plain(value))).hexdigest()[:16]
        for name, value in values.items()
    }


def _packages() -> dict[str, str]:
    names = {item.metadata["Name"]: item.version for item in metadata.distributions()}
    return dict(sorted((name, version) for name, version in names.items() if name))


def main() -> None:
    """Serve threads until the input ends."""
    settings = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(line: dict[str, Any]) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    def failed(problem: str, hint: str, cause: BaseException) -> None:
        pin = mending_pin(cause)
        emit({"packages": _packages(), "error": problem, "hint": hint, "pin": pin})

    logging.getLogger("langgraph").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    try:
        worker = Worker(settings)
    except ParityKitError as error:
        where = f"{error.where}: " if error.where else ""
        failed(f"{where}{error.problem}", error.hint, error.__cause__ or error)
        return
    except Exception as error:  # noqa: BLE001  # the application's own, or the release's
        failed(f"cannot be imported there: {type(error).__name__}: {error}", "", error)
        return

    def limited(made: dict[str, Any]) -> contextlib.AbstractContextManager[None]:
        return time_limit(
            settings["seconds"], lambda nodes: emit({**made, "resumed": None, "stopped": nodes})
        )

    worker.limited = limited
    with network_refused() as worker.refused:
        emit({"packages": _packages(), "error": None})
        for line in sys.stdin:
            asked = json.loads(line)
            thread, answer = asked["thread"], asked.get("answer")
            if asked.get("again"):
                emit(worker.resume_again(thread, answer))
            else:
                emit(worker.judge(thread, resume=asked["resume"], answer=answer))


if __name__ == "__main__":
    main()
