"""Small graph programs, with shapes and traits that engines get wrong.

LangGraph compiles all of them: every node is known, and START has an edge. The first node
always runs first.
"""

from __future__ import annotations

from typing import Any

from parity_kit.programs.model import START
from parity_kit.search.choices import Choices
from parity_kit.search.generate.drafts import ALWAYS, EXTRA, Draft, body
from parity_kit.search.generate.shapes import SHAPES
from parity_kit.search.generate.traits import TRAITS, asking, called, nested

_NODES = (
    (("a", "b", "c", "d"), ("d", "b", "c", "a"), ("value", "step", "source", "goto")),
    (("x", "y", "z"), ("z", "value", "x")),
    (("p", "q"),),
)
"""Names of nodes, by the nesting depth of their graph; some are unsorted, or keys elsewhere."""


def program(choices: Choices, depth: int = 0) -> dict[str, Any]:
    """Return a program; `depth` is the number of graphs around it."""
    names = _NODES[depth][max(0, choices.below(3 * len(_NODES[depth])) - 2 * len(_NODES[depth]))]
    shape = choices.pick([shape for shape in SHAPES if shape.least <= len(names)])
    nodes = names[: max(shape.least, 1 + choices.below(len(names)))]
    draft = Draft(choices, nodes, [*ALWAYS, *choices.some(EXTRA, 2)], depth)
    for name in nodes:
        draft.bodies[name] = body(draft, name)
    draft.edges.append([START, nodes[0]])
    shape.draw(draft)
    for trait in choices.some(TRAITS, 3 - depth):
        trait(draft)
    if depth and choices.chance(2):
        asking(draft)
    for name in ("interrupt_before", "interrupt_after"):
        if choices.chance(9):
            draft.parts[name] = "*" if choices.chance(2) else choices.some(nodes, 2, 1)
    if depth + 1 < len(_NODES) and choices.chance(3 + 4 * depth):
        add = called if choices.chance(2) else nested
        add(draft, program(choices, depth + 1))
    return draft.finished()
