"""LangGraph's savers: opened fresh, and read for every byte they hold.

The module of a saver knows how to make it, what it holds (docs/contract.md) and how to release it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from parity_kit.contract import UnsupportedSubjectError
from parity_kit.contract.canonical import unpack
from parity_kit.programs.admission import SAVERS, is_awaited
from parity_kit.reference.asynchronous import Awaited
from parity_kit.reference.native import built_by_langchain, untrusted
from parity_kit.reference.savers.entries import Tables


def _room(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def make_saver(name: Any, awaited: Callable[[], Awaited] | None = None) -> Any:
    """Return a fresh saver, or None for no saver; the loop is for those whose calls are awaited.

    Raises:
        UnsupportedSubjectError: If there is no such saver, or its requirements are missing.
    """
    if name is None:
        return None
    if name not in SAVERS:
        raise UnsupportedSubjectError(f"no saver {name}")
    if is_awaited(name):
        if awaited is None:
            raise UnsupportedSubjectError(f"the saver {name} needs an event loop")
        from parity_kit.reference.savers import asynchronous  # noqa: PLC0415  # it imports others

        return asynchronous.make(name, awaited())
    if name == "sqlite-file":
        from parity_kit.reference.savers.sqlite import make_in_file  # noqa: PLC0415  # as below

        return make_in_file()
    return _room(name.removesuffix("-postgres")).make()


def close_saver(saver: Any) -> None:
    """Release what a saver holds."""
    if saver is not None:
        _room_of(saver).close(saver)


def contents(saver: Any) -> dict[str, bytes]:
    """Return every byte string a saver holds, by name."""
    return {} if saver is None else _room_of(saver).contents(saver)


def load_contents(saver: Any, stored: Mapping[str, bytes]) -> None:
    """Store the byte strings that `contents` of the same kind of saver returned, on any engine."""
    _room_of(saver).load(saver, Tables.of(stored))


def reopened(saver: Any) -> Callable[[], Any] | None:
    """Return what opens in another process what a saver holds; None if that is in memory."""
    room = None if saver is None else _room_of(saver)
    return room.reopened(saver) if room is not None and hasattr(room, "reopened") else None


def refused_in(stored: Mapping[str, bytes]) -> str:
    """Return why LangGraph must not read these byte strings, or nothing: anybody may send a case.

    Its savers build every type that stored bytes name.
    """
    for name, data in stored.items():
        kind = name.rpartition("/")[2]
        if kind == "json" and (built := built_by_langchain(data)):
            return f"the kit does not let LangChain build {built}, which {name} names"
        if kind == "msgpack" and (types := untrusted(unpack(data))):
            return f"the kit does not let LangGraph build {'.'.join(types[0])}, which {name} names"
    return ""


def tuple_to_map(saved: Any, saver: Any) -> Any:
    """Return a `CheckpointTuple` as the contract's map, or None."""
    if saved is None:
        return None
    return {
        "config": public_config(saved.config),
        "checkpoint": _room_of(saver).checkpoint(saved.checkpoint, saver),
        "metadata": saved.metadata,
        "parent_config": public_config(saved.parent_config),
        "pending_writes": saved.pending_writes,
    }


def _room_of(saver: Any) -> ModuleType:
    if type(saver).__name__.startswith("Async"):
        return _room("asynchronous")
    # langgraph.checkpoint.NAME defines the saver's class, but for the shallow one.
    home = type(saver).__module__.split(".")
    return _room("shallow" if "shallow" in home else home[2])


def public_config(config: Any) -> Any:
    """Return a config's configurable part, without LangGraph's own keys."""
    if config is None:
        return None
    configurable = config.get("configurable", {})
    return {
        "configurable": {
            key: value for key, value in configurable.items() if not key.startswith("__pregel_")
        }
    }
