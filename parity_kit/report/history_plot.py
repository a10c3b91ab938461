"""Speed over runs, drawn: a line a candidate, with its intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity_kit.bench.statistics import MARGIN
from parity_kit.report.growth_plots import LEAST_APART, named
from parity_kit.report.speed_plots import WIDTH, Series, ratio_scale, strokes
from parity_kit.report.svg import BAND, SOFT, drawn

Line = tuple[str, int, Sequence[tuple[int, tuple[float, float, float]]]]
"""A candidate's name, its place, and its ratio with the ends of its interval, by run."""

_LEFT, _RIGHT, _BOTTOM, _HEIGHT = 0.6, 2.1, 0.45, 2.9


def speeds(name: str, lines: Sequence[Line], runs: int) -> str:
    """Return each candidate's speed over the runs."""
    height = max(_HEIGHT, LEAST_APART * len(lines) + 0.7)

    def paint(figure: Any) -> None:
        box = (_LEFT / WIDTH, _BOTTOM / height, 1 - (_LEFT + _RIGHT) / WIDTH, 1 - 0.6 / height)
        axes = figure.add_axes(box)
        axes.set_yscale("log")
        axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, linewidth=0)
        axes.axhline(1, color=SOFT, linewidth=1)
        for label, place, points in lines:
            engine = Series(label, [], place)
            axes.plot(
                [at for at, _ in points],
                [ratio for _, (ratio, _, _) in points],
                color=engine.colour,
                marker=engine.marker,
                markersize=5,
                linewidth=1.5,
            )
            strokes(axes, [((at, low), (at, high)) for at, (_, low, high) in points],
                    color=engine.colour, linewidth=1.5)  # fmt: skip
        ratio_scale(axes, "y")
        axes.set_xlim(-0.3, runs - 0.7)
        axes.set_xticks(range(runs), [str(number + 1) for number in range(runs)])
        axes.set_xlabel("run, as numbered in the table")
        ends = [(Series(label, [], at), points[-1][1][0], label) for label, at, points in lines]
        named(axes, ends, height - 0.6)

    return drawn(name, WIDTH, height, paint)
