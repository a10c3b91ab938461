"""Drawing with matplotlib, reduced to plain SVG elements that the page's style sheet colours.

What matplotlib writes is made fit for the page. Its style attributes become presentation
attributes, because a strict content-security policy forbids the former; its colours become classes,
so that light, dark, forced colours and print are the style sheet's; text stays text, in the page's
own font; and what repeats (digits nobody sees, groups around one element) goes.
"""

from __future__ import annotations

import io
import itertools
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

INK, SOFT, BAND, QUIET = "#010203", "#020304", "#030405", "#040506"
"""Stand-ins for the page's colours; `_plain` makes them classes."""
MARKERS = "osD^vPX<>ph*"
"""A shape a candidate, so that colour is not needed; with more candidates they come again."""
COLOURS = 7
"""The style sheet's; with more candidates they come again, in another shape."""
FONT_SIZE = 10

_STAND_INS = {INK: "ink", SOFT: "faint", BAND: "band", QUIET: "quiet"}
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "parity-kit",
    "path.simplify": False,
    "text.parse_math": False,  # a candidate's name is text, whatever it holds
    "axes.unicode_minus": False,
    "font.size": FONT_SIZE,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: no search through the system's fonts
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.titlesize": FONT_SIZE,
    "axes.titlelocation": "left",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.labelcolor": INK,
}
_LOOKED_AT = {"fill", "stroke", "stroke-width", "font-size", "text-anchor", "stroke-linecap"}
_USUAL = {
    ("font-size", f"{FONT_SIZE}px"),
    ("stroke-width", "1"),
    ("text-anchor", "start"),
    ("stroke-linecap", "butt"),
}
_NUMBER = re.compile(r"-?\d+\.\d+")
_OWN = {"x", "y", "d", "href", "id", "transform"}
"""What an element does not share with those beside it."""
_ALIKE = 3
_AT = ("x", "y", "d", "transform", "font-size", "stroke-width")


def colour(index: int) -> str:
    """Return the stand-in colour of a candidate, by its place in the report."""
    return f"#f0f0{index % COLOURS:02x}"


def marker(index: int) -> str:
    """Return the shape of a candidate, by its place in the report."""
    return MARKERS[index % len(MARKERS)]


