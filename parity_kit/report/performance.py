"""What the page shows of speed and memory: each plot with a title, what it says, and its data."""

# ruff: noqa: RUF001  # typographic signs are meant: people read them

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from parity_kit.bench.claims import Claim, Quantity, read_claims
from parity_kit.bench.plan import CONTROL
from parity_kit.bench.scaling import growth, kept
from parity_kit.judging import text
from parity_kit.report import claim_text, growth_plots, speed_plots
from parity_kit.report.claims import Answer, Standing, answer
from parity_kit.report.speed_plots import Series

Json = Mapping[str, Any]
_MIB = 1024 * 1024
_LANGGRAPH = "LangGraph"


@dataclass(frozen=True, slots=True)
class Table:
    """Data of a plot: the first cell of a row names it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its title, a sentence or two on how to read it, and its data."""

    name: str
    title: str
    says: str
    svg: Markup
    tables: Sequence[Table] = field(default_factory=list[Table])


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """What is claimed of an engine's speed, what was measured, and how the two stand.

    `candidate` is the one whose figures answer it; it is empty where they are LangGraph's.
    """

    candidate: str
    engine: str
    quote: str
    source: str
    claimed: str
    measured: Sequence[str]
    stands: str
    tone: str


@dataclass(frozen=True, slots=True)
class Performance:
    """The section: the headline's plot, claims, plots beside them, and those folded away."""

    ratios: Plot | None
    claims: Sequence[ClaimRow]
    beside: Sequence[Plot]
    folded: Sequence[Plot]


def view(report: Json) -> Performance:
    """Return the section of a report."""
    series = [
        Series(text.visible(candidate["name"]), candidate["benchmarks"], place)
        for place, candidate in enumerate(report["candidates"])
        if any(row["ratio"] is not None for row in candidate["benchmarks"])
    ]
    control = Series(CONTROL, report["control"], quiet=True)
    return Performance(
        _ratios([*series, control]),
        [*_claims(report)],
        [*_growth(series), *_memory(series)],
        [*_run_chart([*series, control]), *_spreads(series)],
    )


def _plot(name: str, title: str, says: str, drawn: str, *tables: Table) -> Plot:
    # matplotlib escapes the texts that it writes.
    return Plot(name, title, says, Markup(drawn), tables)  # noqa: S704


def _ratios(series: Sequence[Series]) -> Plot | None:
    workloads = _plain(series)
    if not workloads:
        return None
    return _plot(
        "ratios",
        "How many times LangGraph's speed",
        "A mark is the median over pairs, its line the 95 % interval. The shaded band is the "
        "margin of ±5 % in which a difference is of no interest; a hollow mark is inconclusive. "
        "Grey is LangGraph against itself. Workloads that grow stand below.",
        speed_plots.ratios("ratios", series, workloads),
    )


def _claims(report: Json) -> Iterator[ClaimRow]:
    """Yield the published claims that this run measured, then those of its candidates' files."""
    never_drove = {
        candidate["name"]
        for candidate in report["candidates"]
        if candidate["engagement"] is not None and not candidate["engagement"]["engaged"]
    }
    for claim in read_claims():
        answered = answer(claim, [report])
        if answered.figures:
            yield _claim_row(answered)
    for candidate in report["candidates"]:
        for claim in _own_claims(candidate):
            row = _claim_row(answer(claim, [report]))
            if claim.candidate in never_drove:
                stands = "it never drove: this is LangGraph's own speed"
                row = dataclasses.replace(row, stands=stands, tone="unknown")
            yield row


def _own_claims(candidate: Json) -> Iterator[Claim]:
    """Yield the claims of speed in the file that a candidate's manifest names."""
    claims = candidate["claims"]
    for entry in claims["speed"] if claims else ():
        yield Claim(
            claims["version"],
            claims["source"],
            entry["said"],
            Quantity.TIMES,
            *entry["times"],
            workloads=tuple(entry["workloads"]),
            candidate=candidate["name"],
        )


