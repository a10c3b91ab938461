"""SARIF 2.1.0: a rule a verdict, a result a cause.

A result points at the fixture's line in its index or at the candidate's file. Its fingerprint is
of candidate, gate and cause, without what follows the case: a code scanner knows it again.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from parity_kit import __version__
from parity_kit.contract.errors import ExitCode
from parity_kit.judging.text import one_line, plain_name, quoted, sentence, visible
from parity_kit.judging.verdicts import FAILURES
from parity_kit.judging.words import word
from parity_kit.report.ci.account import Account, Problem, cases
from parity_kit.report.ci.source_locations import SourceLocations

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_HELP = "`parity-kit explain FILE` says where a kept case differs, `replay FILE` runs it again."
_RULES = (*FAILURES, "unknown")


def render(account: Account, places: SourceLocations) -> str:
    """Return a run as a SARIF log."""
    # A scanner keeps the results of each such name apart: one candidate's never close another's.
    names = "+".join(plain_name(candidate.name) for candidate in account.candidates)
    run = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": f"parity-kit/{names}/"},
        "invocations": [_invocation(account)],
        "columnKind": "unicodeCodePoints",
        "properties": {"oracle": account.oracle},
        "results": [_result(account, places, problem) for problem in account.problems()],
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


def _result(account: Account, places: SourceLocations, problem: Problem) -> dict[str, Any]:
    place = places.of(problem)
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
        "partialFingerprints": {"parityCause/v1": _fingerprint(problem)},
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


def _fingerprint(problem: Problem) -> str:
    key = (problem.candidate, problem.gate, problem.verdict, problem.cause)
    return hashlib.sha256(repr(key).encode()).hexdigest()