def drawn(name: str, width: float, height: float, paint: Callable[[Any], None]) -> str:
    """Return what `paint` draws on a matplotlib figure, in inches, as an SVG element.

    `name` begins the ids inside; the page names the element by `NAME-title` and `NAME-says`.
    """
    import matplotlib  # noqa: ICN001, PLC0415  # heavy, and only needed here, under its own name
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415  # the same
    from matplotlib.figure import Figure  # noqa: PLC0415  # the same

    # Its own types for the names of settings are too strict for a plain dictionary of them.
    mpl: Any = matplotlib
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # Text stays text: matplotlib's own font need not hold the letters of a name.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure: Any = Figure(figsize=(width, height))
        FigureCanvasSVG(figure)
        paint(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _plain(buffer.getvalue(), name)


def _plain(data: bytes, name: str) -> str:
    root = ET.fromstring(data)  # noqa: S314  # written by matplotlib a moment ago
    classes = dict(_STAND_INS) | {colour(at): f"s{at}" for at in range(COLOURS)}
    box = root.attrib["viewBox"]
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = _attributes(element.attrib, classes)
        element.tail = None
        if element.tag != "text":
            element.text = None
    _share(root, name)
    _reduce(root)
    root.attrib = {
        "viewBox": box,
        "class": "plot",
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "aria-describedby": f"{name}-says",
        "font-size": str(FONT_SIZE),
    }
    return ET.tostring(root, encoding="unicode")


def _share(root: ET.Element, name: str) -> None:
    """Give what is drawn several times a short name, and what all its uses say, once."""
    uses: dict[str, list[ET.Element]] = {}
    for use in root.iter("use"):
        uses.setdefault(use.attrib.pop("href"), []).append(use)
    defined = {f"#{path.attrib['id']}": path for path in root.iter("path") if "id" in path.attrib}
    for number, (target, uses_of) in enumerate(uses.items()):
        looks = [{k: v for k, v in use.attrib.items() if k not in {"x", "y"}} for use in uses_of]
        if all(look == looks[0] for look in looks):
            defined[target].attrib.update(looks[0])
            for use in uses_of:
                use.attrib = {key: use.attrib[key] for key in ("x", "y")}
        defined[target].attrib["id"] = f"{name}-{number}"
        for use in uses_of:
            use.attrib["href"] = f"#{name}-{number}"


def _reduce(parent: ET.Element) -> None:
    """Leave out what draws nothing, and names and groups that say nothing."""
    children: list[ET.Element] = []
    for child in parent:
        if child.tag in {"metadata", "style", "clipPath"} or child.attrib.get("opacity") == "0":
            continue
        if parent.tag != "defs":
            child.attrib.pop("id", None)
        _reduce(child)
        if child.tag in {"g", "defs"} and not len(child):
            continue
        if child.tag == "path" and child.attrib.keys() == {"d", "fill"}:
            continue  # a background: neither filled nor stroked
        if child.tag == "g" and not child.attrib:
            children += list(child)
        else:
            children.append(child)
    parent[:] = _gathered(children)


def _gathered(children: Sequence[ET.Element]) -> list[ET.Element]:
    """Say once what several elements in a row have in common, on a group around them."""
    gathered: list[ET.Element] = []
    for _, alike in itertools.groupby(children, key=_look):
        group = list(alike)
        tag, look = _look(group[0])
        if len(group) < _ALIKE or tag not in {"text", "use", "path"} or not look:
            gathered += group
            continue
        for element in group:
            element.attrib = {key: element.attrib[key] for key in element.attrib.keys() & _OWN}
            element.attrib = dict(sorted(element.attrib.items()))
        gathered.append(ET.Element("g", dict(look)))
        gathered[-1].extend(group)
    return gathered


def _look(element: ET.Element) -> tuple[str, tuple[tuple[str, str], ...]]:
    look = {key: value for key, value in element.attrib.items() if key not in _OWN}
    return element.tag, tuple(sorted(look.items()))


def _local(name: str) -> str:
    """Return a name without its namespace; HTML's parser knows SVG by itself."""
    return name.rpartition("}")[2]


def _attributes(given: Mapping[str, str], classes: Mapping[str, str]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for key, value in given.items():
        local = _local(key)
        if local == "style":
            parts = (part.partition(":") for part in value.split(";"))
            settings = {setting_name.strip(): setting.strip() for setting_name, _, setting in parts}
            settings |= _font(settings.pop("font", ""))
            if settings.get("fill-opacity") == "0":
                settings["fill"] = "none"
            attributes |= {
                setting_name: settings[setting_name]
                for setting_name in settings.keys() & _LOOKED_AT
            }
        elif local != "clip-path" and not value.startswith("rotate(-0"):
            attributes[local] = value
    attributes = {
        key: _short(value) if key in _AT else value for key, value in sorted(attributes.items())
    }
    if "d" in attributes:
        attributes["d"] = _path(attributes["d"])
    named = [
        f"{key}-{classes[attributes.pop(key)]}"
        for key in ("fill", "stroke")
        if attributes.get(key, "") in classes
    ]
    if named:
        attributes["class"] = " ".join(named)
    return {key: value for key, value in attributes.items() if (key, value) not in _USUAL}


def _font(shorthand: str) -> dict[str, str]:
    """Return the size out of `10px 'DejaVu Sans'`; the family is the page's own."""
    size = re.search(r"[\d.]+px", shorthand)
    return {"font-size": size.group()} if size else {}


def _short(value: str) -> str:
    """Return coordinates to a tenth of a point, on one line."""
    rounded = _NUMBER.sub(lambda match: f"{float(match.group()):.1f}".removesuffix(".0"), value)
    return " ".join(rounded.split()).replace("-0 ", "0 ")


def _path(value: str) -> str:
    """Return straight lines in their shortest form: `M1 2H3` for `M 1 2 L 3 2`."""
    if not set(re.findall("[A-Za-z]", value)) <= {"M", "L", "z"}:
        return re.sub(" ?([A-Za-z]) ?", r"\1", value)
    commands: list[str] = []
    at = ("", "")
    for command, x, y in re.findall(r"([MLz]) ?(\S+)? ?([^\sMLz]+)?", value):
        if command != "L":
            commands.append("z" if command == "z" else f"M{x} {y}")
        elif x == at[0]:
            commands.append("h0" if y == at[1] else f"V{y}")
        else:
            commands.append(f"H{x}" if y == at[1] else f"L{x} {y}")
        at = (x, y)
    return "".join(commands)
