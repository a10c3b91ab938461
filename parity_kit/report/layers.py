"""A layered layout: nodes in columns, each to the right of those that lead to it.

Deterministic, in plain Python: cycles are cut by a depth-first walk in the order of declaration,
columns follow the longest path, and the order within a column follows the neighbours' middle.
An edge that spans several columns passes each at a place of its own, so that it crosses no node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: columns of places, and the places each edge passes, by its ends.

    A place is a node's name, or for a passing edge the edge and the column. `back` holds the edges
    that lead back.
    """

    columns: tuple[tuple[object, ...], ...]
    routes: dict[tuple[str, str], tuple[object, ...]]
    back: frozenset[tuple[str, str]]


def layered(nodes: Sequence[str], edges: Sequence[tuple[str, str]], start: str) -> Layout:
    """Return the layout of a graph whose first node is `start`."""
    ahead = {node: [b for a, b in edges if a == node and a != b] for node in nodes}
    back = _cycles([start, *nodes], ahead)
    forward = [(a, b) for a, b in edges if a != b and (a, b) not in back]
    column = _columns(nodes, forward)
    places: list[list[object]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for node in nodes:
        places[column[node]].append(node)
    routes: dict[tuple[str, str], tuple[object, ...]] = {}
    for a, b in forward:
        passed = [((a, b), at) for at in range(column[a] + 1, column[b])]
        for place in passed:
            places[place[1]].append(place)
        routes[a, b] = (a, *passed, b)
    _order(places, routes)
    return Layout(tuple(map(tuple, places)), routes, frozenset(back))


def _cycles(nodes: Sequence[str], ahead: dict[str, list[str]]) -> set[tuple[str, str]]:
    """Return the edges without which nothing leads back."""
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for first in nodes:
        if first in done:
            continue
        path = [(first, iter(ahead[first]))]
        open_ = {first}
        while path:
            node, left = path[-1]
            for following in left:
                if following in open_:
                    back.add((node, following))
                elif following not in done:
                    path.append((following, iter(ahead[following])))
                    open_.add(following)
                    break
            else:
                path.pop()
                open_.discard(node)
                done.add(node)
    return back


def _columns(nodes: Sequence[str], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return each node's column: the length of the longest path to it."""
    column = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = False
        for a, b in forward:
            if column[b] <= column[a]:
                column[b] = column[a] + 1
                moved = True
        if not moved:
            break
    return column


def _order(places: list[list[object]], routes: dict[tuple[str, str], tuple[object, ...]]) -> None:
    """Sort each column by the middle of its neighbours in the column before, then after."""
    before: dict[object, list[object]] = {}
    after: dict[object, list[object]] = {}
    for route in routes.values():
        for a, b in pairwise(route):
            before.setdefault(b, []).append(a)
            after.setdefault(a, []).append(b)
    for sweep in range(_SWEEPS):
        near = after if sweep % 2 else before
        for column in reversed(places) if sweep % 2 else places:
            at = {place: index for column_ in places for index, place in enumerate(column_)}
            column.sort(
                key=lambda place: _middle(
                    [at[column_] for column_ in near.get(place, ())], at[place]
                )
            )


def _middle(places: list[int], own: int) -> float:
    return sum(places) / len(places) if places else own
