"""SARIF 2.1.0: a rule a verdict, a result a cause.

A result points at a line that no other result has: the fixture's in its index, or one of the
listing. Its fingerprint is of candidate, gate and cause, without what follows the case: a code
scanner knows it again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from parity_kit import __version__
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.text import one_line, quoted, sentence, visible
from parity_kit.judging.text import plain_name
from parity_kit.judging.verdicts import FAILURES
from parity_kit.judging.words import word
from parity_kit.report.ci.account import Account, Problem, cases
from parity_kit.report.ci.listing import Listing
from parity_kit.report.ci.source_locations import SourceLocation, SourceLocations

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_HELP = "`parity-kit explain FILE` says where a kept case differs, `replay FILE` runs it again."
_MOST_LISTED = 300  # characters of a line
_RULES = (*FAILURES, "unknown")


def render(account: Account, places: SourceLocations, listing: Listing) -> str:
    """Return a run as a SARIF log; `listing` gets a line for each result that no index has."""
    # A scanner keeps the results of each such name apart: one candidate's never close another's.
    names = "+".join(plain_name(candidate.name) for candidate in account.candidates)
    run = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": f"parity-kit/{names}/"},
        "invocations": [_invocation(account)],
        "columnKind": "unicodeCodePoints",
        "properties": {"oracle": account.oracle},
        "results": [
            _result(account, place, problem, fingerprint)
            for place, problem, fingerprint in _located(account.problems(), places, listing)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _driver() -> dict[str, Any]:
    return {
        "name": "Parity Kit",
        "version": __version__,
        "rules": [
            {
                "id": _rule(verdict),
                "name": verdict.title().replace(" ", ""),
                "shortDescription": {"text": f"A case is {verdict}"},
                "fullDescription": {"text": word(verdict).meaning},
                "help": {"text": f"{word(verdict).meaning} {_HELP}"},
                "defaultConfiguration": {"level": "error"},
            }
            for verdict in _RULES
        ],
    }


def _rule(verdict: str) -> str:
    return f"parity/{(verdict if verdict in _RULES else 'unknown').replace(' ', '-')}"


def _invocation(account: Account) -> dict[str, Any]:
    """Say whether the run came to its end, and what keeps it from being whole."""
    finished = account.summary.finished
    invocation: dict[str, Any] = {
        "executionSuccessful": account.exit_code <= ExitCode.DIVERGENCE,
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": one_line(f"partial: {note}")}}
            for note in account.partial
        ],
    }
    if finished:
        invocation["exitCode"] = finished.exit_code
    return invocation


def _located(
    problems: Sequence[Problem], places: SourceLocations, listing: Listing
) -> Iterator[tuple[SourceLocation, Problem, str]]:
    """Yield each problem with a line and a fingerprint of its own."""
    seen: Counter[str] = Counter()
    fingerprints: dict[Problem, str] = {}
    for problem in sorted(problems, key=lambda problem: problem.case):
        cause = _digest(problem)
        seen[cause] += 1
        fingerprints[problem] = f"{cause}:{seen[cause]}"
    taken: set[SourceLocation] = set()
    for problem in problems:
        fingerprint = fingerprints[problem]
        place = places.of_case(problem)
        if place is None or place in taken:
            words = f"{problem.candidate}, {problem.gate}, {problem.verdict}: {problem.cause}"
            line = f"{one_line(words, _MOST_LISTED)} [{fingerprint[52:]}]"
            place = SourceLocation(places.relative(listing.path), listing.line(line))
        taken.add(place)
        yield place, problem, fingerprint


def _result(
    account: Account, place: SourceLocation, problem: Problem, fingerprint: str
) -> dict[str, Any]:
    rule = _rule(problem.verdict)
    return {
        "ruleId": rule,
        "ruleIndex": [_rule(verdict) for verdict in _RULES].index(rule),
        "level": "error" if problem.decides else "note",
        "message": {"text": _message(account, problem)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": place.uri, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": place.line},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
        "occurrenceCount": problem.count,
    }


def _message(account: Account, problem: Problem) -> str:
    where = f" in {problem.gate}, {problem.case}" if problem.case else ""
    head = one_line(sentence(problem.message))
    lines = [f"{plain_name(problem.candidate)}: {problem.verdict}{where}: {head}"]
    lines += quoted(problem.message)
    if problem.case:
        lines.append(f"{cases(problem.count)} of this cause")
    if problem.reference or problem.theirs:
        lines += [
            f"reference: {one_line(problem.reference)}",
            f"candidate: {one_line(problem.theirs)}",
        ]
    if again := account.again(problem):
        lines.append(again)
    # `[…](…)` would be read as a link, `{0}` as a placeholder.
    text = visible("\n".join(lines)).replace("](", "] (")
    return re.sub(r"\{(\d+)\}", r"{ \1 }", text)


def _digest(problem: Problem) -> str:
    key = (problem.candidate, problem.gate, problem.verdict, problem.cause)
    if not problem.cause and problem.gate:
        key += (problem.message,)  # an entry of a ledger, or a corpus that drifted
    return hashlib.sha256(repr(key).encode()).hexdigest()
