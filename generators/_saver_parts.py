"""What saver traces are made of: puts, writes and reads with ids that follow from numbers."""

from __future__ import annotations

from typing import Any

from parity_kit.contract import Operation
from parity_kit.contract.canonical import unpack
from parity_kit.corpora.authoring import dump, op

_EPOCH = "2024-01-01T00:00:{:02}+00:00"
TASKS = "__pregel_tasks"
Traces = dict[str, tuple[Operation, ...]]
"""Traces by the name that their cases end in."""


def id_of(number: int) -> str:
    """Return the id of a checkpoint."""
    return f"00000000-0000-6000-8000-{number:012x}"


def version(number: int) -> str:
    """Return a version as the savers number them."""
    return f"{number:032}.{number - 1:016}"


def stored(value: object) -> Any:
    """Return what LangGraph stores for a Python object."""
    return unpack(dump(value)[1])


def checkpoint(number: int, values: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Return a checkpoint; `parts` replaces some of it."""
    versions = dict.fromkeys(values, version(number))
    versions_seen: dict[str, dict[str, str]] = {"__input__": {}}
    return {
        "v": 4,
        "ts": _EPOCH.format(number),
        "id": id_of(number),
        "channel_values": values,
        "channel_versions": versions,
        "versions_seen": versions_seen,
        "updated_channels": list(values),
    } | parts


def put(  # noqa: PLR0913, PLR0917  # most traces name one or two
    number: int,
    thread: str = "t",
    ns: str = "",
    parent: int | str | None = None,
    values: dict[str, Any] | None = None,
    metadata: dict[Any, Any] | None = None,
    new: list[str] | dict[str, Any] | None = None,
    **parts: Any,
) -> Operation:
    """Return a put of the checkpoint with a number.

    `new` names the channels that changed, or gives them versions; `parts` replaces some of the
    checkpoint.
    """
    held = {"log": ["a", number]} if values is None else values
    saved = checkpoint(number, held, **parts)
    versions: dict[str, Any] = saved["channel_versions"]
    if isinstance(new, dict):
        changed = new
    else:
        changed = {name: versions[name] for name in (list(versions) if new is None else new)}
    return op(
        "put",
        thread=thread,
        ns=ns,
        checkpoint=saved,
        metadata=_metadata(number) if metadata is None else metadata,
        new_versions=changed,
        parent=id_of(parent) if isinstance(parent, int) else parent,
    )


def _metadata(number: int) -> dict[str, Any]:
    return {"source": "loop", "step": number, "parents": {}}


def put_raw(saved: dict[str, Any], new: dict[str, Any] | None = None) -> Operation:
    """Return a put of a checkpoint as it is given, whole or not."""
    metadata = _metadata(1)
    return op("put", thread="t", ns="", checkpoint=saved, metadata=metadata, new_versions=new or {})


def writes(number: int, *pairs: list[Any], task: str = "task-1", **where: Any) -> Operation:
    """Return a put of a task's writes beside a checkpoint."""
    place = {"thread": "t", "ns": "", "task_path": ""} | where
    return op("put_writes", checkpoint_id=id_of(number), writes=list(pairs), task_id=task, **place)


def get(number: int | str | None = None, thread: str = "t", ns: str = "") -> Operation:
    """Return a read of the checkpoint with a number, or of the latest."""
    checkpoint_id = id_of(number) if isinstance(number, int) else number
    return op("get_tuple", thread=thread, ns=ns, checkpoint_id=checkpoint_id)


def history(*channels: str, number: int | None = None, **where: Any) -> Operation:
    """Return a read of what delta channels are rebuilt from."""
    place = {"thread": "t", "ns": ""} | where
    checkpoint_id = None if number is None else id_of(number)
    return op("delta_history", channels=list(channels), checkpoint_id=checkpoint_id, **place)


LIST_ALL = op("list", thread="t")
THREE = (put(1), put(2, parent=1), put(3, parent=2))
