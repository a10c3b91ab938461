"""The arguments of operations on graphs: what a run shows, its config, what an update is made as.

Names come from pools that collide on purpose: with each other, with the keys in which LangGraph
keeps its own metadata, and with the keys of the maps that it stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity_kit.contract.plain import Plain
from parity_kit.search.choices import Choices
from parity_kit.search.generate.drafts import update

Arguments = dict[str, Plain]
"""Arguments of an operation, by name."""

_MODES = ("values", "updates", "tasks", "checkpoints", "custom", "debug")
_DURABILITIES = ("sync", "async", "exit")
_KEYS = ("user", "value", "type", "update", "step", "source", "parents", "run_id", "thread_id")
_OWN_KEYS = ("user", "value", "type", "language", "run_id", "assistant_id")
_SCALARS: tuple[Plain, ...] = ("x", 1, 0, False, None, 0.5, "loop")
_TAGS = ("b", "a", "seq:step:1", "langsmith:hidden")
_FILTERS: tuple[Arguments, ...] = (
    {"source": "loop"},
    {"source": "update"},
    {"step": 0},
    {"user": "x"},
    {"value": 1, "type": 1},
)
_PLACES = ("__input__", "__end__", "__start__", "__copy__", "nobody")


def run_arguments(choices: Choices, program: dict[str, Any], *, has_thread: bool) -> Arguments:
    """Return the arguments of a run, without its input and where it begins."""
    arguments: Arguments = {}
    if has_thread and choices.chance(5):
        arguments["durability"] = choices.pick(_DURABILITIES)
    if choices.chance():
        arguments["modes"] = modes(choices)
        if choices.chance(1 if "subgraphs" in program else 15):
            arguments["subgraphs"] = True
        if choices.chance(39):
            arguments["version"] = choices.pick(("v1", "v2"))
    elif choices.chance(9):
        several = modes(choices)
        arguments["stream_mode"] = several if choices.chance() else several[0]
    return arguments | _rare(choices, program) | config(choices)


def _rare(choices: Choices, program: dict[str, Any]) -> Arguments:
    names = list(program["nodes"])
    arguments: Arguments = {"recursion_limit": choices.between(2, 6)}
    if "context" in program and choices.below(4):
        arguments["context"] = {"who": choices.pick(("me", "you"))}
    if choices.chance(24):
        name = choices.pick(("interrupt_before", "interrupt_after"))
        arguments[name] = "*" if choices.chance() else [choices.pick(names)]
    if choices.chance(24):
        arguments["max_concurrency"] = choices.between(1, 2)
    elif choices.chance(39):
        tasks = choices.between(2, 4)
        arguments["completion_order"] = choices.some(range(tasks), tasks, tasks)
    if choices.chance(11):
        # LangGraph loses a task's writes if a managed field is shown, which only its log says.
        fields = [name for name, made in program["state"].items() if "managed" not in made]
        arguments["output_keys"] = _output_keys(choices, fields, names)
    if choices.chance(49):
        arguments["callbacks"] = True
    return arguments


def _output_keys(choices: Choices, fields: Sequence[str], nodes: Sequence[str]) -> Plain:
    kind = choices.below(6)
    if kind <= 1:
        return choices.pick(fields)
    if kind <= 4:  # noqa: PLR2004  # three of six
        return choices.some(fields, 3)
    return choices.pick((f"branch:to:{nodes[0]}", "nobody"))


def modes(choices: Choices) -> list[str]:
    """Return stream modes, in a fixed order."""
    chosen = choices.some(_MODES, len(_MODES), 1)
    return [mode for mode in _MODES if mode in chosen]


def config(choices: Choices) -> Arguments:
    """Sometimes return a config with metadata, tags or keys of its own."""
    if not choices.chance(9):
        return {}
    parts: Arguments = {}
    if choices.chance():
        parts["tags"] = choices.some(_TAGS, 2, 1)
    if choices.chance():
        parts["configurable"] = _entries(choices, _OWN_KEYS)
    if choices.chance() or not parts:
        parts["metadata"] = _entries(choices, _KEYS)
    return {"config": parts}


def _entries(choices: Choices, keys: Sequence[str]) -> Plain:
    return {key: choices.pick(_SCALARS) for key in choices.some(keys, 3, 1)}


def metadata_filter(choices: Choices) -> Plain:
    """Return a filter of a history."""
    return choices.pick(_FILTERS)


def change(choices: Choices, program: dict[str, Any]) -> Arguments:
    """Return the values of an update, and sometimes as what it is made."""
    made: Arguments = {"values": update(choices, program)}
    if choices.below(3):
        made["as_node"] = choices.pick(list(program["nodes"]))
    elif choices.chance(3):
        made["as_node"] = name = choices.pick(_PLACES)
        if name in {"__copy__", "__end__"} and choices.below(4):
            made["values"] = None
    if choices.chance(11):
        made["for_task"] = choices.below(2)
    return made
