"""Checkpoints that older releases left in a thread, for a graph to read and run on."""

from __future__ import annotations

from typing import Any

from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.programs.model import START
from parity_kit.search.choices import Choices
from parity_kit.search.generate.drafts import update

_ID = "00000000-0000-5000-8000-000000000001"  # sorts before those that a session creates
_PACKETS_BESIDE_CHANNELS = 3  # the layout in which packets that were sent lay there
_SOURCES = ("loop", "input", "update")


def old_checkpoint(choices: Choices, program: dict[str, Any]) -> dict[str, Plain]:
    """Return the arguments of a `put`: a checkpoint of a layout from 1 to 4."""
    layout, node = choices.between(1, 4), next(iter(program["nodes"]))
    state = program["state"]
    given = update(choices, program)
    assert isinstance(given, dict)  # noqa: S101  # a program of fields
    values = {
        str(name): value for name, value in given.items() if "channel" not in state[str(name)]
    }
    today = layout >= _PACKETS_BESIDE_CHANNELS
    trigger = f"branch:to:{node}" if today or choices.chance(3) else f"start:{node}"
    versions = {START: _version(2), **dict.fromkeys((*values, trigger), _version(2))}
    seen: dict[str, Plain] = {"__input__": {}, START: {START: _version(1)}}
    if choices.chance(3):
        seen[node] = {trigger: _version(choices.between(1, 2))}
    checkpoint: dict[str, Plain] = {
        "v": layout,
        "ts": "2023-12-31T00:00:00+00:00",
        "id": _ID,
        "channel_values": {**values, trigger: None if today else START},
        "channel_versions": versions,
        "versions_seen": seen,
    }
    if layout == _PACKETS_BESIDE_CHANNELS and choices.chance():
        packet = Ext(1, pack(["langgraph.types", "Send", [node, {"k": choices.below(3)}]]))
        checkpoint["pending_sends"] = [packet] * choices.below(3)
    metadata: Plain = {
        "source": choices.pick(_SOURCES),
        "step": choices.between(-1, 3),
        "parents": {},
    }
    return {"checkpoint": checkpoint, "metadata": metadata}


def _version(number: int) -> str:
    return f"{number:032}.{0:016}"
