"""How many cases are equal, expected, divergent and unsupported: counted here and nowhere else.

Every figure of the page that counts a candidate's cases comes from its gates' verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parity_kit.judging.verdicts import WORST_FIRST
from parity_kit.judging.words import SUBJECTS

LEVELS = ("none", "result", "trace", "bytes")

DIFFERS = {"none": "results differ", "result": "events differ", "trace": "bytes differ"}
"""What differs where a level is the highest that every case reached."""

Candidate = Mapping[str, Any]
"""A candidate as `report.json` has it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases by verdict. `divergent` counts every failure: crashed, hung and flaky ones too."""

    verdicts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All cases."""
        return sum(self.verdicts.values())

    @property
    def equal(self) -> int:
        """Cases that agree."""
        return self.verdicts.get("equal", 0)

    @property
    def expected(self) -> int:
        """Cases that differ as the ledger says."""
        return self.verdicts.get("expected", 0)

    @property
    def unsupported(self) -> int:
        """Cases that need what the candidate does not offer."""
        return self.verdicts.get("unsupported", 0)

    @property
    def unknown(self) -> int:
        """Cases that could not be judged."""
        return self.verdicts.get("unknown", 0)

    @property
    def divergent(self) -> int:
        """Cases that fail."""
        return self.total - self.equal - self.expected - self.unsupported - self.unknown

    @property
    def compared(self) -> int:
        """Cases of which outcomes were compared."""
        return self.equal + self.expected + self.verdicts.get("divergent", 0)

    @property
    def worst(self) -> str:
        """The worst verdict; `unsupported` only where nothing was compared."""
        present = [verdict for verdict in WORST_FIRST if self.verdicts.get(verdict)]
        judged = [verdict for verdict in present if verdict != "unsupported"]
        return (judged or present or ["unknown"])[0]

    def parts(self) -> Iterator[tuple[str, int]]:
        """Yield the verdict word and the number of cases of each part that has some."""
        for verdict in ("equal", "expected", "divergent", "unsupported", "unknown"):
            if number := getattr(self, verdict):
                yield verdict, number


@dataclass(frozen=True, slots=True)
class SubjectCounts:
    """The cases of one kind of subject in all gates, and the level that every compared one reached.

    A subject's own cases open it alone: what a graph does with its channels counts as graph.
    """

    name: str
    level: str
    counts: Counts


def engaged(candidate: Candidate) -> bool:
    """Whether the candidate's own code ran; where it did not, LangGraph answered the cases."""
    return candidate["engagement"] is None or candidate["engagement"]["engaged"]


def total(candidate: Candidate) -> Counts:
    """Return the cases of all gates together."""
    return _sum(gate["verdicts"] for gate in candidate["gates"])


def by_subject(candidate: Candidate) -> list[SubjectCounts]:
    """Return the cases of each kind of subject, those that others stand on first."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for gate in candidate["gates"]:
        for name, part in gate["subjects"].items():
            parts.setdefault(name, []).append(part)
    known = list(SUBJECTS)
    order = sorted(parts, key=lambda name: (known.index(name) if name in known else 99, name))
    return [_subject(name, parts[name]) for name in order]


def _subject(name: str, parts: list[Mapping[str, Any]]) -> SubjectCounts:
    reached = [part["reached"] for part in parts if Counts(part["verdicts"]).compared]
    level = min(reached, key=LEVELS.index, default="none")
    return SubjectCounts(name, level, _sum(part["verdicts"] for part in parts))


def _sum(verdicts: Iterable[Mapping[str, int]]) -> Counts:
    counter: Counter[str] = Counter()
    for counted in verdicts:
        counter.update(counted)
    return Counts(dict(counter))