def _claim_row(answered: Answer) -> ClaimRow:
    claim = answered.claim
    return ClaimRow(
        "" if claim.about_langgraph else claim.candidate,
        claim.engine,
        claim.said,
        claim.source.removeprefix("https://"),  # the page names an address, and links to none
        claim_text.claimed(claim),
        [claim_text.measured(claim, figure) for figure in answered.figures],
        answered.standing.value,
        {Standing.HOLDS: "good", Standing.FAILS: "bad"}.get(answered.standing, "unknown"),
    )


def _growth(series: Sequence[Series]) -> Iterator[Plot]:
    panels: dict[str, list[tuple[Series, list[tuple[int, float]], str]]] = {}
    rows: list[list[str]] = []
    sizes = sorted({row["size"] for engine in series for row in engine.rows if row["series"]})
    for title in _series_of(series):
        lines: list[tuple[Series, list[tuple[int, float]], str]] = []
        for engine in series:
            sized = _sized(engine, title)
            measured = growth(sized)
            if measured is None:
                continue
            if not lines:
                lines.append((_reference(), _times(sized, 0), f"n^{measured.reference[0]:.2f}"))
            lines.append((engine, _times(sized, 1), f"n^{measured.candidate[0]:.2f}"))
            rows.append(
                [
                    engine.label,
                    title,
                    *(
                        _exponent(end)
                        for end in (measured.reference, measured.candidate, measured.apart)
                    ),
                    str(measured.pairs),
                    *(_both(sized, size) for size in sizes),
                ]
            )
        if lines:
            panels[title] = lines
    if panels:
        head = ["engine", "series", f"{_LANGGRAPH}'s exponent", "its own", "apart", "pairs"]
        yield _plot(
            "growth",
            "How time grows with size",
            "Both axes are logarithmic, so that a slope is an exponent: n^1 is twice the time for "
            "twice the size, n^2 four times. The thick grey line is LangGraph.",
            growth_plots.slopes("growth", panels),
            Table(
                "Exponents with their 95 % intervals, and times of LangGraph and of the engine",
                [*head, *(f"n = {size}" for size in sizes)],
                rows,
            ),
        )


def _memory(series: Sequence[Series]) -> Iterator[Plot]:
    workloads = _distinct(series, lambda row: row["workload"] if row["memory"] else "")
    engines: list[tuple[Series, dict[str, list[int]]]] = []
    reference: dict[str, list[int]] = {}
    for engine in series:
        rows = [row for row in engine.rows if {"reference", "candidate"} <= row["memory"].keys()]
        reference |= {row["workload"]: row["memory"]["reference"] for row in rows}
        if rows:
            engines.append((engine, {row["workload"]: row["memory"]["candidate"] for row in rows}))
    if not engines:
        return
    engines.insert(0, (_reference(), reference))
    yield _plot(
        "memory",
        "How much memory an engine's process holds",
        "The stroke is what it held before any workload, a point the most it held during one. "
        f"{_LANGGRAPH} runs inside the kit, which counts the kit too.",
        growth_plots.memory(
            "memory",
            [
                (engine, next(iter(by.values()))[0], [most for _, most in by.values()])
                for engine, by in engines
            ],
        ),
        Table(
            "MiB of resident memory",
            ["engine", "before", *workloads],
            [
                [
                    engine.label,
                    _mib(next(iter(by.values()))[0]),
                    *(_mib(by[name][1]) if name in by else "–" for name in workloads),
                ]
                for engine, by in engines
            ],
        ),
    )


def _run_chart(series: Sequence[Series]) -> Iterator[Plot]:
    shown = [engine for engine in series if speed_plots.deviations(engine.rows)]
    if not shown:
        return
    yield _plot(
        "pairs",
        "The pairs as they came",
        "Each point is one pair of one workload: how far its ratio lies from that workload's "
        "median, in the order of measuring, with the margin shaded. The bars below say for how "
        "much of the time something waited for a CPU: where it drifts, the machine changed. A "
        "hollow point lies beyond the edge.",
        speed_plots.run_chart("pairs", shown),
        *(_pairs(engine) for engine in shown),
    )


