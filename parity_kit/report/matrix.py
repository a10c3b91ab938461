"""The matrix as the page shows it: gates, then what LangGraph does, by candidate.

Each cell is a standing: a level, or why there is none. Rows stand in groups, the worst first; under
each row is the evidence, with links to what differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from parity_kit.gates.matrix.standing import BEST_FIRST, IN_PART, refuted, standing
from parity_kit.judging import text
from parity_kit.judging.words import word
from parity_kit.report.counts import DIFFERS, engaged

Json = Mapping[str, Any]
"""What a candidate's cases said of one row or gate, as `report.json` has it."""

_KINDS = {
    "corpus": "Corpora",
    "lockstep": "Lockstep searches",
    "conformance": "Conformance suites",
    "upstream": "LangGraph's own tests",
    "claims": "Claims",
}
_LINKS = 3  # cases that differ, linked from one cell's evidence
_REASONS = 2
_GRADES = {
    ("bytes", "good"): "every case agrees to the last stored byte",
    ("trace", "good"): "every case agrees in results and events; bytes were not asked for",
    ("result", "good"): "every case agrees in results; events were not asked for",
    ("bytes differ", "bad"): "results and events agree in every case, stored bytes in some do not",
    ("events differ", "bad"): "results agree in every case, events in some do not",
    ("results differ", "bad"): "results differ in some case",
    ("bytes differ", "plain"): "stored bytes differ in some case, as its ledger expects",
    ("events differ", "plain"): "events differ in some case, as its ledger expects",
    ("results differ", "plain"): "results differ in some case, as its ledger expects",
    (IN_PART, "quiet"): "every compared case agrees; it does not support the others",
}
_ORDER = ("bytes", "trace", "result", "bytes differ", "events differ", "results differ")
_NOT_ENGAGED = {
    "tone": word("not engaged").tone,
    "symbol": word("not engaged").symbol,
    "standing": "not engaged",
    "note": "",
    "link": "",
    "denied": "",
}
"""The cell of a candidate whose code never ran: LangGraph agreed with itself."""


class Matrix:
    """Makes the rows. `anchor` names a place in the page, `linked` what it shows of each one."""

    def __init__(
        self,
        report: Json,
        anchor: Callable[..., str],
        linked: Sequence[set[tuple[str, str]]],
    ) -> None:
        self._report = report
        self._candidates: Sequence[Json] = report["candidates"]
        self._anchor = anchor
        self._linked = linked
        self._rows = [
            {(row["category"], row["row"]): row for row in candidate["rows"]}
            for candidate in self._candidates
        ]

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of rows: gates by their kind, then the matrix's categories."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for kind, name, cells in self._gates():
            rows.setdefault(_KINDS.get(kind, kind), []).append(self._gate(kind, name, cells))
        gates = len(rows)
        for row in self._report["matrix"]:
            rows.setdefault(row["category"], []).append(self._feature(row))
        return [
            {
                "name": name,
                "id": self._anchor("matrix", name),
                "gates": at < gates,
                "rows": sorted(group, key=lambda row: -row["score"]),
                "counts": [_counts(group, place) for place in range(len(self._candidates))],
            }
            for at, (name, group) in enumerate(rows.items())
        ]

    def _gates(self) -> list[tuple[str, str, list[Json | None]]]:
        """Return each gate in the order they were first run, with its result for each candidate."""
        rows: dict[str, tuple[str, str, list[Json | None]]] = {}
        for place, candidate in enumerate(self._candidates):
            for gate in candidate["gates"]:
                nothing: list[Json | None] = [None] * len(self._candidates)
                row = rows.setdefault(gate["gate"], (gate["kind"], gate["gate"], nothing))
                row[2][place] = gate
        return list(rows.values())

    def _gate(self, kind: str, name: str, cells: Sequence[Json | None]) -> dict[str, Any]:
        return {
            "name": name.removeprefix(f"{kind} "),
            "id": self._anchor("matrix", kind, name),
            "about": "",
            "patterns": [],
            "cells": [self._cell(place, result, {}) for place, result in enumerate(cells)],
            "score": sum(map(self._score, range(len(cells)), cells)),
            "evidence": _together(
                {"name": candidate["name"], "text": _run(result), "cases": [], "more": 0}
                for candidate, result in zip(self._candidates, cells, strict=True)
                if result is not None and engaged(candidate)
            ),
        }

    def _feature(self, row: Json) -> dict[str, Any]:
        key = row["category"], row["row"]
        cells = [rows.get(key) for rows in self._rows]
        return {
            "name": row["row"],
            "id": self._anchor("matrix", *key),
            "about": row["shows"],
            "patterns": row["patterns"],
            "cells": [
                self._cell(place, result, result or {}) for place, result in enumerate(cells)
            ],
            "score": sum(map(self._score, range(len(cells)), cells)),
            "evidence": _together(
                self._evidence(place, result)
                for place, result in enumerate(cells)
                if result and result["verdicts"] and engaged(self._candidates[place])
                if result["verdict"] != "equal" or _denied(result)
            ),
        }

    def _cell(self, place: int, result: Json | None, row: Json) -> dict[str, Any] | None:
        if result is None:
            return None
        if not engaged(self._candidates[place]):
            return _NOT_ENGAGED
        meaning = word(result["verdict"])
        links = [link for _, link in self._differing(place, row) if link]
        return {
            "tone": meaning.tone,
            "symbol": meaning.symbol,
            "standing": _standing(result),
            "note": _share(result),
            "link": links[0] if links else "",
            "denied": _denied(row) if row else "",
        }

    def _score(self, place: int, result: Json | None) -> int:
        """Return how bad a cell is: how badly it fails, and the more so the lower the level."""
        if result is None or not engaged(self._candidates[place]):
            return 1
        level = ("bytes", "trace", "result", "none").index(result["reached"])
        differs = result["verdict"] == "divergent"
        return _SCORES[word(result["verdict"]).tone] + (level if differs else 0)

    def _differing(self, place: int, row: Json) -> list[tuple[str, str]]:
        """Return the cases of a row that differ, each with its place in the page, if it has one."""
        name = self._candidates[place]["name"]
        return [
            (case, self._anchor(name, gate, shown) if (gate, shown) in self._linked[place] else "")
            for case, gate, shown in row.get("differing", ())
        ]

    def _evidence(self, place: int, row: Json) -> dict[str, Any]:
        """Return what a row that is not equal was found to be, with links to what differs."""
        cases = sorted(self._differing(place, row), key=lambda case: not case[1])
        apart = sum(
            count for verdict, count in row["verdicts"].items() if verdict not in _NO_FAILURE
        )
        remarks = [text.counts(row["verdicts"])]
        remarks += [
            _reason(reason) + (f" ({count})" if count > 1 else "")
            for reason, count in list(row["reasons"].items())[:_REASONS]
        ]
        if denied := _denied(row):
            remarks.append(denied)
        return {
            "name": self._candidates[place]["name"],
            "text": "; ".join(remarks),
            "cases": cases[:_LINKS],
            "more": max(0, apart - len(cases[:_LINKS])),
        }


