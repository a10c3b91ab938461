"""A graph program being generated: its parts so far, and the instructions of its bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from parity_kit.contract.plain import Plain
from parity_kit.search.choices import Choices
from parity_kit.search.generate.roots import root_value

FIELDS: dict[str, dict[str, Plain]] = {
    "n": {"type": "int"},
    "log": {"type": "list", "reducer": "add"},
    "sum": {"type": "int", "reducer": "add"},
    "best": {"type": "int", "reducer": "max"},
    "bag": {"type": "dict", "reducer": "merge"},
    "topic": {"type": "int", "channel": {"class": "Topic"}},
    "brief": {"type": "int", "channel": {"class": "EphemeralValue", "guard": False}},
    "any": {"type": "int", "channel": {"class": "AnyValue"}},
    "update": {"type": "int"},
    "type": {"type": "int", "reducer": "add"},
    "local": {"type": "int", "channel": {"class": "UntrackedValue", "guard": False}},
    "trail": {
        "type": "list",
        "channel": {"class": "DeltaChannel", "reducer": "add", "snapshot_frequency": 2},
    },
}
ALWAYS = ("n", "log")
KEYS = ("z", "x", "value", "type", "update", "lc")
"""Keys of a map; some are those of the maps that LangGraph stores."""
EXTRA = tuple(name for name in FIELDS if name not in ALWAYS)
_LISTS = {"log", "trail"}
_ERRORS = ("ValueError", "ConnectionError", "KeyError", "RuntimeError", "TimeoutError")


@dataclass(slots=True)
class Draft:
    """A program being generated; `parts` holds the keys that not every shape generates."""

    choices: Choices
    nodes: tuple[str, ...]
    fields: list[str]
    depth: int = 0
    bodies: dict[str, list[Plain]] = field(default_factory=dict[str, list[Plain]])
    extras: dict[str, dict[str, Plain]] = field(default_factory=dict[str, dict[str, Plain]])
    edges: list[Plain] = field(default_factory=list[Plain])
    branches: dict[str, list[Plain]] = field(default_factory=dict[str, list[Plain]])
    state: dict[str, Plain] = field(default_factory=dict[str, Plain])
    parts: dict[str, Any] = field(default_factory=dict[str, Any])

    def node(self, name: str) -> dict[str, Plain]:
        """Return the mutable settings of a node, apart from its body."""
        return self.extras.setdefault(name, {})

    def targets(self) -> list[str]:
        """Return the nodes, last first: an edge forwards is simpler than one backwards."""
        return list(self.nodes[::-1])

    def finished(self) -> dict[str, Any]:
        """Return the program."""
        return {
            "state": {name: FIELDS[name] for name in self.fields} | self.state,
            "nodes": {
                # A node that is a subgraph has no body.
                name: (
                    self.extras.get(name, {})
                    if "subgraph" in self.extras.get(name, {})
                    else {"body": self.bodies[name], **self.extras.get(name, {})}
                )
                for name in self.nodes
            },
            "edges": self.edges,
            "branches": self.branches,
            **self.parts,
        }


def value(choices: Choices, name: str) -> Plain:
    """Return a literal that suits a field."""
    if name in _LISTS:
        return choices.repeat(lambda: choices.below(10), 1, 2)
    if name == "bag":
        return {key: choices.below(10) for key in choices.some(KEYS, 2)}
    return choices.below(10)


def update(choices: Choices, program: dict[str, Any]) -> Plain:
    """Return an input: `n`, and perhaps other fields; a value where the state has no fields."""
    if "__root__" in program["state"]:
        return root_value(choices, program["state"]["__root__"]["type"])
    others = [name for name in program["state"] if name in FIELDS and name != "n"]
    return {name: value(choices, name) for name in ("n", *choices.some(others, 2))}


def body(draft: Draft, node: str) -> list[Plain]:
    """Return a body of up to two instructions."""
    choices, made = draft.choices, list[Plain]()
    for _ in range(choices.below(3)):
        kind = choices.below(12)
        if kind == 11:  # noqa: PLR2004  # one of twelve
            made += ask(node)
        elif kind == 10:  # noqa: PLR2004  # one of twelve
            made.append(failure(draft, node))
        else:
            made.append(_write(draft, node))
    return made


def ask(node: str, name: str = "got") -> list[Plain]:
    """Return an interrupt whose answer is written."""
    question: Plain = {"interrupt": {"join": [node, name, {"get": "k"}]}}
    return [{"let": {name: question}}, {"write": {"log": [{"join": [node, {"var": name}]}]}}]


def failure(draft: Draft, node: str) -> Plain:
    """Return a failure that ends when the log has grown, or after so many visits."""
    choices = draft.choices
    count: Plain = {"visits": None} if choices.chance() else {"len": {"get": "log"}}
    return {"when": [{"lt": [count, choices.below(4)]}, [trouble(draft, node)]]}


def trouble(draft: Draft, node: str) -> Plain:
    """Return an instruction that raises."""
    return {"raise": {"type": draft.choices.pick(_ERRORS), "message": f"{node} failed"}}


def route(draft: Draft, targets: list[str]) -> Plain:
    """Return where a branch or a command goes."""
    choices = draft.choices
    kind, first, second = choices.below(3), choices.pick(targets), choices.pick(targets)
    if kind == 0:
        return first
    if kind == 1:
        return {"if": [{"lt": [{"len": {"get": "log"}}, 3]}, first, second]}
    return [first, second] if first != second else [first]


def packets(draft: Draft, target: str) -> Plain:
    """Return packets for a node."""
    return {"send": {"to": target, "each": {"range": draft.choices.below(4)}, "as": "k"}}


def _expression(draft: Draft, name: str, node: str) -> Plain:
    """Return an expression that suits a field: a literal, or one that reads the state."""
    choices = draft.choices
    kind = choices.below(5)
    if kind == 0:
        return value(choices, name)
    if name in _LISTS:
        plain: Plain = [node, {"join": [node, {"get": "k"}]}, {"len": {"get": "log"}}][:kind]
        return {"overwrite": plain} if kind == 4 and choices.chance() else plain  # noqa: PLR2004  # the rarest of five
    if name == "bag":
        return {"lit": {node: kind}}
    return {"add": [{"if": [{"get": "n"}, {"get": "n"}, 0]}, kind]}


def _write(draft: Draft, node: str) -> Plain:
    # Writing one LastValue field from two nodes of a superstep is an error worth seeing, not often.
    fields = ["log", *(name for name in draft.fields if name != "log")]
    chosen = draft.choices.some(fields, 2)
    return {"write": {name: _expression(draft, name, node) for name in chosen}}
