"""`parity-kit candidates check`: a guided self-check for authors of candidates."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.candidates_shown import as_json_object, print_problems, row, table
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.tables import print_table
from parity_kit.cli.tracing import trace_option
from parity_kit.contract.errors import (
    BadManifestError,
    CandidateError,
    EnvironmentBuildError,
    ExitCode,
    UsageError,
    error_text,
)
from parity_kit.contract.text import BAR, one_line
from parity_kit.judging.words import other_packages

if TYPE_CHECKING:
    from parity_kit.candidates.inspection import Answer
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.contract import Description
    from parity_kit.wire.kept import CageState

_FIRST_CORPUS = {"codec": "msgpack", "channel": "channels", "graph": "graphs", "saver": "savers"}


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completing.candidates)
@click.option("--all", "check_all", is_flag=True, help="Check every candidate of the workspace.")
@trace_option
@json_option
@workspace_option
def command(workspace: Workspace, *, names: tuple[str, ...], check_all: bool, as_json: bool) -> int:
    """Set a candidate up, start it, and check it step by step.

    The steps are the handshake, framing, and cases of every claimed subject, the easy ones first.
    The first failure is shown with the bytes that crossed and the next step. Nothing is compared
    with LangGraph: a candidate that passes can be judged, but may still be wrong. Exits with 1 for
    a wrong answer, with 2 if a manifest is invalid, and with 3 if a candidate does not run.
    """
    from parity_kit.candidates import launch

    if check_all == bool(names):
        raise UsageError(
            "give names or --all, not both", hint="`parity-kit candidates list` shows the names"
        )
    wanted, bad = [launch.find(workspace, name) for name in names], list[BadManifestError]()
    if check_all:
        wanted, bad = launch.readable(workspace)
        print_problems(bad)
    reports: list[_Report] = []
    for candidate in wanted:
        with _progress() as emit:
            reports.append(_check(candidate, workspace, emit))
        if not as_json:
            _show(reports[-1])
    least = ExitCode.USAGE if bad else ExitCode.PARITY
    code = max([least, *(report.exit_code for report in reports)])
    if as_json:
        checked = [report.to_json() for report in reports]
        problems = [str(problem) for problem in bad]
        print_json({"candidates": checked, "problems": problems, "exit_code": int(code)})
    elif check_all:
        _show_states(reports)
    return code


@dataclass(slots=True)
class _Report:
    """The results of checking a candidate; `crossed` shows the bytes of the first failure."""

    candidate: Candidate
    description: Description | None = None
    error: CandidateError | None = None
    answers: list[Answer] = field(default_factory=list["Answer"])
    crossed: list[str] = field(default_factory=list[str])
    cage: CageState | None = None
    packages: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    ready_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def exit_code(self) -> ExitCode:
        results = {answer.result for answer in self.answers}
        if self.error is not None or results - {"ok", "unsupported", "wrong"}:
            return ExitCode.NOT_JUDGED
        return ExitCode.DIVERGENCE if "wrong" in results else ExitCode.PARITY

    @property
    def claims(self) -> dict[str, str]:
        """The level it claims for every subject."""
        if self.description is None:
            return {}
        return {kind.value: level.label for kind, level in self.description.levels.items()}

    @property
    def state(self) -> str:
        """The state of the candidate in a word or three."""
        from parity_kit.candidates import building
        from parity_kit.candidates.manifest import CommandSetup

        setup = self.candidate.setup
        if isinstance(self.error, EnvironmentBuildError):
            absent = building.absent(setup) if isinstance(setup, CommandSetup) else []
            return f"needs {', '.join(absent)}" if absent else "not built"
        if self.exit_code == ExitCode.NOT_JUDGED:
            return "broken"
        return "ready" if self.exit_code == ExitCode.PARITY else "wrong"

    @property
    def next_step(self) -> str:
        """The next step for its author."""
        again = f"then run again: parity-kit candidates check {self.candidate.name}"
        if self.error is not None:
            hint = self.error.hint or "see: parity-kit docs protocol"
            return f"{hint}; {again}"
        if failed := next((answer for answer in self.answers if answer.failed), None):
            return f"{failed.hint}; {again}" if failed.hint else again
        todo = next((answer for answer in self.answers if answer.result == "unsupported"), None)
        subjects = [answer.part for answer in self.answers if answer.part in _FIRST_CORPUS]
        if not subjects:
            return "claim a subject in the description, and implement it"
        gate = f"parity-kit gate {self.candidate.name}"
        if todo is None:
            return gate
        return f"fill in {todo.part}: {todo.title}; then {gate} --corpus {_FIRST_CORPUS[todo.part]}"

    def to_json(self) -> dict[str, Any]:
        error = self.error and self.error.to_json()
        return {
            **as_json_object(self.candidate),
            "exit_code": int(self.exit_code),
            "state": self.state,
            "error": error,
            "says": self.description and self.description.to_plain(),
            "checks": [dataclasses.asdict(answer) for answer in self.answers],
            "crossed": self.crossed,
            "limits": dataclasses.asdict(self.candidate.limits),
            "cage": self.cage and dataclasses.asdict(self.cage),
            "packages": self.packages,
            "next": self.next_step,
            "ready_seconds": round(self.ready_seconds, 3),
            "seconds": round(self.seconds, 3),
        }


def _check(candidate: Candidate, workspace: Workspace, emit: Callable[[str], None]) -> _Report:
    from parity_kit.candidates import launch
    from parity_kit.candidates.environment import differing_packages
    from parity_kit.candidates.inspection import walk
    from parity_kit.candidates.transcript import Transcript
    from parity_kit.corpora.manifest import read_manifest

    report, transcript = _Report(candidate), Transcript()
    oracle = read_manifest(workspace.fixtures).oracle
    began = time.monotonic()
    try:
        with launch.start(candidate, workspace, emit, transcript) as engine:
            report.ready_seconds, report.cage = engine.ready_seconds, engine.cage
            report.packages = differing_packages(candidate, workspace, oracle)
            report.description = engine.describe()
            for answer in walk(engine, report.description.levels, transcript.forget):
                emit(f"{candidate.name}: {answer.part}: {answer.title}: {answer.result}")
                report.answers.append(answer)
                if answer.failed and not report.crossed:
                    report.crossed = list(transcript.lines())
            report.description = engine.describe()
    except CandidateError as error:
        report.error = error
        if not isinstance(error, EnvironmentBuildError) and not report.crossed:
            report.crossed = list(transcript.lines())
    report.seconds = time.monotonic() - began
    return report


_STYLES = {"ok": "green", "unsupported": "yellow"}


def _show(report: _Report) -> None:
    out = console()
    out.print(f"{report.candidate.name}  {report.candidate.title}", markup=False, style="bold")
    if (description := report.description) is not None:
        out.print(
            f"  {one_line(f'{description.name} {description.version}, {description.language}')};"
            f" started in {report.ready_seconds:.1f} s, checked in {report.seconds:.1f} s",
            markup=False,
        )
        out.print(f"  limits: {report.candidate.limits.in_words()}", markup=False)
        if report.cage is not None:
            out.print(f"  cage: {report.cage.in_words()}", markup=False)
        if packages := other_packages(report.packages):
            out.print(f"  {packages}", markup=False)
    if report.answers:
        shown = table("part", "claims", "check", "result")
        claims = report.claims
        row(shown, "handshake", "", "the description", "ok", style="green")
        for answer in report.answers:
            result = f"{answer.result}: {answer.detail}" if answer.detail else answer.result
            style = _STYLES.get(answer.result, "red")
            row(shown, answer.part, claims.get(answer.part, ""), answer.title, result, style=style)
        print_table(out, shown)
    for name, count in report.description.engaged.items() if report.description else ():
        never = "" if count else ": the candidate's code never ran"
        style = None if count else "yellow"
        out.print(f"  {one_line(name)} ran {count} times{never}", markup=False, style=style)
    if report.error is not None:
        problem, *more = error_text(report.error).splitlines()
        lines = [problem, *(line for line in more if not line.startswith("  next: "))]
        out.print("\n".join(f"  {line}" for line in lines), markup=False, style="red")
    if report.crossed:
        failed = next(
            (f"{answer.part}: {answer.title}" for answer in report.answers if answer.failed), ""
        )
        out.print(f"  bytes of the first failure{failed and f', {failed}'}:", markup=False)
        for line in report.crossed:
            out.print(f"    {BAR}{one_line(line)}", markup=False)
    out.print(f"  next: {report.next_step}", markup=False)
    out.print()


def _show_states(reports: list[_Report]) -> None:
    """Print a line per candidate, as the overview at the end of `--all`."""
    shown = table("candidate", "language", "claims", "seconds", "state")
    for report in reports:
        claims = ", ".join(f"{subject} {level}" for subject, level in report.claims.items())
        style = "green" if report.state == "ready" else "red"
        name, language = report.candidate.name, report.candidate.language
        row(shown, name, language, claims, f"{report.seconds:.1f}", report.state, style=style)
    print_table(console(), shown)


@contextlib.contextmanager
def _progress() -> Generator[Callable[[str], None]]:
    """Yield a function that shows progress: one changing line in a terminal, lines in a pipe."""
    from rich.text import Text

    err = console(stderr=True)
    if err.is_terminal:
        with err.status("") as status:
            yield lambda text: status.update(Text(one_line(text)))
    else:
        yield lambda text: err.print(one_line(text), markup=False)
