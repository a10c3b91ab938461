"""Divergences as the page shows them: by candidate, by what they come from, each with its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from parity_kit.judging import text
from parity_kit.judging.words import word
from parity_kit.report.byte_view import ROW
from parity_kit.report.counts import total
from parity_kit.report.drawing import graph_svg
from parity_kit.report.selection import by_cause, cases

Json = Mapping[str, Any]
NAMED = 5
"""Divergences of one cause that are named without being shown whole."""


def view(
    candidate: Json, chosen: set[tuple[str, str]], anchor: Callable[..., str]
) -> dict[str, Any]:
    """Return a candidate's divergences: those `chosen` whole, the others by name and number."""
    name, divergences = candidate["name"], candidate["divergences"]
    return {
        "kinds": len(divergences),
        "cases": total(candidate).divergent,
        "uncaused": max(0, total(candidate).divergent - cases(divergences)),
        "causes": [
            _cause(name, cause, group, chosen, anchor) for cause, group in by_cause(divergences)
        ],
    }


def _cause(
    name: str,
    cause: str,
    group: Sequence[Json],
    chosen: set[tuple[str, str]],
    anchor: Callable[..., str],
) -> dict[str, Any]:
    shown = [
        divergence for divergence in group if (divergence["gate"], divergence["case"]) in chosen
    ]
    left = [divergence for divergence in group if divergence not in shown]
    return {
        "text": cause,
        "id": anchor(name, cause),
        "places": len(group),
        "cases": cases(group),
        "tone": word(group[0]["verdict"]).tone,
        "levels": ", ".join(
            dict.fromkeys(divergence["level"] for divergence in group if divergence["level"])
        ),
        "shown": [
            {
                **divergence,
                "id": anchor(name, divergence["gate"], divergence["case"]),
                "parts": _parts(divergence),
            }
            for divergence in shown
        ],
        "named": [divergence["case"] for divergence in left[:NAMED]],
        "left": len(left),
    }


def _parts(divergence: Json) -> dict[str, Any] | None:
    detail = divergence["detail"]
    if detail is None:
        return None
    lines = [row for operation in detail.get("timeline", ()) for row in operation["rows"]]
    return {
        **detail,
        "drawing": _drawing(detail, lines),
        "steps": list(_steps(detail)),
        "sides": _sides(detail.get("bytes")),
    }


def _drawing(detail: Json, lines: Sequence[Json]) -> Markup:
    if not detail["graph"] or not detail["graph"]["nodes"]:
        return Markup()
    ran = [row["node"] for row in lines if row.get("what") == "ran" and "node" in row]
    # What is stored or given last names no node: then it is the first task that differs.
    marked = [row for row in lines if "parted" in row or "first" in row or "candidate" in row]
    marked.sort(key=lambda row: "parted" not in row)
    parted = next((row["node"] for row in marked if "node" in row), "")
    return Markup(graph_svg(detail["graph"], parted, ran))  # noqa: S704  # it escapes the names


def _steps(detail: Json) -> Iterator[dict[str, Any]]:
    """Yield the operations, each with its rows by superstep."""
    for operation in detail.get("timeline", ()):
        groups = [
            {"step": _step(step), "rows": [_row(row) for row in rows]}
            for step, rows in groupby(operation["rows"], key=lambda row: row["step"])
        ]
        number = operation["number"]
        yield {
            "words": detail["operations"][number : number + 1],
            "number": number,
            "groups": groups,
        }


def _step(step: int | None) -> str:
    if step is None:
        return ""
    return "input" if step < 0 else str(step)


def _row(row: Json) -> dict[str, Any]:
    if "candidate" not in row:
        return dict(row)
    mine, yours = row["reference"], row["candidate"]
    if mine is not None and yours is not None:
        sides = [text.apart(mine, yours), text.apart(yours, mine)]
    else:
        sides = [None if item is None else ("", "", item) for item in (mine, yours)]
    return {**row, "sides": sides}


def _sides(shown: Json | None) -> list[dict[str, Any]]:
    """Return both sides' bytes as text, what differs marked."""
    if shown is None:
        return []
    return [
        {
            "size": side["size"],
            "hex": _hex(side),
            "values": _values(side),
            "below": side.get("below", 0),
            "above": side.get("above", 0),
        }
        if side
        else {"size": None}
        for side in (shown["reference"], shown["candidate"])
    ]


def _hex(side: Json) -> Markup:
    """Return rows of bytes, each with its offset, the differing ones marked."""
    given = side["hex"].split()
    first, last = side["marked"]
    rows: list[Markup] = []
    for at in range(0, len(given), ROW):
        offset = side["start"] + at
        row = given[at : at + ROW]
        low, high = (min(max(0, end - offset), len(row)) for end in (first, last))
        parts = [" ".join(part) for part in (row[:low], row[low:high], row[high:])]
        spaced = Markup(" ").join(
            Markup("<mark>{}</mark>").format(part) if index == 1 else escape(part)
            for index, part in enumerate(parts)
            if part
        )
        rows.append(Markup("<i>{:>5}</i>  {}").format(offset, spaced))
    after = side["size"] - side["start"] - len(given)
    head = [_left(side["start"], "before")] if side["start"] else []
    return Markup("\n").join([*head, *rows, *([_left(after, "after")] if after > 0 else [])])


def _left(count: int, where: str) -> Markup:
    return Markup("<small>… {} {}</small>").format(text.plural(count, "byte"), where)


def _values(side: Json) -> Markup:
    """Return values as an indented tree, those that the other side has not marked."""
    rows: list[Markup] = []
    for offset, depth, label, value, form, marked in side.get("values", ()):
        line = text.inner(f"{'  ' * depth}{label}: {value}")
        shown = Markup("<mark>{}</mark>").format(line) if marked else line
        rows.append(
            Markup("<i>{:>5}</i>  {} <small>{}</small>").format(offset, shown, text.inner(form))
        )
    return Markup("\n").join(rows)
