"""The performance plot: ratios with their intervals, as inline SVG.

matplotlib draws; what it writes is then reduced to plain SVG elements. Its style attributes become
presentation attributes, because a strict content-security policy forbids the former, and its
colours become classes, so that the page's style sheet decides them for light and dark.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from parity_kit.bench.statistics import MARGIN

_INK, _FAINT, _BAND, _QUIET = "#010203", "#020304", "#030405", "#040506"
_CLASSES = {_INK: "ink", _FAINT: "faint", _BAND: "band", _QUIET: "quiet"}
_MARKERS = "osD^vPX"
SERIES = len(_MARKERS)
"""How many series have a colour and a shape of their own; more share them again."""

_ROW_INCHES = 0.2
_HEAD_INCHES = 1.0
_WIDTH_INCHES = 8.2
_DECISIVE = {"faster", "slower", "equivalent"}
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Series:
    """One engine's rows: what the legend calls it, and its workloads as in `report.json`.

    A quiet series (the control) is drawn in grey, not in a candidate's colour.
    """

    label: str
    rows: Sequence[Mapping[str, Any]]
    quiet: bool = False


def performance_svg(series: Sequence[Series]) -> str:
    """Return the plot as an SVG element, or nothing where no ratio was measured."""
    names = list(
        dict.fromkeys(
            row["workload"] for each in series for row in each.rows if row["ratio"] is not None
        )
    )
    if not names:
        return ""
    import matplotlib  # noqa: ICN001, PLC0415  # heavy, and only needed here, under its own name
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415  # the same
    from matplotlib.figure import Figure  # noqa: PLC0415  # the same

    # Its own types for the names of settings are too strict for a plain dictionary of them.
    mpl: Any = matplotlib

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "parity-kit",
        "text.parse_math": False,  # a candidate's name is text, whatever it holds
        "font.size": 11,
    }
    with mpl.rc_context(settings):
        height = _HEAD_INCHES + _ROW_INCHES * len(names) * (len(series) + 1)
        figure: Any = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
        FigureCanvasSVG(figure)
        _draw(figure.add_subplot(), series, names)
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            # Text stays text: matplotlib's own fonts need not hold the letters of a name.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _plain_svg(buffer.getvalue(), len(series))


def _draw(axes: Any, series: Sequence[Series], names: Sequence[str]) -> None:
    axes.set_xscale("log")
    axes.axvspan(1 / (1 + MARGIN), 1 + MARGIN, color=_BAND, linewidth=0)
    axes.axvline(1, color=_FAINT, linewidth=1)
    for index, each in enumerate(series):
        _points(axes, each, index, len(series), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    for line in range(1, len(names)):
        axes.axhline(line - 0.5, color=_BAND, linewidth=1)
    _scale(axes)
    axes.set_xlabel("← slower · times LangGraph's speed · faster →")
    axes.tick_params(colors=_INK, length=3)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.label.set_color(_INK)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=2,
        frameon=False,
        labelcolor=_INK,
        borderaxespad=0,
        handletextpad=0.2,
    )


def _points(axes: Any, series: Series, index: int, total: int, names: Sequence[str]) -> None:
    colour = _QUIET if series.quiet else _colour(index)
    marker = "|" if series.quiet else _MARKERS[index % SERIES]
    axes.plot([], [], color=colour, marker=marker, linestyle="none", label=series.label)
    for row in series.rows:
        if row["ratio"] is None:
            continue
        place = names.index(row["workload"]) + (index + 1) / (total + 1) - 0.5
        axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2)
        decisive = row["verdict"] in _DECISIVE
        axes.plot(
            [row["ratio"]],
            [place],
            color=colour,
            marker=marker,
            markersize=7,
            markerfacecolor=colour if decisive else "none",
            linestyle="none",
        )


def _scale(axes: Any) -> None:
    """Put ticks at 1, 2, 5 and their tenfolds, and leave room around the points."""
    low, high = axes.get_xlim()
    low, high = min(low, 0.8), max(high, 1.25)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])  # noqa: RUF001  # people read it
    axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)


def _colour(index: int) -> str:
    """Return the stand-in colour of a series; `_plain_svg` makes it a class."""
    return f"#f0f0{index % SERIES:02x}"


def _plain_svg(data: bytes, series: int) -> str:
    root = ET.fromstring(data)  # noqa: S314  # written by matplotlib a moment ago
    classes = _CLASSES | {_colour(index): f"s{index % SERIES}" for index in range(series)}
    for element in root.iter():
        for child in [each for each in element if _local(each.tag) in {"metadata", "style"}]:
            element.remove(child)
        element.tag = _local(element.tag)
        _attributes(element, classes)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update(
        {
            "viewBox": box,
            "class": "plot",
            "role": "img",
            "aria-label": "Ratios of reference time to candidate time, by workload; the table "
            "below holds the same figures.",
        }
    )
    return ET.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """Return a name without its namespace; HTML's parser knows SVG by itself."""
    return name.rpartition("}")[2]


def _attributes(element: ET.Element, classes: Mapping[str, str]) -> None:
    found: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name != "style":
            found[_local(name)] = value
            continue
        for part in value.split(";"):
            key, _, setting = part.partition(":")
            if setting and key.strip() != "font-family":
                found[key.strip()] = setting.strip()
    named = [
        f"{key}-{classes[found.pop(key)]}"
        for key in ("fill", "stroke")
        if found.get(key, "") in classes
    ]
    if named:
        found["class"] = " ".join(named)
    element.attrib.clear()
    element.attrib.update(found)
