"""The first screen: for each candidate whether to trust it, where not, and what it gains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from parity_kit.bench.scaling import overall
from parity_kit.bench.statistics import verdict
from parity_kit.judging import text
from parity_kit.judging.verdicts import WORST_FIRST
from parity_kit.judging.words import AGREEING, SUBJECTS, word
from parity_kit.report.selection import by_cause, cases

Found = Mapping[str, Any]
CAUSES = 2
"""Causes named on the first screen; the rest are counted."""
_LONGEST = 68  # characters of a cause on the first screen
NEVER_DROVE = "anything of its own: it never drove"
_COMPARED = ("equal", "divergent", "expected")
_LEVELS = ("none", "result", "trace", "bytes")
_DEPTH = {
    "bytes": "to the last byte",
    "trace": "in every result and event",
    "result": "in every result",
}


def headline(candidates: Sequence[Found]) -> str:
    """Return the run's outcome in one sentence."""
    agreeing = sum(candidate["verdict"] in AGREEING for candidate in candidates)
    match len(candidates), agreeing:
        case 0, _:
            return "No candidate was compared"
        case 1, 1:
            return f"{candidates[0]['title']} agrees with LangGraph"
        case 1, _ if candidates[0]["verdict"] == "divergent":
            return f"{candidates[0]['title']} differs from LangGraph"
        case 1, _:
            return f"{candidates[0]['title']} was not found to agree with LangGraph"
        case total, 1:
            return f"1 of {total} candidates agrees with LangGraph"
        case total, _:
            return f"{agreeing or 'None'} of {total} candidates agree with LangGraph"


def title(candidates: Sequence[Found]) -> str:
    """Return the page's title: the outcome, then each candidate's sign and name."""
    each = ", ".join(f"{word(one['verdict']).symbol} {one['name']}" for one in candidates)
    return headline(candidates) + (f": {each}" if len(candidates) > 1 else "")


def overview(candidate: Found) -> dict[str, Any]:
    """Return what the first screen says of a candidate."""
    drove = candidate["engagement"] is None or candidate["engagement"]["engaged"]
    subjects = _subjects(candidate)
    causes = by_cause(candidate["divergences"])
    return {
        "sentence": _sentence(candidate, subjects),
        "drove": drove,
        "subjects": {subject["name"]: subject for subject in subjects} if drove else {},
        "compared": sum(gate["compared"] for gate in candidate["gates"]),
        "causes": [
            {"text": said, "short": _short(said), "cases": cases(group)}
            for said, group in causes[:CAUSES]
        ],
        "more": len(causes) - CAUSES,
        # Of one that never drove it would be LangGraph's own speed.
        "speed": speed(candidate["benchmarks"]) if drove else None,
        "unjudged": _unjudged(candidate, subjects) if drove else [NEVER_DROVE],
    }


def _subjects(candidate: Found) -> list[dict[str, Any]]:
    """Return each kind of subject with the level reached in all gates together."""
    verdicts: dict[str, Counter[str]] = {}
    reached: dict[str, list[str]] = {}
    for gate in candidate["gates"]:
        for name, found in gate["subjects"].items():
            counts = verdicts.setdefault(name, Counter())
            counts.update(found["verdicts"])
            if any(found["verdicts"].get(each) for each in _COMPARED):
                reached.setdefault(name, []).append(found["reached"])
    return [_subject(name, verdicts[name], reached.get(name, [])) for name in _in_order(verdicts)]


def _in_order(names: Iterable[str]) -> list[str]:
    """Return kinds of subjects, those that others stand on first."""
    known = list(SUBJECTS)
    return sorted(
        names, key=lambda name: (name not in known, known.index(name) if name in known else 0, name)
    )


def _subject(name: str, verdicts: Counter[str], reached: Sequence[str]) -> dict[str, Any]:
    compared = sum(verdicts[each] for each in _COMPARED)
    failed = sum(verdicts.values()) - compared - verdicts["unsupported"] + verdicts["divergent"]
    if failed:
        worst = next(each for each in WORST_FIRST if verdicts[each])
    elif compared:
        worst = "expected" if verdicts["expected"] else "equal"
    else:
        worst = "unsupported"
    level = min(reached, key=_LEVELS.index, default="none")
    return {
        "name": name,
        "level": level if compared or failed else "unsupported",
        "verdict": worst,
        "tone": word(worst).tone,
        "symbol": word(worst).symbol,
        "failed": failed,
        "compared": compared,
        "unsupported": verdicts["unsupported"],
    }


