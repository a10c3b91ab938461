"""The codec, channel and saver subjects."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from parity_kit.contract import (
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    Unsupported,
    UnsupportedSubjectError,
    stored_name,
)
from pure_engine.acting import Watch, find, perform, prepared
from pure_engine.channels import MISSING
from pure_engine.clock import Clock, next_version
from pure_engine.codec import dumps, is_allowed, loads, native, plain
from pure_engine.errors import error_name
from pure_engine.folded import DeltaChannel
from pure_engine.making import make_channel
from pure_engine.opened import close_value, open_value
from pure_engine.paths import PLAIN
from pure_engine.postgres import PostgresSaver
from pure_engine.savers import MemorySaver, Saved, Saver
from pure_engine.sqlite import SqliteSaver

_KEY = "ch"


class CodecSession:
    """A serializer."""

    def __init__(self, subject: Subject) -> None:
        spec: Any = subject.spec
        self._loads = functools.partial(
            loads, strict=bool(spec["strict"]), paths=spec.get("paths") or PLAIN
        )
        self._is_allowed = functools.partial(is_allowed, strict=bool(spec["strict"]))

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = find(self, operation)
        if isinstance(act, Unsupported):
            return act
        try:
            return act(**operation.args)
        except Exception as error:  # noqa: BLE001  # whatever the serializer raises is an outcome
            return Raised(error_name(error), str(error))

    def close(self) -> None:
        """Hold nothing."""

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the serializer's part of an operation as a call, ready to be timed."""
        args: Any = operation.args
        if operation.name == "decode":
            return lambda: self._loads(args["type"], args["data"])
        if operation.name == "encode":
            value = native(close_value(args["value"]))
            return lambda: dumps(value)
        if operation.name in {"round_trip", "classify"}:
            return lambda: dumps(self._loads(args["type"], args["data"]))
        return lambda: self.do_is_allowed(**args)

    def do_decode(self, type: str, data: bytes) -> Outcome:  # noqa: A002  # the contract's name
        """Return what bytes say, opened."""
        return Returned(open_value(plain(self._loads(type, data))))

    def do_encode(self, value: Any) -> Outcome:
        """Store an opened value."""
        return _stored(native(close_value(value)))

    def do_round_trip(self, type: str, data: bytes) -> Outcome:  # noqa: A002  # the contract's name
        """Store again what bytes say."""
        return _stored(self._loads(type, data))

    def do_classify(self, type: str, data: bytes) -> Outcome:  # noqa: A002  # the contract's name
        """Say whether bytes come back as they are, as others, or are refused."""
        try:
            value = self._loads(type, data)
        except Exception as error:  # noqa: BLE001  # the class of whatever it raises is the answer
            return Returned(f"refused: {error_name(error)}")
        try:
            kind, again = dumps(value)
        except Exception as error:  # noqa: BLE001  # the same
            return Returned(f"not storable: {error_name(error)}")
        if (kind, again) == (type, data):
            return Returned("kept")
        return Returned("replaced", stored={stored_name("data", kind): again})

    def do_is_allowed(self, module: str, name: str, method: str | None = None) -> Outcome:
        """Return whether a type may be built, or a method called."""
        return Returned(self._is_allowed(module, name, method))


def _stored(value: Any) -> Outcome:
    kind, data = dumps(value)
    return Returned(kind, stored={"data": data})


class ChannelSession:
    """A channel, and perhaps a copy of it set aside."""

    def __init__(self, subject: Subject) -> None:
        self._channel = make_channel(subject.spec, _KEY)
        self._aside: Any = None
        self._watch = Watch()
        self._watch.changes(self._contents())

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = find(self, operation)
        if isinstance(act, Unsupported):
            return act
        if operation.name == "replay_writes" and not isinstance(self._channel, DeltaChannel):
            return Unsupported(f"{type(self._channel).__name__} has no operation replay_writes")
        args = native(operation.args)
        return perform(lambda: act(**args), self._contents, self._watch)

    def close(self) -> None:
        """Hold nothing."""

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a call, ready to be timed."""
        return prepared(self, operation)

    def _contents(self) -> Mapping[str, bytes]:
        checkpoint = self._channel.checkpoint()
        if checkpoint is MISSING:
            return {}
        kind, data = dumps(checkpoint)
        return {stored_name("checkpoint", kind): data}

    def do_update(self, values: list[Any]) -> bool:
        """Take a superstep's writes."""
        return self._channel.update(values)

    def do_consume(self) -> bool:
        """Note that a task ran."""
        return self._channel.consume()

    def do_finish(self) -> bool:
        """Note that the run is about to end."""
        return self._channel.finish()

    def do_get(self) -> Any:
        """Return the value."""
        return self._channel.get()

    def do_is_available(self) -> bool:
        """Return whether there is a value."""
        return self._channel.is_available()

    def do_restore(self) -> None:
        """Become what the channel's own checkpoint gives, through bytes."""
        checkpoint = self._channel.checkpoint()
        if checkpoint is not MISSING:
            checkpoint = loads(*dumps(checkpoint))
        self._channel = self._channel.restored(checkpoint)

    def do_load(self, value: Any) -> None:
        """Become what a checkpoint gives."""
        self._channel = self._channel.restored(value)

    def do_copy(self) -> None:
        """Set a copy aside."""
        self._aside = self._channel.copy()

    def do_swap(self) -> bool:
        """Change places with the copy."""
        if self._aside is None:
            return False
        self._channel, self._aside = self._aside, self._channel
        return True

    def do_replay_writes(self, writes: list[Any]) -> None:
        """Fold in writes of earlier supersteps."""
        if isinstance(self._channel, DeltaChannel):
            self._channel.replay_writes(writes)


