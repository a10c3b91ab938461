"""Growth drawn: time over size with its exponents, and the memory that engines hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from parity_kit.report.speed_plots import WIDTH, Series, dots, strokes, time_scale
from parity_kit.report.svg import QUIET, SOFT, drawn

_MIB = 1024 * 1024
_LETTER = 0.074
LEAST_APART = 0.16
"""Inches between the names of two lines."""


def slopes(
    name: str, panels: Mapping[str, Sequence[tuple[Series, Sequence[tuple[int, float]], str]]]
) -> str:
    """Return a panel a series: each engine's time over size, its exponent at the line's end."""
    most = max(len(lines) for lines in panels.values())
    height = max(2.6, LEAST_APART * most + 0.9)
    panel_width = WIDTH / len(panels)
    longest = max(len(f"{line.short} {end}") for lines in panels.values() for line, _, end in lines)
    right = 0.068 * longest + 0.2

    def paint(figure: Any) -> None:
        for at, (title, lines) in enumerate(panels.items()):
            box = (
                (at * panel_width + 0.6) / WIDTH,
                0.5 / height,
                (panel_width - 0.6 - right) / WIDTH,
                1 - 0.85 / height,
            )
            _slope(figure.add_axes(box), title, lines, height - 0.85)

    return drawn(name, WIDTH, height, paint)


def _slope(
    axes: Any,
    title: str,
    lines: Sequence[tuple[Series, Sequence[tuple[int, float]], str]],
    inches: float,
) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = sorted({size for _, points, _ in lines for size, _ in points})
    times = [time for _, points, _ in lines for _, time in points]
    for series, points, _ in lines:
        axes.plot(
            [size for size, _ in points],
            [time for _, time in points],
            color=series.colour,
            marker=None if series.quiet else series.marker,
            markersize=5,
            linewidth=3 if series.quiet else 1.5,
        )
    time_scale(axes, times, "y")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel(title)
    axes.set_title("time of one run", pad=6)
    named(
        axes,
        [(series, points[-1][1], f"{series.short} {label}") for series, points, label in lines],
        inches,
    )


def named(axes: Any, ends: Sequence[tuple[Series, float, str]], inches: float) -> None:
    """Name lines where they end on a log axis of so many inches, moved apart where those are close.

    Where the highest would leave the panel they are moved down as far as need be.
    """
    low, high = (math.log(limit) for limit in axes.get_ylim())
    step = LEAST_APART / inches
    placed: list[float] = []
    ordered = sorted(ends, key=lambda end: end[1])
    for _, value, _ in ordered:
        place = (math.log(value) - low) / (high - low)
        placed.append(max(place, placed[-1] + step) if placed else place)
    for at, (engine, _, name) in enumerate(ordered):
        place = min(placed[at], 1 - (len(ordered) - 1 - at) * step)
        axes.text(
            1.04,
            place,
            name,
            color=SOFT if engine.quiet else engine.colour,
            transform=axes.transAxes,
            va="center",
            fontsize=9,
        )


def memory(name: str, engines: Sequence[tuple[Series, int, Sequence[int]]]) -> str:
    """Return each engine's resident memory: before any workload, and at the height of each."""
    left = _LETTER * max(len(engine.short) for engine, _, _ in engines) + 0.15
    height = 0.24 * len(engines) + 0.6

    def paint(figure: Any) -> None:
        axes = figure.add_axes(
            (left / WIDTH, 0.5 / height, 1 - left / WIDTH - 0.05, 1 - 0.55 / height)
        )
        for place, (engine, idle, heights) in enumerate(engines):
            most = max(heights)
            axes.plot([idle / _MIB, most / _MIB], [place, place], color=QUIET, linewidth=1)
            before = ((idle / _MIB, place - 0.35), (idle / _MIB, place + 0.35))
            strokes(axes, [before], color=engine.colour, linewidth=1.5)
            points = [(height / _MIB, place) for height in heights]
            dots(axes, points, color=engine.colour, linewidth=5)
        axes.set_yticks(range(len(engines)), [engine.short for engine, _, _ in engines])
        axes.set_ylim(len(engines) - 0.5, -0.5)
        axes.set_xlim(0, None)
        axes.set_xlabel("MiB of resident memory")
        axes.spines["left"].set_visible(False)  # matplotlib's own argument

    return drawn(name, WIDTH, height, paint)
