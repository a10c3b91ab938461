# ruff: noqa: RUF001  # the signs that people are shown
from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from parity_kit.bench.plan import CONTROL
from parity_kit.judging import text
from parity_kit.report.performance import Performance, Plot, view
from parity_kit.report.svg import colour, marker

HOSTILE = "<svg onload=alert(1)> $\\frac{1}{2}$ 中\x01"
PAIRS = 12


def _row(name: str, ratio: float | None, *, series: str = "", size: int = 0) -> dict[str, Any]:
    ours = 0.001 * (size or 5)
    pairs: list[list[float | None]] = [
        [pair, ours * (1 + pair / 50), ours / (ratio or 1) * (1 + pair / 40), 0.25, int(pair != 3)]
        for pair in range(PAIRS)
    ]
    return {
        "workload": name,
        "verdict": "faster" if ratio else "not comparable",
        "ratio": ratio,
        "low": ratio and ratio / 1.1,
        "high": ratio and ratio * 1.1,
        "series": series,
        "size": size,
        "seen": pairs if ratio else [],
        "memory": {"reference": [80 << 20, 90 << 20], "candidate": [9 << 20, 12 << 20]}
        if ratio
        else {},
    }


def _rows(ratio: float) -> list[dict[str, Any]]:
    return [
        _row("plain", ratio),
        _row("unequal", None),
        *(_row(f"grow-{size}", ratio, series="growing", size=size) for size in (10, 30, 100)),
    ]


def _report(*names: str) -> dict[str, Any]:
    return {
        "run": {"seed": 7},
        "candidates": [_candidate(name) for name in names],
        "control": _rows(1.0),
    }


def _candidate(name: str, *claims: dict[str, Any], engaged: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "benchmarks": _rows(2.0),
        "engagement": {"engaged": engaged},
        "claims": {"source": "https://it", "version": "1", "speed": list(claims)},
    }


def _plots(performance: Performance) -> dict[str, Plot]:
    every = [
        *([performance.ratios] if performance.ratios else []),
        *performance.beside,
        *performance.folded,
    ]
    return {plot.name: plot for plot in every}


@pytest.fixture(scope="module")
def plots() -> dict[str, Plot]:
    return _plots(view(_report("port", HOSTILE)))


def test_each_plot_says_what_it_is_and_has_its_data(plots: dict[str, Plot]) -> None:
    assert list(plots) == [
        "ratios", "growth", "memory", "pairs", "spread-0",
    ]  # fmt: skip
    for name, plot in plots.items():
        root = ET.fromstring(plot.svg)  # noqa: S314  # made a moment ago
        assert plot.title
        assert plot.says
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-labelledby"] == f"{name}-title"
        assert name == "ratios" or plot.tables, "the headline's tables are the rows themselves"
        for table in plot.tables:
            assert {len(row) for row in table.rows} == {len(table.head)}


def test_what_was_not_equal_is_in_no_plot(plots: dict[str, Plot]) -> None:
    assert "plain" in plots["ratios"].svg
    for plot in plots.values():
        assert "unequal" not in plot.svg
        assert not [table for table in plot.tables if "unequal" in {*table.head, table.caption}]


def test_a_growing_workload_is_in_the_plot_of_growth_alone(plots: dict[str, Plot]) -> None:
    assert "grow-10" not in plots["ratios"].svg
    assert "growing" in plots["growth"].svg
    assert "port n^1.00" in plots["growth"].svg
    ((_, series, ours, theirs, apart, pairs, *times), _) = plots["growth"].tables[0].rows
    assert (series, ours, theirs) == ("growing", "1.00 (1.00 to 1.00)", "1.00 (1.00 to 1.00)")
    assert (apart, pairs) == ("0.00 (0.00 to 0.00)", str(PAIRS - 1)), "without the dropped pair"
    assert len(times) == 3


def test_memory_is_shown_before_the_work_and_at_its_peak(plots: dict[str, Plot]) -> None:
    reference, port, _ = plots["memory"].tables[0].rows

    assert reference == ["LangGraph", "80.0", *["90.0"] * 4]
    assert port == ["port", "9.0", *["12.0"] * 4]