def make_saver(name: Any, clock: Clock) -> Saver | None:
    """Return a fresh saver, or None for no saver."""
    if name is None:
        return None
    if name == "memory":
        return MemorySaver()
    if name == "sqlite":
        return SqliteSaver()
    if name == "postgres":
        return PostgresSaver(lambda: next_version(clock, None))
    message = f"no saver {name}"
    raise UnsupportedSubjectError(message)


class SaverSession:
    """A saver."""

    def __init__(self, subject: Subject, clock: Clock) -> None:
        saver = make_saver(subject.spec["saver"], clock)
        if saver is None:
            raise UnsupportedSubjectError("a saver subject needs a saver")
        self._saver = saver
        self._clock = clock
        self._watch = Watch()

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = find(self, operation)
        if isinstance(act, Unsupported):
            return act
        args = native(operation.args)
        return perform(lambda: act(**args), self._saver.contents, self._watch)

    def close(self) -> None:
        """Close the saver."""
        self._saver.close()

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a call, ready to be timed."""
        return prepared(self, operation)

    def do_put(  # noqa: PLR0913, PLR0917  # the operation's arguments
        self,
        thread: str,
        ns: str,
        checkpoint: Any,
        metadata: Any,
        new_versions: Any,
        parent: str | None = None,
    ) -> Any:
        """Store a checkpoint."""
        self._clock.count()
        where = _where(thread, ns, parent)
        return {"configurable": self._saver.put(where, checkpoint, metadata, new_versions)}

    def do_put_writes(  # noqa: PLR0913, PLR0917  # the same
        self, thread: str, ns: str, checkpoint_id: str, writes: Any, task_id: str, task_path: str
    ) -> None:
        """Store a task's writes."""
        self._saver.put_writes(_where(thread, ns, checkpoint_id), writes, task_id, task_path)

    def do_get_tuple(self, thread: str, ns: str, checkpoint_id: str | None = None) -> Any:
        """Return a checkpoint."""
        saved = self._saver.get(_where(thread, ns, checkpoint_id))
        return None if saved is None else _tuple(saved)

    def do_list(  # noqa: PLR0913, PLR0917  # the same
        self,
        thread: str | None = None,
        ns: str | None = None,
        checkpoint_id: str | None = None,
        filter: Any = None,  # noqa: A002  # the contract's name
        before: str | None = None,
        limit: int | None = None,
    ) -> Any:
        """Return checkpoints, the newest first."""
        where = None if thread is None else _where(thread, ns, checkpoint_id)
        found = self._saver.list(where, filter=filter, before=before, limit=limit)
        return [_tuple(saved) for saved in found]

    def do_next_version(self, current: str | None = None) -> str:
        """Return the version after one."""
        return next_version(self._clock, current)

    def do_delete_thread(self, thread: str) -> None:
        """Forget a thread."""
        self._saver.delete_thread(thread)

    def do_prune(self, threads: Any, strategy: str = "keep_latest") -> None:
        """Forget threads, or all but the latest checkpoints of theirs."""
        self._saver.prune(threads, strategy)

    def do_delta_history(
        self, thread: str, channels: list[str], ns: str = "", checkpoint_id: str | None = None
    ) -> Any:
        """Return what delta channels are rebuilt from."""
        return self._saver.delta_history(_where(thread, ns, checkpoint_id), channels)


def _where(thread: str, space: str | None, checkpoint: str | None) -> dict[str, Any]:
    parts = {"thread_id": thread, "checkpoint_ns": space, "checkpoint_id": checkpoint}
    return {name: part for name, part in parts.items() if part is not None}


def _tuple(saved: Saved) -> Any:
    return {
        "config": {"configurable": saved.config},
        "checkpoint": saved.checkpoint,
        "metadata": saved.metadata,
        "parent_config": None if saved.parent is None else {"configurable": saved.parent},
        "pending_writes": saved.pending,
    }