def _sentence(candidate: Found, subjects: Sequence[Found]) -> str:
    """Return whether to trust a candidate, and where not."""
    if candidate["verdict"] not in {*AGREEING, "divergent"} or not subjects:
        return _capital(candidate["reason"])
    said: list[str] = []
    for level, depth in _DEPTH.items():
        names = [
            subject["name"]
            for subject in subjects
            if subject["verdict"] == "equal" and subject["level"] == level
        ]
        if names:
            said.append(f"agrees {depth} in {_listed(names)}")
    failing = [subject for subject in subjects if subject["failed"]]
    if failing:
        parts = [
            f"{each['name']} ({each['failed']:,} of {each['compared']:,} cases)" for each in failing
        ]
        said.append(f"differs in {_listed(parts)}")
    expected = [subject["name"] for subject in subjects if subject["verdict"] == "expected"]
    if expected:
        said.append(f"differs in {_listed(expected)} only as its ledger expects")
    absent = [subject["name"] for subject in subjects if subject["verdict"] == "unsupported"]
    if absent:
        said.append(f"does not offer {_listed(absent)}")
    return _capital("; ".join(said)) + "."


def _short(said: str) -> str:
    if len(said) <= _LONGEST:
        return said
    cut = said[:_LONGEST].rstrip(" .,:")
    # Half a name in backticks is none.
    return f"{cut}{'`' if cut.count('`') % 2 else ''}…"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def speed(rows: Sequence[Found]) -> dict[str, Any] | None:
    """Return one figure for all workloads that were measured: the geometric mean of their ratios.

    Of one work in several sizes the largest counts. The interval is over pairs, as each workload's
    is: a pair's processes measure all of them, so that they are not independent. None if none was
    measured.
    """
    works = _works(rows)
    measured = [row for row in works if row["ratio"] is not None]
    found = overall(measured)
    if found is None:
        return None
    ratios = [row["ratio"] for row in measured]
    return {
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "verdict": verdict(found).value,
        "measured": len(measured),
        "workloads": len(works),
        "slowest": min(ratios),
        "fastest": max(ratios),
    }


def _works(rows: Sequence[Found]) -> list[Found]:
    """Return each work once: of a series the largest size that was measured."""
    works: dict[str, Found] = {}
    for row in rows:
        name = row["series"] or row["workload"]
        known = works.get(name)
        better = known is None or known["ratio"] is None or row["size"] > known["size"]
        if better and (known is None or row["ratio"] is not None):
            works[name] = row
    return list(works.values())


def _unjudged(candidate: Found, subjects: Sequence[Found]) -> list[str]:
    """Return what was not judged of a candidate, in a few words each."""
    said: list[str] = []
    parts = [
        f"{subject['unsupported']:,} in {subject['name']}"
        for subject in subjects
        if subject["unsupported"]
    ]
    if parts:
        said.append(f"unsupported cases: {', '.join(parts)}")
    if claimed := sorted(set(candidate["levels"]) - {subject["name"] for subject in subjects}):
        said.append(f"never compared: {', '.join(claimed)}")
    unknown = [gate["gate"] for gate in candidate["gates"] if gate["verdict"] == "unknown"]
    said += [f"{gate}: nothing that would do for a verdict" for gate in unknown[:2]]
    if len(unknown) > 2:  # noqa: PLR2004  # as above
        said.append(f"{len(unknown) - 2} more gates without a verdict")
    rows = Counter(row["verdict"] for row in candidate["rows"])
    if rows["unknown"]:
        said.append(f"{text.plural(rows['unknown'], 'row')} of the matrix without a case")
    apart = sum(row["ratio"] is None for row in candidate["benchmarks"])
    if apart:
        said.append(f"{text.plural(apart, 'workload')} not timed: outcomes differ or are missing")
    if not candidate["benchmarks"] and candidate["gates"]:
        said.append("its speed")
    return said
