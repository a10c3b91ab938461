"""What the page shows of one divergence, taken from its case file into `report.json`.

The page knows nothing but `report.json`; so what it draws of a case (its words, its shape, both
sides step by step and byte by byte, the script) is put there as plain data, and cut to a size that
a page can hold. The whole is in the case file, which `parity-kit explain` reads.
"""

from __future__ import annotations

from typing import Any

from parity_kit.contract import Level, SubjectKind
from parity_kit.contract.casefile import CaseFile
from parity_kit.corpora.show import pretty
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Divergent
from parity_kit.programs.script import script
from parity_kit.programs.topology import topology
from parity_kit.report.byte_view import byte_view
from parity_kit.report.case_words import clipped, operation_words, place_words, subject_words
from parity_kit.report.causes import cause_of, cause_of_failure
from parity_kit.report.timeline import timeline

_PROGRAM = 2_500  # characters
_SCRIPT = 5_000


def found_verdict(kept: CaseFile, level: str) -> Divergent | None:
    """Return where a kept case differs at the level that failed; None if it gave no outcomes."""
    if kept.candidate_outcomes is None or not level:
        return None
    required = Level[level.upper()]
    verdict = compare(kept.case, kept.reference_outcomes, kept.candidate_outcomes, required)
    return verdict if isinstance(verdict, Divergent) else None


def cause(kept: CaseFile, verdict: Divergent | None, label: str, headline: str) -> str:
    """Return what a divergence comes from, as far as it shows."""
    if verdict is None or kept.candidate_outcomes is None:
        return cause_of_failure(label, headline)
    return cause_of(kept.case, verdict.difference, kept.reference_outcomes, kept.candidate_outcomes)


def detail(kept: CaseFile, verdict: Divergent | None) -> dict[str, Any]:
    """Return a divergence as plain data; without outcomes to compare, of the case alone."""
    case = kept.case
    program, rest = clipped(list(pretty(case.subject.spec, 76)), _PROGRAM)
    source, left = clipped(script(case).splitlines(), _SCRIPT)
    found: dict[str, Any] = {
        "subject": subject_words(case.subject),
        "operations": operation_words(case),
        "program": {"text": program, "more": rest},
        "script": {"text": source, "more": left},
        "graph": topology(case.subject.spec) if case.subject.kind is SubjectKind.GRAPH else None,
    }
    if verdict is None or kept.candidate_outcomes is None:
        return found
    sides = (kept.reference_outcomes, kept.candidate_outcomes)
    return found | {
        "place": place_words(case, verdict),
        "operation": verdict.difference.operation,
        "reached": verdict.reached.label,
        "timeline": timeline(case, sides, verdict.difference),
        "bytes": byte_view(*sides, verdict.difference),
    }