def _pairs(series: Series) -> Table:
    apart = speed_plots.deviations(series.rows)
    load = speed_plots.pressures(series.rows)
    numbers = sorted({*load, *(number for row in apart.values() for number in row)})
    return Table(
        f"{series.label}: each pair's ratio over its workload's median",
        ["pair", "CPU waited for", *apart],
        [
            [
                str(number + 1),
                f"{load[number]:.0%}" if number in load else "–",
                *(_times_of(row.get(number)) for row in apart.values()),
            ]
            for number in numbers
        ],
    )


def _spreads(series: Sequence[Series]) -> Iterator[Plot]:
    for place, workload in enumerate(_plain(series)):
        engines: list[tuple[Series, list[float]]] = []
        for engine in series:
            pairs = [kept(row) for row in engine.rows if row["workload"] == workload]
            times = [theirs for pair in pairs for _, theirs in pair.values()]
            ours = [mine for pair in pairs for mine, _ in pair.values()]
            if not times:
                continue
            if not engines:
                engines.append((_reference(), []))
            engines[0][1].extend(ours)
            engines.append((engine, times))
        if engines:
            yield _plot(
                f"spread-{place}",
                workload,
                "A stroke is the median time of one process, the thick one the median of them.",
                speed_plots.spread(f"spread-{place}", engines),
                Table(
                    f"{workload}: times of one run",
                    ["engine", "processes", "least", "quarter", "median", "three quarters", "most"],
                    [[engine.label, str(len(times)), *_five(times)] for engine, times in engines],
                ),
            )


def _five(times: Sequence[float]) -> list[str]:
    if len(times) == 1:
        return [text.seconds(times[0])] * 5
    quarters = statistics.quantiles(times, n=4, method="inclusive")
    return [text.seconds(item) for item in (min(times), *quarters, max(times))]


def _reference() -> Series:
    return Series(_LANGGRAPH, [], quiet=True)


def _workloads(series: Sequence[Series]) -> list[str]:
    """Return the workloads of which some opponent has a ratio, in the order of measuring."""
    return _distinct(series, lambda row: row["workload"] if row["ratio"] is not None else "")


def _plain(series: Sequence[Series]) -> list[str]:
    """Return the workloads that do not grow; all of them where all do."""
    every = _workloads(series)
    growing = {row["workload"] for engine in series for row in engine.rows if row["series"]}
    return [name for name in every if name not in growing] or every


def _series_of(series: Sequence[Series]) -> list[str]:
    return _distinct(series, lambda row: row["series"])


def _distinct(series: Sequence[Series], key: Callable[[Json], str]) -> list[str]:
    values = dict.fromkeys(key(row) for engine in series for row in engine.rows)
    return [value for value in values if value]


def _sized(series: Series, title: str) -> list[Json]:
    rows = [row for row in series.rows if row["series"] == title and row["ratio"] is not None]
    return sorted(rows, key=lambda row: row["size"])


def _times(rows: Sequence[Json], side: int) -> list[tuple[int, float]]:
    return [(row["size"], statistics.median(pair[side] for pair in kept(row).values()))
            for row in rows]  # fmt: skip


def _both(rows: Sequence[Json], size: int) -> str:
    """Return the times of reference and engine at a size, where it was measured."""
    ours, theirs = (dict(_times(rows, side)).get(size) for side in (0, 1))
    return "–" if ours is None else f"{text.seconds(ours)}, {text.seconds(theirs)}"


def _exponent(exponent: tuple[float, float, float]) -> str:
    middle, low, high = exponent
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _mib(count: int) -> str:
    return f"{count / _MIB:.1f}"


def _times_of(log: float | None) -> str:
    return "–" if log is None else f"{math.exp(log):.3f}"
