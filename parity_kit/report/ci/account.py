"""What a run came to, as every file for CI systems tells it.

The files are pure functions of an account: the summary of the run's events, its cases one by one
where they were told, and what keeps it from being a whole run.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import CaseJudged, DivergenceFound, Event, GateFinished, RunStarted
from parity_kit.judging.text import plain_name
from parity_kit.judging.verdicts import FAILURES, WORST_FIRST
from parity_kit.judging.words import word
from parity_kit.report.summary import NOT_FINISHED, NOT_JUDGED, CandidateSummary, Summary

FIXTURES = "fixtures"
"""Who a drifted corpus is a problem of: no candidate, but the committed fixtures."""


def cases(count: int) -> str:
    """Return a number of cases in words."""
    return f"{count:,} case{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verdict in one line: `head` is the kit's own words, `detail` may hold a candidate's."""

    head: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.head}{self.detail}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that fails a gate, or would if its candidate decided the run.

    `case` and `gate` are empty where it is the candidate as a whole. `message` and both sides may
    hold a candidate's own words.
    """

    candidate: str
    gate: str
    case: str
    verdict: str
    message: str
    decides: bool
    count: int = 1
    reference: str = ""
    theirs: str = ""
    file: str = ""
    cause: str = ""


@dataclass(slots=True)
class Account:
    """A run's events, put together; `folder` is where its cases are written, if anywhere."""

    folder: Path | None = None
    notes: list[str] = field(default_factory=list[str])
    summary: Summary = field(default_factory=Summary)
    cases: dict[tuple[str, str], list[CaseJudged]] = field(
        default_factory=dict[tuple[str, str], list[CaseJudged]]
    )

    def emit(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunStarted):
            self.cases.clear()
        elif isinstance(event, CaseJudged):
            self.cases.setdefault((event.candidate, event.gate), []).append(event)
        self.summary.add(event)

    @property
    def candidates(self) -> list[CandidateSummary]:
        """The candidates, in the order in which they were named."""
        return list(self.summary.candidates.values())

    @property
    def oracle(self) -> str:
        """The LangGraph that judged; nothing where somebody's own data did."""
        started = self.summary.started
        version = started.oracle.get("langgraph") if started else None
        return f"LangGraph {version}" if version else ""

    @property
    def exit_code(self) -> ExitCode:
        """The run's exit code; one that did not end has judged nothing as a whole."""
        finished = self.summary.finished
        return ExitCode(finished.exit_code) if finished else ExitCode.NOT_JUDGED

    @property
    def partial(self) -> list[str]:
        """What keeps this from being a whole run, a sentence each."""
        finished = self.summary.finished
        notes = [*self.notes, *(finished.notes if finished else [NOT_FINISHED])]
        for candidate in self.candidates:
            if candidate.judged is None:
                notes.append(f"{candidate.name}: {NOT_JUDGED}")
            elif candidate.failed is not None:
                notes.append(f"{candidate.name}: judged no further than it got")
        return notes

    def decides(self, candidate: str) -> bool:
        """Whether a candidate decides the exit code, or is only shown."""
        started = self.summary.started
        return started is None or candidate not in started.shown

    def judged_cases(self, gate: GateFinished) -> list[CaseJudged]:
        """Return the cases of a gate, where they were told one by one."""
        return self.cases.get((gate.candidate, gate.gate), [])

    def problems(self) -> list[Problem]:
        """Return everything that fails, what decides the run and is worst first."""
        problems = self.drifted()
        for candidate in self.candidates:
            problems += self._of(candidate)
        return sorted(problems, key=_badness)

    def drifted(self) -> list[Problem]:
        """Return a problem for each committed corpus that LangGraph does not make any more."""
        corpora = self.summary.corpora
        message = "the committed corpus is not what LangGraph makes now"
        return [
            Problem(FIXTURES, f"corpus {name}", "", "unknown", message, decides=True)
            for name in (corpora.drifted if corpora else ())
        ]

    def _of(self, candidate: CandidateSummary) -> list[Problem]:
        decides = self.decides(candidate.name)
        problems = [
            _problem(divergence, decides=decides) for divergence in candidate.divergences.values()
        ]
        for entry in candidate.stale.values():
            message = f"ledger entry {entry.entry} ({entry.case}, {entry.differs}): {entry.problem}"
            problems.append(Problem(candidate.name, "ledger", "", "stale", message, decides))
        judged = candidate.conclusion
        if judged.exit_code and not (problems and judged.verdict in FAILURES):
            problems.append(Problem(candidate.name, "", "", judged.verdict, judged.reason, decides))
        return problems

    @staticmethod
    def sentence(candidate: CandidateSummary) -> Sentence:
        """Return the verdict on a candidate in one line."""
        judged = candidate.conclusion
        head = f"{word(judged.verdict).symbol} {judged.verdict}: "
        own = judged.own_words
        return Sentence(head + judged.reason[:own], judged.reason[own:])

    @property
    def decisive(self) -> CandidateSummary | None:
        """The candidate that decides the run: the worst of those that do."""
        known = self.candidates
        deciding = [candidate for candidate in known if self.decides(candidate.name)] or known
        return min(
            deciding,
            key=lambda candidate: (
                -candidate.conclusion.exit_code,
                _rank(candidate.conclusion.verdict),
            ),
            default=None,
        )

    @property
    def verdict(self) -> str:
        """The verdict on the run: that of its decisive candidate, unless the corpora drifted."""
        if self.drifted() or (decisive := self.decisive) is None:
            return "unknown"
        return decisive.conclusion.verdict

    def headline(self) -> Sentence:
        """Return the verdict on the run in one line."""
        if drifted := self.drifted():
            return Sentence(f"? unknown: {drifted[0].gate}: {drifted[0].message}")
        if (decisive := self.decisive) is None:
            return Sentence(f"? unknown: {NOT_FINISHED}")
        sentence = self.sentence(decisive)
        if len(self.candidates) == 1:
            return sentence
        symbol, rest = sentence.head.split(" ", 1)
        return Sentence(f"{symbol} {plain_name(decisive.name)} {rest}", sentence.detail)

    def again(self, problem: Problem) -> str:
        """Return the command line that shows a problem again, safe to paste into a shell."""
        if problem.file:
            file = (self.folder or Path()) / problem.file
            return f"parity-kit replay {shlex.quote(file.as_posix())}"
        if problem.gate.startswith("corpus "):
            corpus = shlex.quote(problem.gate.removeprefix("corpus "))
            name = shlex.quote(problem.candidate)
            return f"parity-kit gate {name} --corpus {corpus} --cases DIRECTORY"
        return _upstream_again(problem)


