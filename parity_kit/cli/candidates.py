"""`parity-kit candidates`: what can be tested here, and whether it answers."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.errors import BadManifestError, CandidateError, ExitCode, UsageError
from parity_kit.workspace import Workspace

if TYPE_CHECKING:
    from parity_kit.candidates.checks import Answer
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.contract import Description


@click.group()
def command() -> None:
    """List and check what can be tested here.

    A candidate is a folder under candidates/ with a candidate.toml; docs/candidates.md says how to
    write one.
    """


@command.command("list")
@json_option
@workspace_option
def list_command(space: Workspace, *, as_json: bool) -> int:
    """List the workspace's candidates, and what each still needs before it can start.

    Ends with 2 if a manifest is wrong; the others are listed all the same.
    """
    from parity_kit.candidates import launch

    good, bad = launch.readable(space)
    rows = [(each, launch.missing(each, space)) for each in good]
    code = ExitCode.USAGE if bad else ExitCode.PARITY
    if as_json:
        listed = [_to_json(each) | {"missing": lacks} for each, lacks in rows]
        print_json({"candidates": listed, "problems": [str(each) for each in bad]})
        return code
    out = console()
    _tell_wrong(bad)
    if not rows:
        out.print(f"no candidates in {space.candidates}", markup=False)
        return code
    table = _table("name", "title", "kind", "language", "ready")
    for each, lacks in rows:
        _row(table, each.name, each.title, each.kind.value, each.language, lacks or "yes")
    out.print(table)
    if any(lacks == launch.NOT_MADE for _, lacks in rows):
        out.print("environments are made on demand, or now: parity-kit candidates check --all")
    return code


def _tell_wrong(manifests: list[BadManifestError]) -> None:
    for each in manifests:
        click.echo(f"error [{each.code}] {each}", err=True)


def _to_json(candidate: Candidate) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "title": candidate.title,
        "kind": candidate.kind.value,
        "language": candidate.language,
        "description": candidate.description,
        "folder": str(candidate.folder),
    }


@command.command("new")
@click.argument("name")
@click.option("--language", required=True, help="python, typescript, rust, go or java.")
@workspace_option
def new_command(space: Workspace, *, name: str, language: str) -> int:
    """Write the folder of a candidate that works at once, for its author to fill in.

    It answers the handshake and `candidates check`, and says "unsupported" to nearly everything;
    the README.md in it says what comes next.
    """
    from parity_kit.candidates import scaffold

    folder = scaffold.new(space, name, language)
    out = console()
    out.print(f"{folder} is a candidate that works; its README.md says what to fill in. Next:")
    out.print(f"  parity-kit candidates check {name}", markup=False)
    out.print(f"  parity-kit gate {name} --corpus msgpack", markup=False)
    return ExitCode.PARITY


@command.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Check every candidate of the workspace.")
@json_option
@workspace_option
def check_command(
    space: Workspace, *, names: tuple[str, ...], everything: bool, as_json: bool
) -> int:
    """Make a candidate's environment, start it, and ask it the easiest cases.

    Nothing is compared with LangGraph here: that a check is ok says that the candidate can be
    judged, not that it is right. Ends with 1 for a wrong answer, 2 if a manifest is wrong, 3 if a
    candidate could not be asked.
    """
    from parity_kit.candidates import launch

    if everything == bool(names):
        raise UsageError(
            "give either names or --all", hint="`parity-kit candidates list` shows the names"
        )
    wanted, bad = [launch.find(space, name) for name in names], list[BadManifestError]()
    if everything:
        wanted, bad = launch.readable(space)
        _tell_wrong(bad)
    seen: list[_Seen] = []
    for candidate in wanted:
        with _progress() as tell:
            seen.append(_look(candidate, space, tell))
        if not as_json:
            _show(seen[-1])
    least = ExitCode.USAGE if bad else ExitCode.PARITY
    code = max([least, *(each.exit_code for each in seen)])
    if as_json:
        checked = [each.to_json() for each in seen]
        problems = [str(each) for each in bad]
        print_json({"candidates": checked, "problems": problems, "exit_code": int(code)})
    return code


@dataclass(slots=True)
class _Seen:
    """What came of checking one candidate."""

    candidate: Candidate
    description: Description | None = None
    error: CandidateError | None = None
    answers: list[Answer] = field(default_factory=list["Answer"])
    ready_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def exit_code(self) -> ExitCode:
        results = {each.result for each in self.answers}
        if self.error is not None or results - {"ok", "unsupported", "wrong"}:
            return ExitCode.NOT_JUDGED
        return ExitCode.DIVERGENCE if "wrong" in results else ExitCode.PARITY

    def to_json(self) -> dict[str, Any]:
        error = self.error and {"code": self.error.code, "problem": self.error.problem}
        return {
            **_to_json(self.candidate),
            "exit_code": int(self.exit_code),
            "error": error,
            "says": self.description and self.description.to_plain(),
            "checks": [dataclasses.asdict(each) for each in self.answers],
            "ready_seconds": round(self.ready_seconds, 3),
            "seconds": round(self.seconds, 3),
        }


def _look(candidate: Candidate, space: Workspace, tell: Callable[[str], None]) -> _Seen:
    from parity_kit.candidates import launch
    from parity_kit.candidates.checks import EASIEST, check

    seen = _Seen(candidate)
    began = time.monotonic()
    try:
        with launch.start(candidate, space, tell) as engine:
            seen.ready_seconds = engine.ready_seconds
            seen.description = engine.describe()
            tell(f"{candidate.name}: asking the easiest cases")
            offered = [each for each in EASIEST if each.subject in seen.description.levels]
            seen.answers = [check(engine.run, each) for each in offered]
            seen.description = engine.describe()
    except CandidateError as error:
        seen.error = error
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
    if seen.answers:
        table = _table("subject", "claims", "check", "result")
        for each in seen.answers:
            claimed = seen.description.levels[each.subject].label if seen.description else ""
            result = f"{each.result}: {each.detail}" if each.detail else each.result
            style = _STYLES.get(each.result, "red")
            _row(table, each.subject.value, claimed, each.title, result, style=style)
        out.print(table)
    for name, count in seen.description.engaged.items() if seen.description else ():
        never = "" if count else ": what it replaces has not driven"
        style = None if count else "yellow"
        out.print(f"  {name} ran {count} times{never}", markup=False, style=style)
    if seen.error is not None:
        out.print(f"  error [{seen.error.code}] {seen.error}", markup=False, style="red")
    elif not seen.answers:
        out.print("  claims no subject: there is nothing to check", style="yellow")
    out.print()


def _table(*columns: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _row(table: Any, *cells: str, style: str | None = None) -> None:
    """Add a row; a candidate's words are text, never markup, and the style is the last cell's."""
    from rich.text import Text

    table.add_row(*(Text(cell) for cell in cells[:-1]), Text(cells[-1], style=style or ""))


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