def test_a_dropped_pair_has_its_load_and_no_ratio(plots: dict[str, Plot]) -> None:
    table = plots["pairs"].tables[0]
    dropped = table.rows[3]

    assert table.caption.startswith("port: ")
    assert dropped == ["4", "25%", "–", "–", "–", "–"]
    assert "–" not in table.rows[4]
    assert plots["pairs"].tables[-1].caption.startswith(CONTROL)


def test_a_hostile_name_is_text(plots: dict[str, Plot]) -> None:
    for plot in plots.values():
        assert "<svg onload" not in plot.svg
    assert "&lt;svg onload=alert(1)&gt; $\\frac{1}{2}$ 中␁" in plots["ratios"].svg
    assert text.one_line(HOSTILE, 24).replace("<", "&lt;").replace(">", "&gt;") in (
        plots["memory"].svg
    )


def test_a_plot_holds_no_colour_no_style_no_date_and_no_glyph(plots: dict[str, Plot]) -> None:
    for plot in plots.values():
        assert not re.search(r"#[0-9a-f]{6}", plot.svg), "colours are the style sheet's"
        assert not re.search(r"style=|font-family|<metadata|clip-path|DejaVu|\d{4}-\d\d", plot.svg)
        assert set(re.findall(r"<(\w+)", plot.svg)) <= {"svg", "g", "path", "use", "defs", "text"}
        assert len(plot.svg) < 16_000


def test_names_inside_plots_are_used_and_are_no_others(plots: dict[str, Plot]) -> None:
    every = "".join(plot.svg for plot in plots.values())
    names = re.findall(r' id="([^"]+)"', every)

    assert len(names) == len(set(names))
    assert set(names) == set(re.findall(r'href="#([^"]+)"', every))


def test_candidates_with_one_colour_have_another_shape() -> None:
    svg = _plots(view(_report(*(f"port-{number}" for number in range(8)))))["ratios"].svg
    colours = set(re.findall(r"stroke-(s\d)", svg))

    assert colours == {f"s{number}" for number in range(7)}
    assert len({(colour(number), marker(number)) for number in range(12)}) == 12
    assert len({marker(number) for number in range(12)}) == 12


def test_where_nothing_was_measured_there_is_no_plot() -> None:
    assert _plots(view({"run": {"seed": None}, "candidates": [], "control": []})) == {}


def test_a_row_of_before_pairs_were_carried_still_has_its_ratio() -> None:
    rows: list[Any] = [{**_row("plain", 2.0), "seen": [], "memory": {}}]
    candidate = {**_candidate("port"), "benchmarks": rows}
    performance = view({"run": {"seed": 7}, "candidates": [candidate], "control": []})

    assert list(_plots(performance)) == ["ratios"]


@pytest.mark.parametrize(
    ("times", "workloads", "stands"),
    [
        ([1.8, 2.1], ["plain"], "holds"),
        ([1.8, 1.8], ["plain", "grow-10"], "holds"),
        ([2.1, 2.1], ["plain"], "undecided"),
        ([5, 6], ["plain"], "does not hold"),
        ([1.1, 1.2], ["plain"], "holds"),
        ([1.1, 1.2], ["plain", "unequal"], "not comparable"),
        ([1.1, 1.2], ["plain", "elsewhere"], "not measured"),
        ([5, 6], ["elsewhere"], "not measured"),
    ],
)
def test_a_claim_stands_beside_what_was_measured(
    times: list[float], workloads: list[str], stands: str
) -> None:
    claim = {"said": "so fast", "times": times, "workloads": workloads}
    report = {**_report(), "candidates": [_candidate("port", claim)]}
    (shown,) = view(report).claims

    assert (shown.stands, shown.quote) == (stands, "so fast")
    assert [figure.partition(":")[0] for figure in shown.measured] == [
        name for name in workloads if name != "elsewhere"
    ]


def test_of_a_candidate_that_never_drove_no_speed_is_held_against_a_claim() -> None:
    claim = {"said": "so fast", "times": [2, 2], "workloads": ["plain"]}
    report = {**_report(), "candidates": [_candidate("port", claim, engaged=False)]}

    assert view(report).claims[0].stands.startswith("it never drove")
