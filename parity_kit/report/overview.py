"""The first screen: for each candidate its verdict, its cases, what differs, and its speed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from parity_kit.contract.text import sentence
from parity_kit.judging import text
from parity_kit.judging.words import AGREEING, word
from parity_kit.report.counts import (
    DIFFERS,
    Counts,
    SubjectCounts,
    by_subject,
    engaged,
    total,
)
from parity_kit.report.selection import by_cause, cases
from parity_kit.report.speed import speed

Candidate = Mapping[str, Any]
"""A candidate as `report.json` has it."""
CAUSES = 3
"""Causes named on the first screen: the most severe, then the largest; the rest are counted."""
_LONGEST = 68  # characters of a cause on the first screen
NOT_ENGAGED = "nothing of its own: its code never ran"
_GATES = 2  # gates without a verdict that are named
_DEPTH = {
    "bytes": "byte for byte",
    "trace": "in every result and event",
    "result": "in every result",
}
_LEAST = 2  # the width of a part that would not show, in hundredths of the bar


def headline(candidates: Sequence[Candidate]) -> str:  # noqa: PLR0911  # one arm for each outcome
    """Return the run's outcome in one sentence."""
    agreeing = sum(candidate["verdict"] in AGREEING for candidate in candidates)
    match len(candidates), agreeing:
        case 0, _:
            return "No candidate was compared"
        case 1, 1:
            return f"{candidates[0]['title']} agrees with LangGraph"
        case 1, _ if candidates[0]["verdict"] == "divergent":
            return f"{candidates[0]['title']} differs from LangGraph"
        case 1, _ if candidates[0]["verdict"] == "expected":
            return f"{candidates[0]['title']} differs from LangGraph only as its ledger expects"
        case 1, _:
            return f"{candidates[0]['title']} was not judged equal to LangGraph"
        case count, 1:
            return f"1 of {count} candidates agrees with LangGraph"
        case count, _:
            return f"{agreeing or 'None'} of {count} candidates agree with LangGraph"


def title(candidates: Sequence[Candidate]) -> str:
    """Return the page's title: the outcome, then each candidate's sign and name."""
    names = ", ".join(
        f"{word(candidate['verdict']).symbol} {candidate['name']}" for candidate in candidates
    )
    return headline(candidates) + (f": {names}" if len(candidates) > 1 else "")


def overview(candidate: Candidate) -> dict[str, Any]:
    """Return what the first screen shows of a candidate."""
    own = engaged(candidate)
    subjects = by_subject(candidate)
    # Levels and speed of a candidate that was not engaged would be LangGraph's own.
    return {
        "sentence": _sentence(candidate, subjects),
        "subjects": {subject.name: _cell(subject) for subject in subjects} if own else {},
        "causes": _causes(candidate),
        "agreement": _agreement(total(candidate)) if own else "",
        "speed": speed(candidate["benchmarks"]) if own else None,
        "unjudged": _unjudged(candidate, subjects) if own else [NOT_ENGAGED],
    }


def _cell(subject: SubjectCounts) -> dict[str, Any]:
    counts = subject.counts
    meaning = word(counts.worst)
    return {
        "standing": _standing(subject),
        "verdict": counts.worst,
        "tone": meaning.tone,
        "symbol": meaning.symbol,
        "total": counts.total,
        "parts": [
            {"verdict": verdict, "symbol": word(verdict).symbol, "cases": number}
            for verdict, number in counts.parts()
        ],
        "bar": _bar(counts),
    }


def _standing(subject: SubjectCounts) -> str:
    """Return the level where all compared cases agree, else what differs, or the failure."""
    match subject.counts.worst:
        case "equal":
            return subject.level
        case "divergent" | "expected":
            return DIFFERS.get(subject.level, subject.level)
        case failure:
            return failure


