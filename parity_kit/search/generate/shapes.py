"""How nodes are connected: shapes that engines get wrong, the simplest first."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from parity_kit.contract.plain import Plain
from parity_kit.programs.model import END
from parity_kit.search.generate.drafts import Draft, ask, failure, packets, route


def _free(draft: Draft) -> None:
    """Any edges forwards; branches anywhere; a join, a deferred node, a node that sends."""
    choices, nodes = draft.choices, draft.nodes
    for index, node in enumerate(nodes):
        later = [*nodes[index + 1 :], END]
        if choices.chance(3):
            draft.branches[node] = [route(draft, [END, *draft.targets()])]
        else:
            draft.edges += [[node, target] for target in choices.some(later, 2, 1)]
        if choices.chance(7):
            draft.node(node)["defer"] = True
    joins = nodes[1:]
    if len(joins) >= 3 and choices.chance():  # noqa: PLR2004  # two sources and a target
        draft.edges.append([list(joins[:2]), joins[2]])


def _asking(draft: Draft) -> None:
    """Parallel nodes that ask, some twice, before or after a write."""
    choices, (first, *others) = draft.choices, draft.nodes
    for name in others:
        draft.edges += [[first, name], [name, END]]
        draft.bodies[name] = [*draft.bodies[name], *ask(name)]
        if choices.chance(2):
            draft.bodies[name] += ask(name, "more")
        if choices.chance(5):
            draft.bodies[name].append(failure(draft, name))


def _failing(draft: Draft) -> None:
    """Parallel nodes, one of which fails at first; the writes of the others are kept."""
    choices, (first, *others) = draft.choices, draft.nodes
    failing = choices.pick(others)
    for name in others:
        draft.edges += [[first, name], [name, END]]
    draft.bodies[failing] = [failure(draft, failing), *draft.bodies[failing]]
    if choices.chance():
        asking = choices.pick(others)
        draft.bodies[asking] = [*ask(asking), *draft.bodies[asking]]


def _scattering(draft: Draft) -> None:
    """A node that sends packets to another, which may go on to a third."""
    choices, (first, target, *others) = draft.choices, draft.nodes
    draft.branches[first] = [packets(draft, target)]
    if choices.chance(2):
        draft.bodies[target] = [*ask(target), *draft.bodies[target]]
    if choices.chance(3):
        draft.bodies[target] = [*draft.bodies[target], failure(draft, target)]
    last = target
    for name in others:
        draft.edges.append([last, name])
        if choices.chance(2):
            draft.node(name)["defer"] = True
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
    """Branches of unequal length that meet in a deferred node or a join."""
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
        draft.node(last)["defer"] = True
    if choices.chance(2):
        draft.branches[last] = [route(draft, [END, *middle])]
    else:
        draft.edges.append([last, END])


@dataclass(frozen=True, slots=True)
class Shape:
    """A way to connect nodes, and the number of nodes it needs."""

    draw: Callable[[Draft], None]
    least: int


SHAPES = (
    Shape(_free, 1),
    Shape(_free, 1),
    Shape(_looping, 1),
    Shape(_scattering, 2),
    Shape(_asking, 3),
    Shape(_failing, 3),
    Shape(_meeting, 3),
)
