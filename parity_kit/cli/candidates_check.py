"""`parity-kit candidates check`: a guided self-check for the authors of candidates."""

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
from parity_kit.cli.candidates_shown import as_json_object, row, table, tell_wrong
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.tracing import trace_option
from parity_kit.contract.errors import (
    BadManifestError,
    CandidateError,
    EnvironmentBuildError,
    ExitCode,
    UsageError,
)

if TYPE_CHECKING:
    from parity_kit.candidates.inspection import Answer
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.contract import Description

_FIRST_CORPUS = {"codec": "msgpack", "channel": "channels", "graph": "graphs", "saver": "savers"}


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completing.candidates)
@click.option("--all", "everything", is_flag=True, help="Check every candidate of the workspace.")
@trace_option
@json_option
@workspace_option
def command(
    workspace: Workspace, *, names: tuple[str, ...], everything: bool, as_json: bool
) -> int:
    """Make a candidate's environment, start it, and check it step by step.

    The handshake, framing, then each subject it claims: its easiest cases and a harder one. The
    first failure is explained with the bytes that crossed and what to do next. Nothing is compared
    with LangGraph here: that a check is ok says that the candidate can be judged, not that it is
    right. Ends with 1 for a wrong answer, 2 if a manifest is wrong, 3 if a candidate could not be
    asked.
    """
    from parity_kit.candidates import launch

    if everything == bool(names):
        raise UsageError(
            "give either names or --all", hint="`parity-kit candidates list` shows the names"
        )
    wanted, bad = [launch.find(workspace, name) for name in names], list[BadManifestError]()
    if everything:
        wanted, bad = launch.readable(workspace)
        tell_wrong(bad)
    seen: list[_Seen] = []
    for candidate in wanted:
        with _progress() as emit:
            seen.append(_look(candidate, workspace, emit))
        if not as_json:
            _show(seen[-1])
    least = ExitCode.USAGE if bad else ExitCode.PARITY
    code = max([least, *(each.exit_code for each in seen)])
    if as_json:
        checked = [each.to_json() for each in seen]
        problems = [str(each) for each in bad]
        print_json({"candidates": checked, "problems": problems, "exit_code": int(code)})
    elif everything:
        _show_states(seen)
    return code


@dataclass(slots=True)
class _Seen:
    """What came of checking one candidate; `crossed` shows the bytes of its first failure."""

    candidate: Candidate
    description: Description | None = None
    error: CandidateError | None = None
    answers: list[Answer] = field(default_factory=list["Answer"])
    crossed: list[str] = field(default_factory=list[str])
    network: str = ""
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
        """The subjects it claims, and at which level."""
        if self.description is None:
            return {}
        return {kind.value: level.label for kind, level in self.description.levels.items()}

    @property
    def state(self) -> str:
        """What there is to say of a candidate in a word or three."""
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
        """What its author does next."""
        again = f"then again: parity-kit candidates check {self.candidate.name}"
        if self.error is not None:
            hint = self.error.hint or "see: parity-kit docs protocol"
            return f"{hint}; {again}"
        if failed := next((answer for answer in self.answers if answer.failed), None):
            return f"{failed.hint}; {again}" if failed.hint else again
        lacks = next((answer for answer in self.answers if answer.result == "unsupported"), None)
        subjects = [answer.part for answer in self.answers if answer.part in _FIRST_CORPUS]
        if not subjects:
            return "claim a subject in its description, and answer for it"
        gate = f"parity-kit gate {self.candidate.name}"
        if lacks is None:
            return gate
        return (
            f"fill in {lacks.part}: {lacks.title}; then {gate} --corpus {_FIRST_CORPUS[lacks.part]}"
        )

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
            "network": self.network,
            "next": self.next_step,
            "ready_seconds": round(self.ready_seconds, 3),
            "seconds": round(self.seconds, 3),
        }


def _look(candidate: Candidate, workspace: Workspace, emit: Callable[[str], None]) -> _Seen:
    from parity_kit.candidates import launch
    from parity_kit.candidates.crossed import Crossed
    from parity_kit.candidates.inspection import walk

    seen, crossed = _Seen(candidate), Crossed()
    began = time.monotonic()
    try:
        with launch.start(candidate, workspace, emit, crossed) as engine:
            seen.ready_seconds, seen.network = engine.ready_seconds, engine.network
            seen.description = engine.describe()
            for answer in walk(engine, seen.description.levels, crossed.forget):
                emit(f"{candidate.name}: {answer.part}: {answer.title}: {answer.result}")
                seen.answers.append(answer)
                if answer.failed and not seen.crossed:
                    seen.crossed = list(crossed.lines())
            seen.description = engine.describe()
    except CandidateError as error:
        seen.error = error
        if not isinstance(error, EnvironmentBuildError) and not seen.crossed:
            seen.crossed = list(crossed.lines())
    seen.seconds = time.monotonic() - began
    return seen


_STYLES = {"ok": "green", "unsupported": "yellow"}


def _show(seen: _Seen) -> None:
    out = console()
    out.print(f"{seen.candidate.name}  {seen.candidate.title}", markup=False, style="bold")
    if seen.description is not None:
        said = seen.description
        out.print(
            f"  {said.name} {said.version}, {said.language};"
            f" started in {seen.ready_seconds:.1f} s, checked in {seen.seconds:.1f} s",
            markup=False,
        )
        out.print(f"  it has {seen.candidate.limits.in_words(seen.network)}", markup=False)
    if seen.answers:
        shown = table("part", "claims", "check", "result")
        claims = seen.claims
        row(shown, "handshake", "", "its description", "ok", style="green")
        for answer in seen.answers:
            result = f"{answer.result}: {answer.detail}" if answer.detail else answer.result
            style = _STYLES.get(answer.result, "red")
            row(shown, answer.part, claims.get(answer.part, ""), answer.title, result, style=style)
        out.print(shown)
    for name, count in seen.description.engaged.items() if seen.description else ():
        never = "" if count else ": what it replaces has not driven"
        style = None if count else "yellow"
        out.print(f"  {name} ran {count} times{never}", markup=False, style=style)
    if seen.error is not None:
        where = f"{seen.error.where}: " if seen.error.where else ""
        problem = f"  error {seen.error.code}: {where}{seen.error.problem}"
        out.print(problem, markup=False, style="red")
    if seen.crossed:
        failed = next(
            (f"{answer.part}: {answer.title}" for answer in seen.answers if answer.failed), ""
        )
        out.print(f"  what crossed at the first failure{failed and f', {failed}'}:", markup=False)
        for line in seen.crossed:
            out.print(f"    {line}", markup=False)
    out.print(f"  next: {seen.next_step}", markup=False)
    out.print()


def _show_states(seen: list[_Seen]) -> None:
    """Print a line a candidate: a run of many ends with what is to be seen at a glance."""
    shown = table("candidate", "language", "claims", "seconds", "state")
    for each in seen:
        claims = ", ".join(f"{subject} {level}" for subject, level in each.claims.items())
        style = "green" if each.state == "ready" else "red"
        name, language = each.candidate.name, each.candidate.language
        row(shown, name, language, claims, f"{each.seconds:.1f}", each.state, style=style)
    console().print(shown)


@contextlib.contextmanager
def _progress() -> Generator[Callable[[str], None]]:
    """Give what shows progress: one changing line in a terminal, a line each in a pipe."""
    from rich.text import Text

    err = console(stderr=True)
    if err.is_terminal:
        with err.status("") as status:
            yield lambda text: status.update(Text(text))
    else:
        yield lambda text: err.print(text, markup=False)
