"""A graph as inline SVG, with the node at which the engines part marked.

Colours and lines are classes: the page's style sheet decides them, in light and dark. Names are a
candidate's or a user's own, and are escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from parity_kit.contract.text import visible
from parity_kit.programs.model import END, START
from parity_kit.report.layers import Layout, layered

_LONGEST = 18  # characters of a name
_LETTER, _PADDING, _HEIGHT = 7.3, 24, 30
_GAP, _ROW, _PASS = 52, 46, 16  # between columns, rows, and for a passing edge
_ENDS = {START: "start", END: "end"}
_RADIUS = 6
_MARGIN = 8


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a place is: its middle, and half its width and height."""

    x: float
    y: float
    w: float
    h: float


def graph_svg(graph: Mapping[str, Any], parted: str, ran: Sequence[str]) -> str:
    """Return a graph's drawing; `parted` names the node that differs, `ran` those that ran."""
    nodes = {node["name"]: node for node in graph["nodes"]}
    edges = {(edge["from"], edge["to"]): edge["is"] for edge in graph["edges"]}
    used = {name for pair in edges for name in pair}
    names = [*([START] if START in used else []), *nodes, *([END] if END in used else [])]
    pairs = [pair for pair in edges if set(pair) <= set(names)]
    layout = layered(names, pairs, names[0])
    boxes = _boxes(layout)
    loops = [pair for pair in pairs if pair[0] == pair[1] or pair in layout.back]
    depth = max((box.y + box.h for box in boxes.values()), default=0)
    drawn = [
        *(
            _forward([boxes[place] for place in layout.routes[pair]], edges[pair])
            for pair in layout.routes
        ),
        *(_backward(boxes, pair, edges[pair], depth, level) for level, pair in enumerate(loops)),
        *(_node(name, boxes[name], nodes.get(name), parted, ran) for name in names),
    ]
    width = max(box.x + box.w for box in boxes.values()) + _MARGIN
    height = depth + _MARGIN + (14 + 10 * len(loops) if loops else 0)
    title = escape(_described(names, nodes, len(edges), parted))
    return (
        f'<svg class="graph" role="img" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}"><title>{title}</title>{"".join(drawn)}</svg>'
    )


def _described(names: Sequence[str], nodes: Mapping[str, Any], edges: int, parted: str) -> str:
    shown = ", ".join(visible(name) for name in names if name in nodes)
    at = f" The engines part at {visible(parted)}." if parted in nodes else ""
    return f"A graph of {len(nodes)} nodes ({shown}) and {edges} edges.{at}"


def _boxes(layout: Layout) -> dict[object, _Box]:
    """Return where each place is: columns side by side, each in the middle of the height."""
    heights = [sum(_height(place) for place in column) for column in layout.columns]
    tallest = max(heights)
    boxes: dict[object, _Box] = {}
    left = float(_MARGIN)
    for column, height in zip(layout.columns, heights, strict=True):
        half = max(_width(place) for place in column) / 2
        y = _MARGIN + (tallest - height) / 2
        for place in column:
            own = _height(place)
            shape = isinstance(place, str) and place not in _ENDS
            box_height = _HEIGHT / 2 if shape else _RADIUS
            boxes[place] = _Box(left + half, y + own / 2, _width(place) / 2, box_height)
            y += own
        left += 2 * half + _GAP
    return boxes


def _height(place: object) -> float:
    return _ROW if isinstance(place, str) else _PASS


def _width(place: object) -> float:
    if not isinstance(place, str):
        return 0
    return 2 * _RADIUS if place in _ENDS else max(44, _LETTER * len(_short(place)) + _PADDING)


def _short(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _forward(boxes: Sequence[_Box], kind: str) -> str:
    first, *middle, last = boxes
    points = [(first.x + first.w, first.y), *((box.x, box.y) for box in middle)]
    end = (last.x - last.w - 5, last.y)
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x, y), (to_x, to_y) in zip(points, [*points[1:], end], strict=True):
        bend = (x + to_x) / 2
        path += f"C{bend:.0f} {y:.0f} {bend:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"
    return _arrow(path, end, "l-5 -4v8z", kind)


def _backward(
    boxes: Mapping[object, _Box], pair: tuple[str, str], kind: str, depth: float, level: int
) -> str:
    """Return an edge that leads back, below everything, or around its own node."""
    a, b = boxes[pair[0]], boxes[pair[1]]
    low = depth + 14 + 10 * level
    shift = 7 if pair[0] == pair[1] else 0
    x, to_x = a.x + shift, b.x - shift
    end = (to_x, b.y + b.h + 5)
    side = -6 if to_x < x else 6
    path = (
        f"M{x:.0f} {a.y + a.h:.0f}V{low - 6:.0f}q0 6 {side} 6"
        f"H{to_x - side:.0f}q{side} 0 {side} -6V{end[1]:.0f}"
    )
    return _arrow(path, end, "l-4 5h8z", kind)


def _arrow(path: str, end: tuple[float, float], head: str, kind: str) -> str:
    tip = {"l-5 -4v8z": (end[0] + 5, end[1]), "l-4 5h8z": (end[0], end[1] - 5)}[head]
    return (
        f'<path class="e {escape(kind)}" d="{path}"/>'
        f'<path class="a" d="M{tip[0]:.0f} {tip[1]:.0f}{head}"/>'
    )


def _node(
    name: str, box: _Box, node: Mapping[str, Any] | None, parted: str, ran: Sequence[str]
) -> str:
    if node is None:
        return (
            f'<circle class="{_ENDS[name]}" cx="{box.x:.0f}" cy="{box.y:.0f}" r="{_RADIUS}"/>'
            f'<text class="end" x="{box.x:.0f}" y="{box.y + 19:.0f}">{_ENDS[name]}</text>'
        )
    marks = (("parted", name == parted), ("ran", name in ran), ("deferred", "deferred" in node))
    classes = " ".join(["n", str(node["is"]), *(mark for mark, holds in marks if holds)])
    left, top = box.x - box.w, box.y - box.h
    sign = "≠ " if name == parted else ""
    stops = "‖ " if node.get("stops") else ""
    return (
        f'<g class="{escape(classes)}"><rect x="{left:.0f}" y="{top:.0f}" width="{2 * box.w:.0f}" '
        f'height="{2 * box.h}" rx="6"/><text x="{box.x:.0f}" y="{box.y + 4:.0f}">'
        f"{sign}{stops}{escape(_short(name))}</text></g>"
    )