def _reason(reason: str) -> str:
    # The counts before it have said the verdict.
    return reason.removeprefix("unsupported: ")


_NO_FAILURE = {"equal", "unsupported", "expected"}


def grades(groups: Sequence[Json]) -> list[dict[str, str]]:
    """Return what each kind of cell means that these groups hold, best first."""
    symbols = {
        (cell["standing"], cell["tone"]): cell["symbol"]
        for group in groups
        for row in group["rows"]
        for cell in row["cells"]
        if cell
    }
    order = sorted(
        symbols,
        key=lambda grade: (grade[1] != "good", _rank(grade[0]), grade),
    )
    return [
        {
            "standing": name,
            "tone": tone,
            "symbol": symbols[name, tone],
            "meaning": _GRADES.get((name, tone)) or word(name).meaning,
        }
        for name, tone in order
    ]


def _rank(standing_: str) -> int:
    order = (*_ORDER, *BEST_FIRST)
    return order.index(standing_) if standing_ in order else len(order)


def against_claims(candidate: Json) -> dict[str, int]:
    """Return how many rows contradict what is claimed, and how."""
    rows: Sequence[Json] = candidate["rows"] if engaged(candidate) else []
    counter = Counter(denied for row in rows if (denied := _denied(row)))
    return {denied: counter[denied] for denied in sorted(counter)}


def _denied(row: Json) -> str:
    return refuted(row["verdict"], row["reached"], row["claimed"])


def _standing(result: Json) -> str:
    """Return the level that every case reached, or what differs, or why there is no level."""
    name = standing(result["verdict"], result["reached"], result["compared"])
    return name if result["verdict"] == "equal" else DIFFERS.get(name, name)


def _share(result: Json) -> str:
    """Return how many of the cases agree, where not all or none do."""
    agree, total = result["verdicts"].get("equal", 0), sum(result["verdicts"].values())
    return "" if agree in {0, total} else f"{agree:,}/{total:,}"


def _run(gate: Json) -> str:
    remarks = [text.counts(gate["verdicts"]) or "nothing compared"]
    if gate["reached"] != gate["required"] and gate["compared"]:
        reached = DIFFERS.get(gate["reached"], gate["reached"])
        remarks.append(f"{reached}; level {gate['required']} was asked for")
    if gate["possible"]:
        remarks.append(f"{gate['pairs']:,} of {gate['possible']:,} pairs of features")
    return "; ".join([*remarks, *gate["notes"]])


def _together(evidence: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence with those candidates together of which the same is to be said."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for item in evidence:
        own = item["name"] if item["cases"] else ""
        known = groups.setdefault((item["text"], own), {**item, "names": []})
        known["names"].append(item["name"])
    return list(groups.values())


_SCORES = {"bad": 100, "unknown": 30, "plain": 10, "quiet": 3, "good": 0}


def _counts(rows: Sequence[Json], place: int) -> list[dict[str, Any]]:
    """Return how many rows of a group have each sign, the best first."""
    cells = [row["cells"][place] for row in rows if row["cells"][place]]
    counter = Counter((cell["symbol"], cell["tone"]) for cell in cells)
    order = list(_SCORES)[::-1]
    return [
        {"symbol": symbol, "tone": tone, "count": count}
        for (symbol, tone), count in sorted(
            counter.items(), key=lambda item: order.index(item[0][1])
        )
    ]
