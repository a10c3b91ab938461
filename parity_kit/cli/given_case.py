"""The case that `replay` and `explain` are given, by file or id, and its run on both engines."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import echo
from parity_kit.contract import Case, Level, Outcome, Unsupported
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.errors import BadFileError, BadProgramError, UsageError
from parity_kit.contract.text import one_line
from parity_kit.judging.candidate_under_test import Answer
from parity_kit.judging.verdicts import Verdict
from parity_kit.programs.admission import admit, check_structure, foreign_types
from parity_kit.programs.yaml_cases import SUFFIXES

level_option = click.option(
    "--level",
    "level_name",
    type=click.Choice([level.label for level in Level if level]),
    help="How closely outcomes must agree (default: the level stored in the file, or bytes).",
)
trust_option = click.option(
    "--trust",
    is_flag=True,
    help="Let LangGraph import and call every type that the case names: this can run any code.",
)


@dataclass(frozen=True, slots=True)
class GivenCase:
    """A case, and what is known of it: where each operation stands, and the outcomes kept.

    `candidate` is empty and `candidate_outcomes` are missing where none were kept.
    """

    workspace: Workspace
    case: Case
    candidate: str = ""
    reference_outcomes: tuple[Outcome, ...] | None = None
    candidate_outcomes: tuple[Outcome, ...] | None = None
    level: Level = Level.BYTES
    places: tuple[str, ...] = ()
    is_fixture: bool = False

    def kept(self) -> CaseFile:
        """Return the case with the outcomes kept; the reference runs it where it has none."""
        ours = self.reference_outcomes or self.run_reference()
        return CaseFile(self.case, self.candidate, ours, self.candidate_outcomes, self.level)

    def run_reference(self) -> tuple[Outcome, ...]:
        """Run the case on the reference.

        Raises:
            UsageError: If the reference does not offer what the case needs.
        """
        from parity_kit.contract import run
        from parity_kit.corpora.oracle import reference

        try:
            with reference(self.workspace) as engine:
                outcomes = run(engine, self.case)
        except BadProgramError as error:
            where = self.places[0].partition(",")[0] if self.places else error.where
            raise BadProgramError(error.problem, where=where, hint=error.hint) from error
        except (KeyError, TypeError, ValueError) as error:
            if not self.places:
                raise
            raise BadFileError(
                f"LangGraph does not make this {self.case.subject.kind.value}: {error!r}",
                where=self.places[0].partition(",")[0],
                hint="its settings are listed in: parity-kit docs contract",
            ) from error
        for place, outcome in zip(self.places, outcomes, strict=False):
            if isinstance(outcome, Unsupported):
                hint = "the operations are listed in: parity-kit docs contract"
                raise BadFileError(outcome.reason, where=place, hint=hint)
        for before, outcome in zip(self.reference_outcomes or (), outcomes, strict=False):
            if isinstance(outcome, Unsupported) and not isinstance(before, Unsupported):
                raise UsageError(
                    f"LangGraph does not run this case here: {outcome.reason}",
                    where=self.case.id,
                )
        return outcomes


def read_given(
    workspace: Workspace, given: str, level_name: str | None, *, trust: bool = False
) -> GivenCase:
    """Return the case in a file (a kept case, or YAML), or the fixture with an id.

    Raises:
        UntrustedTypeError: If it names a type that the kit does not know, without `trust`.
        UsageError: If it is neither, or the file is broken.
    """
    read = _read(workspace, given)
    if trust:
        _trust(read.case)
    elif read.is_fixture:
        admit(read.case, trusted=workspace.trusted_types)
    elif not read.places:
        admit(read.case, given)
    return read if level_name is None else replace(read, level=Level[level_name.upper()])


def _trust(case: Case) -> None:
    """Let this process build what a case names, and say so."""
    check_structure(case)
    if types := foreign_types(case):
        from parity_kit.reference.native import trust_types

        names = ", ".join(".".join(kind) for kind in types)
        echo(one_line(f"--trust: LangGraph imports and calls {names}"), err=True)
        trust_types(types)


def _read(workspace: Workspace, given: str) -> GivenCase:
    from parity_kit.contract.casefile import SUFFIX, read_case
    from parity_kit.corpora.lookup import find_trace
    from parity_kit.programs.yaml_cases import read_yaml

    path = Path(given)
    if path.suffix in SUFFIXES:
        written = read_yaml(path)
        return GivenCase(workspace, written.case, places=written.places)
    if given.endswith(SUFFIX) or os.path.isfile(given):  # noqa: PTH113  # an id may be no path
        kept = read_case(path)
        return GivenCase(
            workspace,
            kept.case,
            kept.candidate,
            kept.reference_outcomes,
            kept.candidate_outcomes,
            kept.level,
        )
    trace = find_trace(workspace, given)
    return GivenCase(workspace, trace.case, reference_outcomes=trace.outcomes, is_fixture=True)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A case run on both engines, with the verdict before and after the ledger."""

    case: Case
    candidate: str
    ours: tuple[Outcome, ...]
    answer: Answer
    asked: Level
    level: Level
    verdict: Verdict
    settled: Verdict

    @property
    def theirs(self) -> tuple[Outcome, ...] | None:
        """The candidate's outcomes, if it gave any."""
        return self.answer if isinstance(self.answer, tuple) else None

    @property
    def level_text(self) -> str:
        """The level of the comparison, and why it is not the one that was asked for."""
        if self.level is self.asked:
            return self.level.label
        return (
            f"{self.level.label} ({self.asked.label} was asked for, and {self.candidate} claims "
            f"{self.level.label} for {self.case.subject.kind.value})"
        )


def replay(workspace: Workspace, given: GivenCase, candidate: str | None) -> Replayed:
    """Run a case on the reference and on a candidate: by default the one it was kept with.

    Raises:
        CandidateError: If the candidate does not start.
        UsageError: If there is no such candidate, or none is named.
    """
    from parity_kit.candidates.launch import find, missing_types, start
    from parity_kit.judging.candidate_under_test import CandidateUnderTest
    from parity_kit.judging.judge import judge_answer, named_types, without_types
    from parity_kit.judging.ledger import read_ledger

    name = candidate or given.candidate
    if not name:
        raise UsageError(
            "no candidate is named, and the case was kept with none", hint="add --candidate NAME"
        )
    manifest = find(workspace, name)
    ledger = read_ledger(manifest.folder)
    ours = given.run_reference()
    with start(manifest, workspace, on_progress=_show_progress) as engine:
        under_test = CandidateUnderTest.started(manifest.name, engine, ledger)
        answer = under_test.answer(given.case)
    level = under_test.asked(given.case.subject.kind, given.level)
    verdict = judge_answer(given.case, ours, answer, level)
    missing = missing_types(manifest, workspace, named_types(given.case))
    verdict = without_types(given.case, verdict, missing)
    settled = under_test.ledger.held_against(given.case.id, verdict)
    return Replayed(given.case, name, ours, answer, given.level, level, verdict, settled)


def _show_progress(text: str) -> None:
    echo(one_line(text), err=True)
