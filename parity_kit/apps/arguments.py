"""What the user's code calls on a graph, as operations of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langgraph._internal._config import ensure_config
from langgraph.types import Command, Send

from parity_kit.candidates.variables import may_be_secret
from parity_kit.contract.plain import Plain
from parity_kit.reference.graph_operations import RECURSION_LIMIT
from parity_kit.reference.native import to_plain

_KEPT = ("durability", "interrupt_before", "interrupt_after")
_REFUSED = ("output_keys", "control", "checkpoint_during")
OF_CALLBACKS = ("messages", "tools", "lifecycle")
"""Stream modes with events from callbacks inside a node, such as a model's tokens, which a frozen
node does not make."""
_OF_LANGGRAPH = {"thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"}
_INSIDE = ("checkpoint_ns", "checkpoint_map")
_PINNED = "00000000-0000-6000-8000-"


class UnrecordableError(Exception):
    """An argument has no place in the contract."""


def thread_of(graph: Any, config: Any) -> Any:
    """Return the thread id of a config, of whatever type."""
    merged: Any = ensure_config(getattr(graph, "config", None), config)
    return merged.get("configurable", {}).get("thread_id")


def where(graph: Any, config: Any) -> tuple[dict[str, Plain], list[str]]:
    """Return the thread, the checkpoint and the own keys of a config, and those left out."""
    merged: Any = ensure_config(getattr(graph, "config", None), config)
    configurable: Mapping[str, Any] = merged.get("configurable", {})
    metadata: Mapping[str, Any] = merged.get("metadata") or {}
    arguments: dict[str, Plain] = {}
    thread = configurable.get("thread_id")
    if thread is not None:
        arguments["thread"] = str(thread)
    own = recorded_part(configurable)
    if configurable.get("checkpoint_ns"):
        # Ids of tasks follow from pinned ids, so a frozen run has the same addresses.
        own |= {name: configurable[name] for name in _INSIDE if name in configurable}
    # LangChain copies what is in `configurable` into the metadata.
    given = {key: value for key, value in metadata.items() if key not in configurable}
    noted = recorded_part(given)
    parts = {"configurable": own, "metadata": noted}
    if recorded := {name: part for name, part in parts.items() if part}:
        arguments["config"] = to_plain(recorded)
    if checkpoint := configurable.get("checkpoint_id"):
        arguments["checkpoint"] = checkpoint_number(checkpoint)
    left_out = [
        *(key for key in configurable if key not in {*own, *_OF_LANGGRAPH} and key[:2] != "__"),
        *(f"metadata.{key}" for key in given if key not in noted),
    ]
    return arguments, left_out


def recorded_part(part: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what of a config's own keys, or of its metadata, becomes part of a recording.

    LangGraph stores scalars with each checkpoint; those that may be secrets are left out.
    """
    return {
        key: value
        for key, value in (part or {}).items()
        if isinstance(value, (str, int, float))
        and not (key in _OF_LANGGRAPH or key.startswith("__") or may_be_secret(key))
    }


def with_text_threads(value: Any) -> Any:
    """Return a value of LangGraph in which the thread ids of configs are text."""
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value)
        return {
            key: str(entry) if key == "thread_id" else with_text_threads(entry)
            for key, entry in entries.items()
        }
    if type(value) is list:
        return [with_text_threads(item) for item in cast("list[Any]", value)]
    if type(value) is tuple:
        return tuple(with_text_threads(item) for item in cast("tuple[Any, ...]", value))
    return value


def checkpoint_number(checkpoint: str) -> int:
    """Return which checkpoint of the recording an id names."""
    prefix, number = checkpoint[: len(_PINNED)], checkpoint[len(_PINNED) :]
    if prefix != _PINNED:
        raise UnrecordableError("a checkpoint of before the recording")
    return int(number, 16)


def run_arguments(graph: Any, config: Any, given: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the arguments of a run besides its input and its thread."""
    for name in _REFUSED:
        if given.get(name) is not None:
            raise UnrecordableError(f"the argument `{name}`")
    arguments: dict[str, Plain] = {
        name: to_plain(given[name]) for name in _KEPT if given.get(name) is not None
    }
    merged: Any = ensure_config(getattr(graph, "config", None), config)
    if merged["recursion_limit"] != RECURSION_LIMIT:
        arguments["recursion_limit"] = int(merged["recursion_limit"])  # a class of its own
    if merged.get("max_concurrency") is not None:
        arguments["max_concurrency"] = merged["max_concurrency"]
    return arguments


def run_operation(given: Any) -> tuple[str, dict[str, Plain]]:
    """Return the operation that runs a graph with an input, and its arguments."""
    if not isinstance(given, Command):
        return "invoke", {} if given is None else {"input": to_plain(given)}
    command = cast("Any", given)
    parts = {"update": command.update, "goto": command.goto, "graph": command.graph}
    named = {name: value for name, value in parts.items() if value}
    if not named and command.resume is not None:
        return "resume", {"value": to_plain(command.resume)}
    if command.resume is not None:
        named["resume"] = command.resume
    if "goto" in named:
        goto: Any = named["goto"]
        nodes = [goto] if isinstance(goto, (str, Send)) else goto
        named["goto"] = [
            {"send": [node.node, node.arg]} if isinstance(node, Send) else node for node in nodes
        ]
    return "command", {"command": to_plain(named)}


def stream_modes(graph: Any, mode: Any) -> list[str]:
    """Return the stream modes of a run."""
    asked = graph.stream_mode if mode is None else mode
    return [asked] if isinstance(asked, str) else list(cast("Sequence[str]", asked))


def stream_item(item: Any, mode: Any, *, subgraphs: bool) -> tuple[tuple[str, ...], str, Any]:
    """Return the namespace, the mode and the payload of what a stream gave.

    `mode` is what the stream was asked for: one mode is not repeated in its items.
    """
    parts: Any = item
    if isinstance(item, dict) and {"type", "ns", "data"} <= parts.keys():
        return tuple(parts["ns"]), parts["type"], parts["data"]  # version 2
    namespace: tuple[str, ...] = ()
    if subgraphs:
        namespace, *rest = parts
        parts = rest[0] if len(rest) == 1 else rest
    if isinstance(mode, str):
        return tuple(namespace), mode, parts
    kind, payload = parts
    return tuple(namespace), kind, payload
