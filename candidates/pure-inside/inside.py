"""A hook that puts `pure`'s superstep into LangGraph's loop, wherever a module holds the original.

`pure` gets LangGraph's own channels, tasks and versions: its functions need no more of them than
that they have the right methods and fields. Each place that held an original counts its calls.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "pure"))

from pure_engine.pregel import apply, prepare  # found by the line above

_calls: Counter[str] = Counter()


@dataclass(slots=True)
class _State:
    """What `pure` needs of a run's state, in LangGraph's objects."""

    channels: Mapping[str, Any]
    versions: dict[str, Any]
    versions_seen: dict[str, Any]
    program: SimpleNamespace
    filled: dict[str, None] = field(default_factory=dict[str, None])


def apply_writes(
    checkpoint: Any,
    channels: Mapping[str, Any],
    tasks: Iterable[Any],
    get_next_version: Callable[[Any, None], Any] | None,
    trigger_to_nodes: Mapping[str, Any],
) -> set[str]:
    """Apply the writes of a superstep to the channels; return those that changed."""
    state: Any = _State(
        channels,
        checkpoint["channel_versions"],
        checkpoint["versions_seen"],
        SimpleNamespace(triggered=trigger_to_nodes),
        dict.fromkeys(name for name, channel in channels.items() if channel.is_available()),
    )
    writers = [apply.Writes(task.path, task.name, task.writes, task.triggers) for task in tasks]
    if get_next_version is None:
        return apply.apply_writes(state, writers, None)
    following = get_next_version
    return apply.apply_writes(state, writers, lambda current: following(current, None))


def triggers(
    channels: Mapping[str, Any], versions: Any, seen: Any, null_version: Any, proc: Any
) -> bool:
    """Return whether a node runs: one of its triggers has a version that it has not seen."""
    del null_version  # `pure` takes it from the versions
    nodes = {"node": proc}
    seen_by = {} if seen is None else {"node": seen}
    state: Any = _State(channels, versions, seen_by, SimpleNamespace(nodes=nodes))
    return prepare.is_triggered(state, "node")


def task_id(namespace: bytes, *parts: str | bytes) -> str:
    """Return the id of a task of a checkpoint."""
    texts = (part.decode() if isinstance(part, bytes) else part for part in parts)
    checkpoint: Any = {"id": namespace.hex(), "v": 4}
    return prepare.task_id(checkpoint, *texts)


REPLACED: Mapping[str, Callable[..., Any]] = {
    "apply_writes": apply_writes,
    "_triggers": triggers,
    "_xxhash_str": task_id,
}
"""The functions of `langgraph.pregel._algo` in whose place `pure`'s run."""


def engage() -> Callable[[], dict[str, int]]:
    """Replace the functions in every module that holds them; return the calls by place."""
    algo = importlib.import_module("langgraph.pregel._algo")
    originals = {name: getattr(algo, name) for name in REPLACED}
    for name, original in originals.items():
        for module in _modules():
            for attribute, value in [*module.__dict__.items()]:
                if value is original:
                    place = f"{name} in {module.__name__}"
                    setattr(module, attribute, _counted(REPLACED[name], place))
    return lambda: dict(_calls)


def _modules() -> list[ModuleType]:
    """Return all modules of LangGraph's loop, and whatever else of LangGraph is imported."""
    package: Any = importlib.import_module("langgraph.pregel")
    for found in pkgutil.iter_modules(package.__path__, "langgraph.pregel."):
        if found.name != "langgraph.pregel.types":  # deprecated: it warns whoever imports it first
            importlib.import_module(found.name)
    return [module for name, module in [*sys.modules.items()] if name.startswith("langgraph.")]


def _counted(function: Callable[..., Any], place: str) -> Callable[..., Any]:
    _calls[place] = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        _calls[place] += 1
        return function(*args, **kwargs)

    return counted
