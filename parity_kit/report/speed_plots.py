"""Speed drawn: ratios with their whiskers, the pairs as they came, and the spread of the times."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_kit.bench.scaling import kept
from parity_kit.bench.statistics import MARGIN
from parity_kit.contract.events import SEEN_FIELDS
from parity_kit.judging import text
from parity_kit.report.svg import BAND, QUIET, SOFT, colour, drawn, marker

WIDTH = 8.2
"""Inches; the page scales a plot to its column."""
COLUMNS = 3
_LETTER = 0.074
_DECISIVE = {"faster", "slower", "equivalent"}
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_NOTHING = float("nan")
_PAIR, _PRESSURE = SEEN_FIELDS.index("pair"), SEEN_FIELDS.index("cpu_pressure")
_GAP = 0.5
_USUAL = 0.95
"""The share of all pairs that the run chart has room for."""
_LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class Series:
    """One opponent: what the legend calls it, and its workloads as in `report.json`.

    `place` decides its colour and shape. A quiet one (the control) is drawn in grey.
    """

    label: str
    rows: Sequence[Mapping[str, Any]]
    place: int = 0
    quiet: bool = False

    @property
    def colour(self) -> str:
        """The stand-in colour."""
        return QUIET if self.quiet else colour(self.place)

    @property
    def marker(self) -> str:
        """The shape of its points."""
        return "|" if self.quiet else marker(self.place)

    @property
    def short(self) -> str:
        """Its name, cut to what a panel has room for."""
        return text.one_line(self.label, _LONGEST_NAME)


def ratios(name: str, series: Sequence[Series], workloads: Sequence[str]) -> str:
    """Return the headline: each workload's ratio and its interval, with the margin shaded."""
    lines = (len(series) + 2) // 3
    left = _LETTER * max(map(len, workloads)) + 0.15
    row = 0.15 * len(series) + 0.14
    height = row * len(workloads) + 0.2 * lines + 0.65

    def paint(figure: Any) -> None:
        bottom, top = 0.5 / height, 1 - (0.2 * lines + 0.1) / height
        axes = figure.add_axes((left / WIDTH, bottom, 1 - left / WIDTH - 0.01, top - bottom))
        axes.set_xscale("log")
        axes.axvspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, linewidth=0)
        axes.axvline(1, color=SOFT, linewidth=1)
        for index, engine in enumerate(series):
            _points(axes, engine, (index + 1) / (len(series) + 1) - 0.5, workloads)
        axes.set_yticks(range(len(workloads)), workloads)
        axes.set_ylim(len(workloads) - 0.5, -0.5)
        for line in range(1, len(workloads)):
            axes.axhline(line - 0.5, color=BAND, linewidth=1)
        ratio_scale(axes)
        axes.set_xlabel("← slower · times LangGraph's speed · faster →")
        axes.spines["left"].set_visible(False)  # matplotlib's own argument
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-left / (WIDTH - left), 1),
            ncols=3,
            borderaxespad=0,
            handletextpad=0.2,
            columnspacing=1.2,
        )

    return drawn(name, WIDTH, height, paint)


def _points(axes: Any, series: Series, offset: float, workloads: Sequence[str]) -> None:
    rows = [row for row in series.rows if row["ratio"] is not None]
    rows = [row for row in rows if row["workload"] in workloads]
    places = {row["workload"]: workloads.index(row["workload"]) + offset for row in rows}
    spans = [((row["low"], places[row["workload"]]), (row["high"], places[row["workload"]]))
             for row in rows if row["low"] is not None]  # fmt: skip
    strokes(axes, spans, color=series.colour, linewidth=2)
    style = {"color": series.colour, "marker": series.marker, "linestyle": "none", "markersize": 6}
    for decisive in (True, False):
        chosen = [row for row in rows if (row["verdict"] in _DECISIVE) is decisive]
        axes.plot(
            [row["ratio"] for row in chosen],
            [places[row["workload"]] for row in chosen],
            **style,
            markerfacecolor=series.colour if decisive else "none",
        )
    axes.plot([], [], **style, label=series.label)


def ratio_scale(axes: Any, which: str = "x") -> None:
    """Put ticks at 1, 2, 5 and their tenfolds on a log axis, and leave room around the points."""
    low, high = getattr(axes, f"get_{which}lim")()
    low, high = min(low, 0.8), max(high, 1.25)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    labels = [f"{tick:g}×" for tick in ticks]  # noqa: RUF001  # people read it
    getattr(axes, f"set_{which}ticks")(ticks, labels)
    axes.minorticks_off()
    getattr(axes, f"set_{which}lim")(low, high)