def _upstream_again(problem: Problem) -> str:
    """Return the command line that runs the file of one of LangGraph's own tests again."""
    kind, _, tests = problem.gate.partition(" ")
    name = shlex.quote(problem.candidate)
    if kind == "conformance":
        return f"parity-kit conformance {name}"
    if kind != "upstream":
        return ""
    part, _, suite = tests.rpartition("/")
    words = [f"--part {shlex.quote(part)}"] if part else []
    file = problem.case.removeprefix(f"upstream/{tests}/").partition("::")[0].rpartition("/")[2]
    words += [f"--suite {shlex.quote(suite)}", f"--file {shlex.quote(file)}"]
    return f"parity-kit upstream {name} {' '.join(words)}"


def _problem(divergence: DivergenceFound, *, decides: bool) -> Problem:
    return Problem(
        candidate=divergence.candidate,
        gate=divergence.gate,
        case=divergence.case,
        verdict=divergence.verdict,
        message=divergence.headline,
        decides=decides,
        count=divergence.count,
        reference=divergence.reference,
        theirs=divergence.candidate_side,
        file=divergence.file,
        cause=divergence.cause,
    )


def _rank(verdict: str) -> int:
    known: Sequence[str] = WORST_FIRST
    return known.index(verdict) if verdict in known else len(known)


def _badness(problem: Problem) -> tuple[bool, int, int]:
    return not problem.decides, _rank(problem.verdict), -problem.count
