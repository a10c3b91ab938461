"""What the page shows of one divergence, taken from its case file into `report.json`.

The page knows nothing but `report.json`; so what it draws of a case (its words, its shape, both
sides step by step and byte by byte, the script) is put there as plain data, and cut to a size that
a page can hold. The whole is in the case file, which `parity-kit explain` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity_kit.contract import SubjectKind
from parity_kit.contract.casefile import CaseFile
from parity_kit.corpora.show import pretty
from parity_kit.judging.verdicts import Difference
from parity_kit.programs.script import script
from parity_kit.programs.topology import topology
from parity_kit.report.byte_view import byte_view
from parity_kit.report.case_words import clipped, operation_words, place_words, subject_words
from parity_kit.report.timeline import timeline

_PROGRAM = 2_500  # characters
_SCRIPT = 5_000


def detail(kept: CaseFile, divergence: Mapping[str, Any]) -> dict[str, Any]:
    """Return a divergence as plain data; without outcomes to compare, of the case alone."""
    case = kept.case
    program, rest = clipped(list(pretty(case.subject.spec, 76)), _PROGRAM)
    source, left = clipped(script(case).splitlines(), _SCRIPT)
    shown: dict[str, Any] = {
        "subject": subject_words(case.subject),
        "operations": operation_words(case),
        "program": {"text": program, "more": rest},
        "script": {"text": source, "more": left},
        "graph": topology(case.subject.spec) if case.subject.kind is SubjectKind.GRAPH else None,
    }
    if not divergence.get("difference") or kept.candidate_outcomes is None:
        return shown
    difference = Difference.from_json(divergence["difference"])
    reached = divergence["reached"]
    sides = (kept.reference_outcomes, kept.candidate_outcomes)
    return shown | {
        "place": place_words(case, difference, reached),
        "operation": difference.operation,
        "reached": reached,
        "timeline": timeline(case, sides, difference),
        "bytes": byte_view(*sides, difference),
    }