def run_chart(name: str, series: Sequence[Series]) -> str:
    """Return a panel an opponent: each pair's distance from its workload's median, in order.

    A few pairs may lie far out: they are drawn hollow, on the edge. Bars below show the share of
    the time in which something waited for a CPU.
    """
    apart = {engine.label: deviations(engine.rows) for engine in series}
    distances = sorted(
        abs(value) for rows in apart.values() for row in rows.values() for value in row.values()
    )
    usual = distances[int(_USUAL * (len(distances) - 1))] if distances else 0.0
    limit = max(1.2 * usual, math.log(1 + 2 * MARGIN))

    def panel(axes: Any, engine: Series) -> None:
        numbers = sorted({number for row in apart[engine.label].values() for number in row})
        axes.axhspan(-math.log(1 + MARGIN) / limit, math.log(1 + MARGIN) / limit, color=BAND)
        axes.axhline(0, color=SOFT, linewidth=1)
        points = [
            (number + 1, value / limit)
            for row in apart[engine.label].values()
            for number, value in sorted(row.items())
        ]
        near = [point for point in points if abs(point[1]) <= 1]
        dots(axes, near, color=engine.colour, linewidth=3)
        beyond = [(x, math.copysign(1, y)) for x, y in points if abs(y) > 1]
        axes.plot(
            *_columns(beyond),
            color=engine.colour,
            marker="o",
            markersize=2.5,
            markerfacecolor="none",
            linestyle="none",
        )
        pressure = pressures(engine.rows)
        bars = [((n + 1, -1.7), (n + 1, -1.7 + 0.6 * share)) for n, share in pressure.items()]
        strokes(axes, bars, color=SOFT, linewidth=4)
        share = math.expm1(limit)
        axes.set_yticks(
            [-1.7, -1, 0, 1], ["load", f"-{1 - 1 / (1 + share):.0%}", "0", f"+{share:.0%}"]
        )
        axes.set_ylim(-1.75, 1.05)
        last = max(numbers, default=0) + 1
        axes.set_xlim(0.5, last + 0.5)
        axes.set_xticks(sorted({1, last}))
        axes.set_title(engine.short, pad=4)

    return _panels(name, series, panel, height=1.25, left=0.55)


def spread(name: str, engines: Sequence[tuple[Series, Sequence[float]]]) -> str:
    """Return the times of every process that ran a workload, a row of strokes an engine."""
    left = _LETTER * max(len(engine.short) for engine, _ in engines) + 0.15
    height = 0.2 * len(engines) + 0.45

    def paint(figure: Any) -> None:
        axes = figure.add_axes(
            (left / WIDTH, 0.4 / height, 1 - left / WIDTH - 0.05, 1 - 0.45 / height)
        )
        axes.set_xscale("log")
        for place, (engine, times) in enumerate(engines):
            strokes(axes, [((t, place - 0.35), (t, place + 0.35)) for t in times],
                     color=engine.colour, linewidth=1)  # fmt: skip
            middle = statistics.median(times)
            thick = [((middle, place - 0.4), (middle, place + 0.4))]
            strokes(axes, thick, color=engine.colour, linewidth=4)
        axes.set_yticks(range(len(engines)), [engine.short for engine, _ in engines])
        axes.set_ylim(len(engines) - 0.5, -0.5)
        time_scale(axes, [time for _, times in engines for time in times])
        axes.spines["left"].set_visible(False)  # matplotlib's own argument

    return drawn(name, WIDTH, height, paint)


def time_scale(axes: Any, times: Sequence[float], which: str = "x") -> None:
    """Put ticks at round times on a log axis, and leave room around the points."""
    low, high = min(times) / 1.15, max(times) * 1.15
    steps = (1, 2, 5) if high / low < 1_000 else (1,)  # noqa: PLR2004  # three decades
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    ticks = [tick for tick in ticks if low <= tick <= high]
    getattr(axes, f"set_{which}ticks")(ticks, [text.seconds(tick) for tick in ticks])
    axes.minorticks_off()
    getattr(axes, f"set_{which}lim")(low, high)


def deviations(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, float]]:
    """Return how far each pair's log ratio lies from its workload's median, by workload."""
    workloads: dict[str, dict[int, float]] = {}
    for row in rows:
        logs = {number: math.log(a / b) for number, (a, b) in kept(row).items()}
        if logs:
            middle = statistics.median(logs.values())
            workloads[row["workload"]] = {number: log - middle for number, log in logs.items()}
    return workloads


def pressures(rows: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Return the median pressure over workloads while each pair ran, where it is known."""
    pairs: dict[int, list[float]] = {}
    for row in rows:
        for pair in row["seen"]:
            if pair[_PRESSURE] is not None:
                pairs.setdefault(pair[_PAIR], []).append(pair[_PRESSURE])
    return {number: statistics.median(shares) for number, shares in sorted(pairs.items())}


def dots(axes: Any, points: Sequence[tuple[float, float]], **style: Any) -> None:
    """Draw points as one path: lines of no length with round ends."""
    strokes(axes, [(point, point) for point in points], solid_capstyle="round", **style)


def strokes(
    axes: Any, spans: Sequence[tuple[tuple[float, float], tuple[float, float]]], **style: Any
) -> None:
    """Draw separate lines as one path."""
    broken = itertools.chain.from_iterable((*span, (_NOTHING, _NOTHING)) for span in spans)
    axes.plot(*_columns(list(broken)), **{"solid_capstyle": "butt", **style})


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _panels(name: str, series: Sequence[Series], panel: Any, *, height: float, left: float) -> str:
    """Return small panels, a few in a row."""
    rows = math.ceil(len(series) / COLUMNS)
    panel_width = WIDTH / COLUMNS
    total = rows * (height + _GAP)

    def paint(figure: Any) -> None:
        for at, one in enumerate(series):
            line, column = divmod(at, COLUMNS)
            top = total - line * (height + _GAP) - 0.25
            box = (
                (column * panel_width + left) / WIDTH,
                (top - height) / total,
                (panel_width - left - 0.15) / WIDTH,
                height / total,
            )
            panel(figure.add_axes(box), one)

    return drawn(name, WIDTH, total, paint)
