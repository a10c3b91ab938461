"""Programs whose state is a value of its own, without fields."""

from __future__ import annotations

import itertools
from typing import Any

from parity_kit.contract.plain import Plain
from parity_kit.programs.model import END, START
from parity_kit.search.choices import Choices

_NODES = ("a", "b", "c")
_KINDS: tuple[dict[str, Plain], ...] = (
    {"type": "list", "reducer": "add"},
    {"type": "int"},
    {"type": "dict", "reducer": "merge"},
)
_WHOLE: Plain = {"input": None}


def root_program(choices: Choices) -> dict[str, Any]:
    """Return a chain of nodes, with a branch or a parallel node."""
    kind = choices.pick(_KINDS)
    nodes = _NODES[: 1 + choices.below(len(_NODES))]
    edges: list[Plain] = [[START, nodes[0]], *([*pair] for pair in itertools.pairwise(nodes))]
    program: dict[str, Any] = {
        "schema": "root",
        "state": {"__root__": kind},
        "nodes": {name: {"body": _body(choices, str(kind["type"]), name)} for name in nodes},
        "edges": [*edges, [nodes[-1], END]],
    }
    if choices.chance(3):
        program["edges"].insert(1, [START, nodes[-1]])
    if choices.chance(3):
        size: Plain = {"len": _WHOLE} if kind["type"] != "int" else _WHOLE
        again: Plain = {"if": [{"lt": [size, 3]}, choices.pick(nodes), END]}
        program["branches"] = {choices.pick(nodes): [again]}
    return program


def root_value(choices: Choices, kind: str) -> Plain:
    """Return a value that suits the state."""
    if kind == "list":
        return [choices.below(10) for _ in range(choices.below(3))]
    if kind == "dict":
        return {key: choices.below(10) for key in choices.some(("x", "value", "type"), 2)}
    return choices.below(10)


def _body(choices: Choices, kind: str, name: str) -> list[Plain]:
    given: Plain = {"int": {"add": [_WHOLE, 1]}, "list": [name], "dict": {"lit": {name: 1}}}[kind]
    match choices.below(6):
        case 0 | 1 | 2:
            return [{"return": given}]
        case 3:
            return [{"let": {"answer": {"interrupt": name}}}, {"return": given}]
        case 4:
            return [{"return": {"command": {"update": given}}}]
        case _:
            return [{"return": None}]
