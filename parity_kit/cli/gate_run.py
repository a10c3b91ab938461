"""Judging the candidates of a gate, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from parity_kit.candidates.launch import start
from parity_kit.candidates.manifest import Candidate
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.gate_result import Result
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import CandidateFailed, CandidateJudged, Event
from parity_kit.gates.gate import gate_corpora, overall
from parity_kit.gates.rules import Rules
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.search.coverage import Floors


@dataclass(slots=True)
class GateRun:
    """One run of the gate; what differs is written to `folder`, which a search needs."""

    workspace: Workspace
    floors: Floors
    emit: Callable[[Event], None]
    note: Callable[[str], None]
    folder: Path | None = None

    def judge(self, candidate: Candidate, rules: Rules, result: Result) -> None:
        """Judge one candidate, tell of it, and fill in its result."""
        started = time.perf_counter()

        def emit(event: Event) -> None:
            result.emit(event)
            self.emit(event)

        try:
            verdict, engaged = self._gates(candidate, rules, result, emit)
        except CandidateError as error:
            # What was seen before is shown; the candidate as a whole is not judged.
            result.problem, result.error = error.problem, error
            self.emit(CandidateFailed(candidate.name, candidate.title, error.code, error.problem))
            click.echo(f"error {error.code}: {error}", err=True)
        else:
            result.conclude(verdict, engaged, rules)
        result.seconds = time.perf_counter() - started
        code = int(result.exit_code)
        self.emit(CandidateJudged(candidate.name, result.verdict, result.reason, code))

    def _gates(
        self, candidate: Candidate, rules: Rules, result: Result, emit: Callable[[Event], None]
    ) -> tuple[str, Mapping[str, int]]:
        """Return the verdict of all gates, and how often each function it replaces ran."""
        with start(candidate, self.workspace, on_progress=self.note) as engine:
            under_test = CandidateUnderTest.started(candidate, engine)
            result.seen.claimed = under_test.claimed
            under_test = rules.applied_to(under_test)
            verdicts = [
                gate_corpora(
                    self.workspace,
                    under_test,
                    result.level,
                    emit,
                    folder=self.folder,
                    wanted=rules.corpora,
                )
            ]
            for suite, examples in rules.suites.items():
                verdicts.append(self._suite(under_test, suite, examples, result, emit))
            return overall(verdicts), engine.describe().engaged

    def _suite(
        self,
        under_test: CandidateUnderTest,
        suite: str,
        examples: int,
        result: Result,
        emit: Callable[[Event], None],
    ) -> str:
        from parity_kit.gates.search_gate import Search, gate_suite

        assert self.folder, "a search has a place to write to"  # noqa: S101  # the command made it
        asked = Search(examples, required=result.level, floors=self.floors)
        return gate_suite(under_test, suite, asked, emit, self.folder)
