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
from parity_kit.judging.candidate_under_test import Contender
from parity_kit.search.coverage import Floors


@dataclass(slots=True)
class GateRun:
    """One run of the gate; what differs is written to `folder`, which a search needs."""

    space: Workspace
    floors: Floors
    tell: Callable[[Event], None]
    note: Callable[[str], None]
    folder: Path | None = None

    def judge(self, candidate: Candidate, rules: Rules, result: Result) -> None:
        """Judge one candidate, tell of it, and fill in its result."""
        started = time.perf_counter()

        def tell(event: Event) -> None:
            result.tell(event)
            self.tell(event)

        try:
            verdict, engaged = self._gates(candidate, rules, result, tell)
        except CandidateError as error:
            # What was seen before is shown; the candidate as a whole is not judged.
            result.problem, result.error = error.problem, error
            self.tell(CandidateFailed(candidate.name, candidate.title, error.code, error.problem))
            click.echo(f"error {error.code}: {error}", err=True)
        else:
            result.conclude(verdict, engaged, rules)
        result.seconds = time.perf_counter() - started
        code = int(result.exit_code)
        self.tell(CandidateJudged(candidate.name, result.verdict, result.reason, code))

    def _gates(
        self, candidate: Candidate, rules: Rules, result: Result, tell: Callable[[Event], None]
    ) -> tuple[str, Mapping[str, int]]:
        """Return the verdict of all gates, and how often each function it replaces ran."""
        with start(candidate, self.space, on_progress=self.note) as engine:
            contender = Contender.started(candidate, engine)
            result.seen.claimed = contender.claimed
            contender = rules.applied_to(contender)
            verdicts = [
                gate_corpora(
                    self.space,
                    contender,
                    result.level,
                    tell,
                    folder=self.folder,
                    wanted=rules.corpora,
                )
            ]
            for suite, examples in rules.suites.items():
                verdicts.append(self._suite(contender, suite, examples, result, tell))
            return overall(verdicts), engine.describe().engaged

    def _suite(
        self,
        contender: Contender,
        suite: str,
        examples: int,
        result: Result,
        tell: Callable[[Event], None],
    ) -> str:
        from parity_kit.gates.search_gate import Search, gate_suite

        assert self.folder, "a search has a place to write to"  # noqa: S101  # the command made it
        asked = Search(examples, required=result.level, floors=self.floors)
        return gate_suite(contender, suite, asked, tell, self.folder)
