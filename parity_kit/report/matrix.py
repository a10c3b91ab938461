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

Found = Mapping[str, Any]
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
    ("trace", "good"): "every case agrees in results and events; more was not asked for",
    ("result", "good"): "every case agrees in results; more was not asked for",
    ("trace", "bad"): "results and every event agree, some stored bytes do not",
    ("result", "bad"): "results agree, some events do not",
    ("none", "bad"): "some results differ",
    ("trace", "plain"): "some stored bytes differ, as its ledger expects",
    ("result", "plain"): "some events differ, as its ledger expects",
    ("none", "plain"): "some results differ, as its ledger expects",
    (IN_PART, "quiet"): "what was compared agrees; some cases it does not support",
}


class Matrix:
    """Makes the rows. `anchor` names a place in the page, `linked` what it shows of each one."""

    def __init__(
        self,
        report: Found,
        anchor: Callable[..., str],
        linked: Sequence[set[tuple[str, str]]],
    ) -> None:
        self._report = report
        self._candidates: Sequence[Found] = report["candidates"]
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
                "rows": sorted(each, key=lambda row: -row["score"]),
                "counts": [_counts(each, place) for place in range(len(self._candidates))],
            }
            for at, (name, each) in enumerate(rows.items())
        ]

    def _gates(self) -> list[tuple[str, str, list[Found | None]]]:
        """Return each gate in the order they were first run, with its result for each candidate."""
        rows: dict[str, tuple[str, str, list[Found | None]]] = {}
        for place, candidate in enumerate(self._candidates):
            for gate in candidate["gates"]:
                nothing: list[Found | None] = [None] * len(self._candidates)
                row = rows.setdefault(gate["gate"], (gate["kind"], gate["gate"], nothing))
                row[2][place] = gate
        return list(rows.values())

    def _gate(self, kind: str, name: str, cells: Sequence[Found | None]) -> dict[str, Any]:
        return {
            "name": name.removeprefix(f"{kind} "),
            "id": self._anchor("matrix", kind, name),
            "about": "",
            "patterns": [],
            "cells": [self._cell(place, found, {}) for place, found in enumerate(cells)],
            "score": sum(map(_score, cells)),
            "evidence": _together(
                {"name": candidate["name"], "said": _run(found), "cases": [], "more": 0}
                for candidate, found in zip(self._candidates, cells, strict=True)
                if found is not None
            ),
        }

    def _feature(self, row: Found) -> dict[str, Any]:
        key = row["category"], row["row"]
        cells = [rows.get(key) for rows in self._rows]
        return {
            "name": row["row"],
            "id": self._anchor("matrix", *key),
            "about": row["shows"],
            "patterns": row["patterns"],
            "cells": [self._cell(place, found, found or {}) for place, found in enumerate(cells)],
            "score": sum(map(_score, cells)),
            "evidence": _together(
                self._evidence(place, found)
                for place, found in enumerate(cells)
                if found and found["verdicts"] and (found["verdict"] != "equal" or _denied(found))
            ),
        }

    def _cell(self, place: int, found: Found | None, row: Found) -> dict[str, Any] | None:
        if found is None:
            return None
        meaning = word(found["verdict"])
        links = [link for _, link in self._differing(place, row) if link]
        return {
            "tone": meaning.tone,
            "symbol": meaning.symbol,
            "standing": _standing(found),
            "note": _share(found),
            "link": links[0] if links else "",
            "denied": _denied(row) if row else "",
        }

    def _differing(self, place: int, row: Found) -> list[tuple[str, str]]:
        """Return the cases of a row that differ, each with its place in the page, if it has one."""
        name = self._candidates[place]["name"]
        return [
            (case, self._anchor(name, gate, told) if (gate, told) in self._linked[place] else "")
            for case, gate, told in row.get("differing", ())
        ]

    def _evidence(self, place: int, row: Found) -> dict[str, Any]:
        """Return what a row that is not equal was found to be, with links to what differs."""
        cases = sorted(self._differing(place, row), key=lambda case: not case[1])
        apart = sum(
            count for verdict, count in row["verdicts"].items() if verdict not in _NO_FAILURE
        )
        said = [text.counts(row["verdicts"])]
        said += [
            _reason(reason) + (f" ({count})" if count > 1 else "")
            for reason, count in list(row["reasons"].items())[:_REASONS]
        ]
        if denied := _denied(row):
            said.append(denied)
        return {
            "name": self._candidates[place]["name"],
            "said": "; ".join(said),
            "cases": cases[:_LINKS],
            "more": max(0, apart - len(cases[:_LINKS])),
        }


