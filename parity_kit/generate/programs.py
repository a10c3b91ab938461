"""Graph programs: small ones, of shapes in which engines go wrong.

Every program is one that LangGraph compiles: each node known, and an edge out of START. The
simplest shape comes first, and node `a` is always the first to run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from parity_kit.choices import Choices
from parity_kit.plain import Plain
from parity_kit.programs.model import END, START

FIELDS: dict[str, dict[str, Plain]] = {
    "n": {"type": "int"},
    "log": {"type": "list", "reducer": "add"},
    "sum": {"type": "int", "reducer": "add"},
    "best": {"type": "int", "reducer": "max"},
    "bag": {"type": "dict", "reducer": "merge"},
    "topic": {"type": "int", "channel": {"class": "Topic"}},
    "brief": {"type": "int", "channel": {"class": "EphemeralValue", "guard": False}},
    "any": {"type": "int", "channel": {"class": "AnyValue"}},
    "local": {"type": "int", "channel": {"class": "UntrackedValue", "guard": False}},
}
_ALWAYS = ("n", "log")
_EXTRA = tuple(name for name in FIELDS if name not in _ALWAYS)
_NODES = ("a", "b", "c", "d")


@dataclass(slots=True)
class Draft:
    """A program being drawn."""

    choices: Choices
    nodes: tuple[str, ...]
    fields: list[str]
    bodies: dict[str, list[Plain]] = field(default_factory=dict[str, list[Plain]])
    deferred: set[str] = field(default_factory=set[str])
    edges: list[Plain] = field(default_factory=list[Plain])
    branches: dict[str, list[Plain]] = field(default_factory=dict[str, list[Plain]])

    def finished(self) -> dict[str, Any]:
        """Return the program."""
        return {
            "state": {name: FIELDS[name] for name in self.fields},
            "nodes": {
                name: {"body": self.bodies[name]}
                | ({"defer": True} if name in self.deferred else {})
                for name in self.nodes
            },
            "edges": self.edges,
            "branches": self.branches,
        }


def program(choices: Choices) -> dict[str, Any]:
    """Return a program."""
    shape = choices.pick(_SHAPES)
    size = max(shape.least, 1 + choices.below(len(_NODES)))
    nodes = _NODES[:size]
    draft = Draft(choices, nodes, [*_ALWAYS, *choices.some(_EXTRA, 2)])
    for name in nodes:
        draft.bodies[name] = _body(draft, name)
    draft.edges.append([START, nodes[0]])
    shape.draw(draft)
    made = draft.finished()
    for name in ("interrupt_before", "interrupt_after"):
        if choices.chance(9):
            made[name] = "*" if choices.chance(2) else choices.some(nodes, 2, 1)
    return made


def value(choices: Choices, name: str) -> Plain:
    """Return a literal that suits a field."""
    if name == "log":
        return choices.repeat(lambda: choices.below(10), 1, 2)
    if name == "bag":
        return {key: choices.below(10) for key in choices.some("xyz", 2)}
    return choices.below(10)


def update(choices: Choices, program: dict[str, Any]) -> Plain:
    """Return an input: `n`, and perhaps other fields."""
    others = [name for name in program["state"] if name != "n"]
    return {name: value(choices, name) for name in ("n", *choices.some(others, 2))}


def _expression(draft: Draft, name: str, node: str) -> Plain:
    """Return an expression that suits a field: a literal, or one that reads the state."""
    choices = draft.choices
    kind = choices.below(5)
    if kind == 0:
        return value(choices, name)
    if name == "log":
        plain: Plain = [node, {"join": [node, {"get": "k"}]}, {"len": {"get": "log"}}][:kind]
        return {"overwrite": plain} if kind == 4 and choices.chance() else plain  # noqa: PLR2004  # the rarest of five
    if name == "bag":
        return {"lit": {node: kind}}
    return {"add": [{"if": [{"get": "n"}, {"get": "n"}, 0]}, kind]}


def _write(draft: Draft, node: str) -> Plain:
    # Writing one LastValue field from two nodes of a superstep is an error worth seeing, not often.
    fields = ["log", *(each for each in draft.fields if each != "log")]
    chosen = draft.choices.some(fields, 2)
    return {"write": {name: _expression(draft, name, node) for name in chosen}}


def _body(draft: Draft, node: str) -> list[Plain]:
    choices, body = draft.choices, list[Plain]()
    for _ in range(choices.below(3)):
        kind = choices.below(12)
        if kind == 11:  # noqa: PLR2004  # one of twelve
            body += _ask(node)
        elif kind == 10:  # noqa: PLR2004  # one of twelve
            body.append(_failure(draft, node))
        else:
            body.append(_write(draft, node))
    return body


def _ask(node: str, name: str = "got") -> list[Plain]:
    """Return an interrupt whose answer is written."""
    question: Plain = {"interrupt": {"join": [node, name, {"get": "k"}]}}
    return [{"let": {name: question}}, {"write": {"log": [{"join": [node, {"var": name}]}]}}]


def _failure(draft: Draft, node: str) -> Plain:
    """Return a failure that ends when the log has grown."""
    trouble: Plain = {"raise": {"type": "ValueError", "message": f"{node} failed"}}
    guard: Plain = {"lt": [{"len": {"get": "log"}}, draft.choices.below(4)]}
    return {"when": [guard, [trouble]]}


def _route(draft: Draft, targets: Sequence[str]) -> Plain:
    choices = draft.choices
    kind, first, second = choices.below(3), choices.pick(targets), choices.pick(targets)
    if kind == 0:
        return first
    if kind == 1:
        return {"if": [{"lt": [{"len": {"get": "log"}}, 3]}, first, second]}
    return [first, second] if first != second else [first]


def _free(draft: Draft) -> None:
    """Any edges forwards; branches anywhere; a join, a deferred node, a node that sends."""
    choices, nodes = draft.choices, draft.nodes
    for index, node in enumerate(nodes):
        later = [*nodes[index + 1 :], END]
        if choices.chance(3):
            draft.branches[node] = [_route(draft, [END, *reversed(nodes)])]
        else:
            draft.edges += [[node, target] for target in choices.some(later, 2, 1)]
        if choices.chance(7):
            draft.deferred.add(node)
    joins = nodes[1:]
    if len(joins) >= 3 and choices.chance():  # noqa: PLR2004  # two sources and a target
        draft.edges.append([list(joins[:2]), joins[2]])


def _asking(draft: Draft) -> None:
    """Parallel nodes that ask, some twice, before or after a write."""
    choices, (first, *others) = draft.choices, draft.nodes
    for name in others:
        draft.edges += [[first, name], [name, END]]
        draft.bodies[name] = [*draft.bodies[name], *_ask(name)]
        if choices.chance(2):
            draft.bodies[name] += _ask(name, "more")
        if choices.chance(5):
            draft.bodies[name].append(_failure(draft, name))


def _failing(draft: Draft) -> None:
    """Parallel nodes of which one fails at first; what the others wrote is kept."""
    choices, (first, *others) = draft.choices, draft.nodes
    failing = choices.pick(others)
    for name in others:
        draft.edges += [[first, name], [name, END]]
    draft.bodies[failing] = [_failure(draft, failing), *draft.bodies[failing]]
    if choices.chance():
        asking = choices.pick(others)
        draft.bodies[asking] = [*_ask(asking), *draft.bodies[asking]]


def _scattering(draft: Draft) -> None:
    """A node that sends packets to another, which may go on to a third."""
    choices, (first, target, *others) = draft.choices, draft.nodes
    items: Plain = {"range": choices.below(4)}
    draft.branches[first] = [{"send": {"to": target, "each": items, "as": "k"}}]
    if choices.chance(2):
        draft.bodies[target] = [*_ask(target), *draft.bodies[target]]
    if choices.chance(3):
        draft.bodies[target] = [*draft.bodies[target], _failure(draft, target)]
    last = target
    for name in others:
        draft.edges.append([last, name])
        if choices.chance(2):
            draft.deferred.add(name)
        last = name
    draft.edges.append([last, END])
    if others and choices.chance():
        draft.edges.append([first, others[0]])


def _looping(draft: Draft) -> None:
    """A cycle that ends when the log is long, or at the recursion limit."""
    choices, nodes = draft.choices, draft.nodes
    for source, target in itertools.pairwise(nodes):
        draft.edges.append([source, target])
    again = choices.pick(nodes)
    enough: Plain = {"lt": [{"len": {"get": "log"}}, choices.below(7)]}
    draft.branches[nodes[-1]] = [{"if": [enough, again, END]}]
    grower = choices.pick(nodes)
    draft.bodies[grower] = [{"write": {"log": [grower]}}, *draft.bodies[grower]]


def _meeting(draft: Draft) -> None:
    """Branches of unequal length that meet in a deferred node or behind a waiting edge."""
    choices, (first, *middle, last) = draft.choices, draft.nodes
    waiting = choices.chance()
    draft.edges += [[first, name] for name in middle[:1]]
    for source, target in itertools.pairwise(middle):
        draft.edges.append([first if choices.chance() else source, target])
    if waiting:
        draft.edges.append([middle, last])
    else:
        draft.edges += [[name, last] for name in middle]
    if not waiting or choices.chance():
        draft.deferred.add(last)
    if choices.chance(2):
        draft.branches[last] = [_route(draft, [END, *middle])]
    else:
        draft.edges.append([last, END])


@dataclass(frozen=True, slots=True)
class _Shape:
    """A way to connect nodes, and how many it needs."""

    draw: Callable[[Draft], None]
    least: int


_SHAPES = (
    _Shape(_free, 1),
    _Shape(_free, 1),
    _Shape(_looping, 1),
    _Shape(_scattering, 2),
    _Shape(_asking, 3),
    _Shape(_failing, 3),
    _Shape(_meeting, 3),
)