def _bar(counts: Counts) -> Markup:
    """Return a stacked bar whose smallest part can still be seen."""
    parts = [(word(verdict).tone, number) for verdict, number in counts.parts()]
    widths = [max(_LEAST, 100 * number / counts.total) for _, number in parts]
    scale = 100 / sum(widths) if widths else 1
    left = 0.0
    rects: list[Markup] = []
    for (tone, _), width in zip(parts, widths, strict=True):
        rect = Markup('<rect class="{}" x="{:.1f}" width="{:.1f}" height="6"/>')
        rects.append(rect.format(tone, left, width * scale))
        left += width * scale
    return Markup().join(rects)


def _sentence(candidate: Candidate, subjects: Sequence[SubjectCounts]) -> str:
    """Return where a candidate agrees and where it differs."""
    if candidate["verdict"] not in {*AGREEING, "divergent", "expected"} or not subjects:
        return _capital(sentence(candidate["reason"]))
    clauses = [
        f"matches {depth} on {_listed(names)}"
        for level, depth in _DEPTH.items()
        if (names := [
            subject.name
            for subject in subjects
            if subject.counts.worst == "equal" and subject.level == level
        ])
    ]  # fmt: skip
    clauses += [
        f"differs in {subject.counts.divergent:,} of {subject.counts.total:,} {subject.name} cases"
        + (f" and in {subject.counts.expected:,} expected ones" if subject.counts.expected else "")
        for subject in subjects
        if subject.counts.divergent
    ]
    clauses += [
        f"differs in {subject.counts.expected:,} of {subject.counts.total:,} {subject.name} cases, "
        "as its ledger expects"
        for subject in subjects
        if subject.counts.worst == "expected"
    ]
    absent = [subject.name for subject in subjects if subject.counts.worst == "unsupported"]
    if absent:
        clauses.append(f"does not support {_listed(absent)}")
    return _capital("; ".join(clauses)) + "."


def _causes(candidate: Candidate) -> dict[str, Any]:
    """Return the causes to name: the most severe one, then the largest."""
    groups = by_cause(candidate["divergences"])
    largest = sorted(groups[1:], key=lambda item: -cases(item[1]))
    named, others = [*groups[:1], *largest[: CAUSES - 1]], largest[CAUSES - 1 :]
    return {
        "named": [
            {"text": cause, "short": _short(cause), "cases": cases(group)} for cause, group in named
        ],
        "others": len(others),
        "other_cases": sum(cases(group) for _, group in others),
    }


def _agreement(counts: Counts) -> str:
    """Return what does not fail, as the last line of what differs."""
    if counts.expected:
        return f"{text.plural(counts.expected, 'case')} of {counts.total:,} as its ledger expects"
    if counts.compared and not counts.divergent:
        return f"nothing in {text.plural(counts.compared, 'case')} compared"
    return ""


def _short(cause: str) -> str:
    if len(cause) <= _LONGEST:
        return cause
    cut = cause[:_LONGEST].rstrip(" .,:")
    # Half a name in backticks is none.
    return f"{cut}{'`' if cut.count('`') % 2 else ''}…"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _unjudged(candidate: Candidate, subjects: Sequence[SubjectCounts]) -> list[str]:
    """Return what was not judged beyond unsupported cases, in a few words each."""
    remarks: list[str] = []
    if claimed := sorted(set(candidate["levels"]) - {subject.name for subject in subjects}):
        remarks.append(f"never compared: {', '.join(claimed)}")
    unknown = [gate["gate"] for gate in candidate["gates"] if gate["verdict"] == "unknown"]
    remarks += [f"{gate}: too little compared for a verdict" for gate in unknown[:_GATES]]
    if len(unknown) > _GATES:
        remarks.append(f"{len(unknown) - _GATES} more gates without a verdict")
    rows = Counter(row["verdict"] for row in candidate["rows"])
    if rows["unknown"]:
        remarks.append(f"{text.plural(rows['unknown'], 'row')} of the matrix without a case")
    if not candidate["benchmarks"] and candidate["gates"]:
        remarks.append("speed")
    return remarks