def _reason(said: str) -> str:
    # The counts before it have said the verdict.
    return said.removeprefix("unsupported: ")


_NO_FAILURE = {"equal", "unsupported", "expected"}


def grades(groups: Sequence[Found]) -> list[dict[str, str]]:
    """Return what each kind of cell means that these groups hold, best first."""
    seen = {
        (cell["standing"], cell["tone"]): cell["symbol"]
        for group in groups
        for row in group["rows"]
        for cell in row["cells"]
        if cell
    }
    order = sorted(
        seen,
        key=lambda each: (
            each[1] != "good",
            BEST_FIRST.index(each[0]) if each[0] in BEST_FIRST else 99,
            each,
        ),
    )
    return [
        {
            "standing": name,
            "tone": tone,
            "symbol": seen[name, tone],
            "meaning": _GRADES.get((name, tone)) or word(name).meaning,
        }
        for name, tone in order
    ]


def against_claims(rows: Sequence[Found]) -> dict[str, int]:
    """Return how many rows go against what is claimed, and how."""
    found = Counter(said for row in rows if (said := _denied(row)))
    return {said: found[said] for said in sorted(found)}


def _denied(row: Found) -> str:
    return refuted(row["verdict"], row["reached"], row["claimed"])


def _standing(found: Found) -> str:
    return standing(found["verdict"], found["reached"], found["compared"])


def _share(found: Found) -> str:
    """Return how many of the cases agree, where not all or none do."""
    agree, total = found["verdicts"].get("equal", 0), sum(found["verdicts"].values())
    return "" if agree in {0, total} else f"{agree:,}/{total:,}"


def _run(gate: Found) -> str:
    said = [text.counts(gate["verdicts"]) or "nothing compared"]
    if gate["reached"] != gate["required"] and gate["compared"]:
        said.append(f"level {gate['reached']} reached, {gate['required']} asked for")
    if gate["possible"]:
        said.append(f"{gate['pairs']:,} of {gate['possible']:,} pairs of features")
    return "; ".join([*said, *gate["notes"]])


def _together(evidence: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence with those candidates together of which the same is to be said."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for each in evidence:
        own = each["name"] if each["cases"] else ""
        known = groups.setdefault((each["said"], own), {**each, "names": []})
        known["names"].append(each["name"])
    return list(groups.values())


_SCORES = {"bad": 100, "unknown": 30, "plain": 10, "quiet": 3, "good": 0}


def _score(found: Found | None) -> int:
    """Return how bad a cell is: how badly it fails, and the more so the lower the level."""
    if found is None:
        return 1
    level = ("bytes", "trace", "result", "none").index(found["reached"])
    return _SCORES[word(found["verdict"]).tone] + (level if found["verdict"] == "divergent" else 0)


def _counts(rows: Sequence[Found], place: int) -> list[dict[str, Any]]:
    """Return how many rows of a group have each sign, the best first."""
    cells = [row["cells"][place] for row in rows if row["cells"][place]]
    found = Counter((cell["symbol"], cell["tone"]) for cell in cells)
    order = list(_SCORES)[::-1]
    return [
        {"symbol": symbol, "tone": tone, "count": count}
        for (symbol, tone), count in sorted(found.items(), key=lambda item: order.index(item[0][1]))
    ]
