"""The saver subject: a saver and the operations on it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any, cast

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Pins,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.operations import operation_problem
from parity_kit.programs.admission import is_awaited
from parity_kit.reference.asynchronous import Awaited, TimelessLoop
from parity_kit.reference.graph_operations import Caller, Direct
from parity_kit.reference.native import Watch, perform, to_native
from parity_kit.reference.pins import Counter, Pin, pinned
from parity_kit.reference.savers import (
    close_saver,
    contents,
    make_saver,
    tuple_to_map,
)


class SaverSession:
    """A saver."""

    def __init__(self, subject: Subject, pins: Pins, *, free: Collection[Pin] = ()) -> None:
        name = subject.spec["saver"]
        self._awaited: Awaited | None = Awaited(TimelessLoop()) if is_awaited(name) else None
        self._saver = make_saver(name, lambda: cast("Awaited", self._awaited))
        self._caller: Caller = self._awaited or Direct()
        self._counter = Counter(pins, free)
        self._watch = Watch()

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        if problem := operation_problem(SubjectKind.SAVER, operation):
            return Unsupported(problem)
        act = getattr(self, f"_{operation.name}")
        args = to_native(operation.args)

        def action(_: list[Event]) -> Any:
            return act(**args)

        with pinned(self._counter):
            return perform(action, lambda: contents(self._saver), self._watch)

    def close(self) -> None:
        """Release the saver."""
        close_saver(self._saver)
        if self._awaited is not None:
            self._awaited.close()

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a function to be timed."""
        act = getattr(self, f"_{operation.name}")
        return functools.partial(act, **to_native(operation.args))

    def _put(
        self,
        thread: str,
        ns: str,
        checkpoint: Any,
        metadata: Any,
        new_versions: Any,
        parent: str | None = None,
    ) -> Any:
        config = _config(thread, ns, parent)
        self._counter.created += 1
        return self._call("put", config, checkpoint, metadata, new_versions)

    def _put_writes(
        self,
        thread: str,
        ns: str,
        checkpoint_id: str,
        writes: Any,
        task_id: str,
        task_path: str,
    ) -> None:
        config = _config(thread, ns, checkpoint_id)
        self._call("put_writes", config, [tuple(write) for write in writes], task_id, task_path)

    def _get_tuple(self, thread: str, ns: str, checkpoint_id: str | None = None) -> Any:
        saved = self._call("get_tuple", _config(thread, ns, checkpoint_id))
        return tuple_to_map(saved, self._saver)

    def _list(
        self,
        thread: str | None = None,
        ns: str | None = None,
        checkpoint_id: str | None = None,
        filter: Any = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> Any:
        config = None if thread is None else _config(thread, ns, checkpoint_id)
        bound = None if before is None else {"configurable": {"checkpoint_id": before}}
        saved: list[Any] = []
        self._caller.for_each(
            saved.append, self._saver, "list", config, filter=filter, before=bound, limit=limit
        )
        return [tuple_to_map(item, self._saver) for item in saved]

    def _next_version(self, current: str | None = None) -> str:
        return self._saver.get_next_version(current, None)

    def _delete_thread(self, thread: str) -> None:
        self._call("delete_thread", thread)

    def _prune(self, threads: list[str], strategy: str = "keep_latest") -> None:
        self._call("prune", threads, strategy=strategy)

    def _delta_history(
        self,
        thread: str,
        channels: list[str],
        ns: str = "",
        checkpoint_id: str | None = None,
    ) -> Any:
        config = _config(thread, ns, checkpoint_id)
        return self._call("get_delta_channel_history", config=config, channels=channels)

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._caller.call(self._saver, name, *args, **kwargs)


def _config(thread: str, ns: str | None, checkpoint_id: str | None) -> Any:
    configurable: dict[str, Any] = {"thread_id": thread}
    if ns is not None:
        configurable["checkpoint_ns"] = ns
    if checkpoint_id is not None:
        configurable["checkpoint_id"] = checkpoint_id
    return {"configurable": configurable}
