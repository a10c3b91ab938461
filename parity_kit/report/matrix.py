"""The matrix as the page shows it: rows by category, a cell a candidate, and the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parity_kit.matrix.standing import BEST_FIRST, agreeing, refuted, standing
from parity_kit.words import word

Found = Mapping[str, Any]
"""What a candidate's cases said of one row, as `report.json` has it."""


def view(report: Mapping[str, Any], anchor: Callable[..., str], shown: int) -> dict[str, Any]:
    """Return the matrix of a report.

    `anchor` names a place in the page, which shows the first `shown` differences of a candidate.
    """
    candidates: Sequence[Mapping[str, Any]] = report["candidates"]
    found = [{(row["category"], row["row"]): row for row in each["rows"]} for each in candidates]
    linked = [
        {(each["gate"], each["case"]) for each in candidate["divergences"][:shown]}
        for candidate in candidates
    ]
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in report["matrix"]:
        cells = [rows.get((row["category"], row["row"])) for rows in found]
        grouped.setdefault(row["category"], []).append({**row, "found": cells})
    return {
        "rows": len(report["matrix"]),
        "published": sum(row["published"] for row in report["matrix"]),
        "against": [_against(each["rows"]) for each in candidates],
        "columns": [{"name": each["name"], "claims": bool(each["claims"])} for each in candidates],
        "counts": [_counts(each["rows"]) for each in candidates],
        "categories": [
            {
                "name": name,
                "id": anchor("matrix", name),
                "counts": [
                    _counts([row["found"][at] for row in rows if row["found"][at]])
                    for at in range(len(candidates))
                ],
                "rows": [_row(row, candidates, linked, anchor) for row in rows],
            }
            for name, rows in grouped.items()
        ],
    }


def _counts(rows: Sequence[Found]) -> list[dict[str, Any]]:
    """Return how many rows stand where, best first."""
    found = Counter((_standing(row), row["verdict"]) for row in rows)
    order = sorted(found.items(), key=lambda each: BEST_FIRST.index(each[0][0]))
    return [
        {"standing": where, "count": count, "tone": word(verdict).tone, "symbol": _symbol(verdict)}
        for (where, verdict), count in order
    ]


def _against(rows: Sequence[Found]) -> dict[str, int]:
    """Return how many rows go against what is claimed, and how."""
    found = Counter(refuted(row["verdict"], row["reached"], row["claimed"]) for row in rows)
    return {word: found[word] for word in sorted(found) if word}


def _standing(row: Found) -> str:
    return standing(row["verdict"], row["reached"], row["compared"])


def _symbol(verdict: str) -> str:
    return word(verdict).symbol


def _row(
    row: Mapping[str, Any],
    candidates: Sequence[Mapping[str, Any]],
    linked: Sequence[set[tuple[str, str]]],
    anchor: Callable[..., str],
) -> dict[str, Any]:
    pairs = list(zip(candidates, row["found"], strict=True))
    return {
        "name": row["row"],
        "id": anchor("matrix", row["category"], row["row"]),
        "shows": row["shows"],
        "patterns": row["patterns"],
        "cells": [_cell(candidate, found) for candidate, found in pairs],
        "evidence": [
            _evidence(candidate["name"], found, links, anchor)
            for (candidate, found), links in zip(pairs, linked, strict=True)
            if found and found["verdicts"] and found["verdict"] != "equal"
        ],
    }


def _cell(candidate: Mapping[str, Any], found: Found | None) -> dict[str, Any]:
    cell = {"name": candidate["name"], "claims": bool(candidate["claims"]), "found": bool(found)}
    if found is None:
        return {**cell, "claimed": "", "refuted": False}
    agree = agreeing(found["verdicts"], found["reasons"])
    return {
        **cell,
        "claimed": found["claimed"],
        "refuted": bool(refuted(found["verdict"], found["reached"], found["claimed"])),
        "tone": word(found["verdict"]).tone,
        "symbol": _symbol(found["verdict"]),
        "standing": _standing(found),
        "agreeing": found["compared"] if found["verdict"] == "equal" else agree,
    }


def _evidence(
    name: str, found: Found, linked: set[tuple[str, str]], anchor: Callable[..., str]
) -> dict[str, Any]:
    """Return what a row that is not equal was found to be, with links to what differs."""
    apart = sum(
        count
        for verdict, count in found["verdicts"].items()
        if verdict not in {"equal", "unsupported"}
    )
    return {
        "name": name,
        "verdicts": found["verdicts"],
        "reasons": found["reasons"],
        "differing": [
            (case, anchor(name, gate, told) if (gate, told) in linked else "")
            for case, gate, told in found["differing"]
        ],
        "more": apart - len(found["differing"]),
    }
