"""A candidate's saver as LangGraph's `BaseCheckpointSaver`: its operations, across the wire.

The adapter does what the contract leaves to the caller: LangGraph's savers add the scalars of a
config to the metadata (`get_checkpoint_metadata`), take any thread id, and have asynchronous twins.
Values cross as the saver's own serializer writes them, so a test's own types keep their bytes.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)

from parity_kit.contract import Raised, Returned, Subject, SubjectKind, Unsupported
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Plain
from parity_kit.upstream.remote import Opened, Remote

OPERATIONS = "operations of its saver"


class RemoteSaverError(Exception):
    """An error of the candidate's saver whose class is no built-in one."""


class WireSaver(BaseCheckpointSaver[str]):
    """A saver of the candidate: `memory`, `sqlite` or `postgres`."""

    def __init__(self, remote: Remote, name: str, counts: Counter[str], serde: Any = None) -> None:
        super().__init__(serde=serde)
        self._opened = Opened(remote, Subject(SubjectKind.SAVER, {"saver": name}))
        self._counts = counts

    def get_next_version(self, current: Any, channel: None) -> Any:
        """Return the version after one."""
        del channel
        return self._apply("next_version", current=current)

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """Store a checkpoint."""
        where = config["configurable"]
        stored = self._apply(
            "put",
            thread=str(where["thread_id"]),
            ns=where.get("checkpoint_ns", ""),
            checkpoint=self._plain(checkpoint),
            metadata=self._plain(get_checkpoint_metadata(config, metadata)),
            new_versions=self._plain(new_versions),
            parent=where.get("checkpoint_id"),
        )
        return _config(stored, where)

    def put_writes(
        self, config: Any, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store a task's writes."""
        where = config["configurable"]
        self._apply(
            "put_writes",
            thread=str(where["thread_id"]),
            ns=where.get("checkpoint_ns", ""),
            checkpoint_id=where["checkpoint_id"],
            writes=[[channel, self._plain(value)] for channel, value in writes],
            task_id=task_id,
            task_path=task_path,
        )

    def get_tuple(self, config: Any) -> CheckpointTuple | None:
        """Return a checkpoint."""
        where = config["configurable"]
        saved = self._apply(
            "get_tuple",
            thread=str(where["thread_id"]),
            ns=where.get("checkpoint_ns", ""),
            checkpoint_id=get_checkpoint_id(config),
        )
        return None if saved is None else self._tuple(saved, where)

    def list(
        self,
        config: Any,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name
        before: Any = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Yield checkpoints, newest first."""
        where: dict[str, Any] = config["configurable"] if config else {}
        listed = self._apply(
            "list",
            thread=str(where["thread_id"]) if config else None,
            ns=where.get("checkpoint_ns"),
            checkpoint_id=get_checkpoint_id(config) if config else None,
            filter=None if filter is None else self._plain(filter),
            before=get_checkpoint_id(before) if before else None,
            limit=limit,
        )
        for saved in listed:
            yield self._tuple(saved, where)

    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread."""
        self._apply("delete_thread", thread=str(thread_id))

    def get_delta_channel_history(
        self, *, config: Any, channels: Sequence[str]
    ) -> Mapping[str, Any]:
        """Return the writes and seeds that delta channels are rebuilt from."""
        where = config["configurable"]
        histories = self._apply(
            "delta_history",
            thread=str(where["thread_id"]),
            ns=where.get("checkpoint_ns", ""),
            checkpoint_id=get_checkpoint_id(config),
            channels=[*channels],
        )
        return {
            channel: {**history, "writes": [tuple(write) for write in history["writes"]]}
            for channel, history in self._native(histories).items()
        }

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """Store a checkpoint."""
        return self.put(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: Any, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store a task's writes."""
        self.put_writes(config, writes, task_id, task_path)

    async def aget_tuple(self, config: Any) -> CheckpointTuple | None:
        """Return a checkpoint."""
        return self.get_tuple(config)

    async def alist(
        self,
        config: Any,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name
        before: Any = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield checkpoints, newest first."""
        for saved in self.list(config, filter=filter, before=before, limit=limit):
            yield saved

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread."""
        self.delete_thread(thread_id)

    async def aget_delta_channel_history(
        self, *, config: Any, channels: Sequence[str]
    ) -> Mapping[str, Any]:
        """Return the writes and seeds that delta channels are rebuilt from."""
        return self.get_delta_channel_history(config=config, channels=channels)

    def _apply(self, name: str, **arguments: Any) -> Any:
        self._counts[OPERATIONS] += 1
        given = {key: value for key, value in arguments.items() if value is not None}
        match self._opened.apply(name, **given):
            case Returned(value):
                return value
            case Raised(error, message):
                kind = getattr(builtins, error, None)
                if isinstance(kind, type) and issubclass(kind, Exception):
                    raise kind(message)
                raise RemoteSaverError(f"{error}: {message}")
            case Unsupported(reason):
                raise NotImplementedError(reason)

    def _plain(self, value: Any) -> Plain:
        kind, data = self.serde.dumps_typed(value)
        if kind == "msgpack":
            return unpack(data)
        if kind == "null":
            return None
        return bytes(data)

    def _native(self, value: Plain) -> Any:
        return self.serde.loads_typed(("msgpack", pack(value)))

    def _tuple(self, saved: Plain, where: Mapping[str, Any]) -> CheckpointTuple:
        native = self._native(saved)
        parent = native["parent_config"]
        return CheckpointTuple(
            _config(native["config"], where),
            native["checkpoint"],
            native["metadata"],
            None if parent is None else _config(parent, where),
            [tuple(write) for write in native["pending_writes"] or ()],
        )


class PruningWireSaver(WireSaver):
    """A saver that prunes threads: LangGraph offers that only on PostgreSQL."""

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete threads, or all but their latest checkpoints."""
        self._apply("prune", threads=[*map(str, thread_ids)], strategy=strategy)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete threads, or all but their latest checkpoints."""
        self.prune(thread_ids, strategy=strategy)


def _config(config: Any, where: Mapping[str, Any]) -> Any:
    """Return a config with the thread id that the caller gave, which need not be a text."""
    thread = where.get("thread_id")
    configurable = config["configurable"]
    if thread is None or str(thread) != configurable.get("thread_id"):
        return {"configurable": dict(configurable)}
    return {"configurable": {**configurable, "thread_id": thread}}
