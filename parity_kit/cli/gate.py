"""`parity-kit gate`: a candidate against the committed corpora, without LangGraph."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit import __version__
from parity_kit.cli.common import console, json_option, level_option, print_json, workspace_option
from parity_kit.cli.files import files_options
from parity_kit.contract import Level
from parity_kit.errors import CandidateError, ExitCode
from parity_kit.events import (
    CLAIMS,
    CandidateFailed,
    CandidateJudged,
    DivergenceFound,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
)
from parity_kit.workspace import Workspace

if TYPE_CHECKING:
    from parity_kit.sinks.account import Sentence
    from parity_kit.sinks.files import Wanted


@dataclass(slots=True)
class _Result:
    """What a candidate's gates came to, filled in as events tell it."""

    candidate: str
    level: Level
    verdict: str = "unknown"
    problem: str = ""
    exit_code: ExitCode = ExitCode.NOT_JUDGED
    seconds: float = 0.0
    gates: list[GateFinished] = field(default_factory=list[GateFinished])
    divergences: list[DivergenceFound] = field(default_factory=list[DivergenceFound])

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared."""
        return sum(gate.compared for gate in self.gates)

    @property
    def reached(self) -> Level:
        """The level that every compared case reached: lower than asked if less was claimed."""
        levels = [Level[gate.reached.upper()] for gate in self.gates if gate.compared]
        return min(levels, default=Level.NONE)

    def tell(self, event: Event) -> None:
        """Keep what the end needs."""
        if isinstance(event, GateFinished) and event.kind == CLAIMS:
            self.problem = "; ".join(event.notes)
        elif isinstance(event, GateFinished):
            self.gates.append(event)
        elif isinstance(event, DivergenceFound):
            self.divergences.append(event)


_SHOWN_AT_THE_END = (
    RunStarted,
    CandidateFailed,
    GateFinished,
    DivergenceFound,
    CandidateJudged,
    RunFinished,
)


@click.command("gate")
@click.argument("candidate")
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    help="Only this corpus; may be repeated. imported:NAME is one of your own data.",
)
@level_option
@click.option(
    "--floor",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Fewest cases that must be compared.",
)
@click.option(
    "--cases",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a case of each divergence to DIRECTORY/cases/.",
)
@files_options
@json_option
@workspace_option
def command(
    space: Workspace,
    candidate: str,
    corpora: tuple[str, ...],
    level: str,
    floor: int,
    folder: Path | None,
    wanted: Wanted,
    as_json: bool,
) -> int:
    """Compare CANDIDATE with every committed fixture.

    The first line printed is the verdict and why. The files for CI systems are written when the
    gate begins, saying that it has not ended, and again at its end; within GitHub's workflows its
    annotations and the step's summary are made without being asked for.

    Ends with 0 for parity, 1 for a divergence or too few cases, 3 if the candidate could not be
    judged or nothing was compared.
    """
    from parity_kit.corpora.imported import PREFIX
    from parity_kit.corpora.manifest import read_manifest
    from parity_kit.sinks import Terminal
    from parity_kit.sinks.files import opened

    started = time.perf_counter()
    result = _Result(candidate, Level[level.upper()])
    with (
        opened(wanted, space, folder) as files,
        Terminal(console(stderr=True)) as terminal,
    ):

        def tell(event: Event) -> None:
            result.tell(event)
            files.tell(event)
            if not isinstance(event, _SHOWN_AT_THE_END):
                terminal.tell(event)

        # A workspace of somebody's own data alone has no committed fixtures to name an oracle.
        own = corpora and all(name.startswith(PREFIX) for name in corpora)
        oracle = {} if own else dict(read_manifest(space.fixtures).oracle)
        tell(RunStarted("", __version__, oracle, {}, 0, [candidate]))
        try:
            engaged = _run(space, result, corpora, folder, tell, terminal.note)
        except CandidateError as error:
            # What was seen before is shown; the candidate as a whole is not judged.
            result.verdict, result.problem = "unknown", str(error)
            tell(CandidateFailed(candidate, candidate, error.code, error.problem))
            _end(result, corpora, started, tell)
            if not result.gates and not as_json:
                raise
        else:
            _conclude(result, engaged, floor)
            _end(result, corpora, started, tell)
    if as_json:
        print_json(_as_json(result))
    else:
        _print(result, files.account.headline())
    return result.exit_code


def _end(
    result: _Result, corpora: Collection[str], started: float, tell: Callable[[Event], None]
) -> None:
    """Tell what the candidate came to, and what was left out because nobody asked for it."""
    result.seconds = time.perf_counter() - started
    level = f"equal at level {result.reached.label}"
    reason = result.problem or (level if result.exit_code is ExitCode.PARITY else result.verdict)
    tell(CandidateJudged(result.candidate, result.verdict, reason, int(result.exit_code)))
    notes = [f"only these corpora were asked for: {', '.join(corpora)}"] if corpora else []
    tell(RunFinished(int(result.exit_code), result.seconds, notes))


def _run(
    space: Workspace,
    result: _Result,
    corpora: Collection[str],
    folder: Path | None,
    tell: Callable[[Event], None],
    note: Callable[[str], None],
) -> Mapping[str, int]:
    """Run the gates and return how often each function that the candidate replaces ran."""
    from parity_kit.candidates.launch import find, start
    from parity_kit.contender import Contender
    from parity_kit.gate import gate_corpora

    candidate = find(space, result.candidate)
    with start(candidate, space, on_progress=note) as engine:
        contender = Contender.started(candidate, engine)
        result.verdict = gate_corpora(
            space, contender, result.level, tell, folder=folder, wanted=corpora
        )
        return engine.describe().engaged


def _conclude(result: _Result, engaged: Mapping[str, int], floor: int) -> None:
    from parity_kit.gate import BREAKDOWNS, exit_code

    result.exit_code = exit_code(result.verdict)
    if engaged and not any(engaged.values()):
        result.verdict, result.exit_code = "unknown", ExitCode.NOT_JUDGED
        result.problem = f"not engaged: {', '.join(engaged)} never ran, so LangGraph answered"
    elif not result.compared and result.verdict in BREAKDOWNS:
        result.exit_code = ExitCode.NOT_JUDGED
        result.problem = "it broke down on every case"
    elif not result.compared and result.verdict == "unknown":
        result.problem = "nothing was compared, and that is not a pass"
    elif result.exit_code is ExitCode.PARITY and result.compared < floor:
        result.verdict, result.exit_code = "unknown", ExitCode.DIVERGENCE
        result.problem = f"{result.compared} cases compared, the floor is {floor}"


def _as_json(result: _Result) -> dict[str, object]:
    return {
        "candidate": result.candidate,
        "level": result.level.label,
        "reached": result.reached.label,
        "verdict": result.verdict,
        "problem": result.problem,
        "exit_code": int(result.exit_code),
        "compared": result.compared,
        "seconds": result.seconds,
        "gates": [dataclasses.asdict(gate) for gate in result.gates],
        "divergences": [dataclasses.asdict(each) for each in result.divergences],
    }


def _print(result: _Result, why: Sentence) -> None:
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.report.text import one_line
    from parity_kit.words import colour, mark

    out = console()
    # Whoever reads only the first line is to know the verdict, and why.
    out.print(escape(one_line(str(why))), style=f"bold {colour(result.verdict)}")
    out.print()
    table = Table("corpus", "verdict", box=None)
    for heading in ("equal", "divergent", "unsupported", "other"):
        table.add_column(heading, justify="right")
    table.add_column("level reached")
    table.add_column("seconds", justify="right")
    for gate in result.gates:
        named = [gate.verdicts.get(word, 0) for word in ("equal", "divergent", "unsupported")]
        other = sum(gate.verdicts.values()) - sum(named)
        table.add_row(
            gate.gate.removeprefix("corpus "),
            mark(gate.verdict),
            *(str(count) if count else "·" for count in (*named, other)),
            gate.reached,
            f"{gate.seconds:.2f}",
        )
    out.print(table)
    for each in result.divergences:
        times = f", {each.count} cases" if each.count > 1 else ""
        out.print(f"\n{mark(each.verdict)} {escape(one_line(each.headline))}")
        if each.reference or each.candidate_side:
            out.print(f"  reference  {one_line(each.reference)}", markup=False)
            out.print(f"  candidate  {one_line(each.candidate_side)}", markup=False)
        out.print(f"  {each.case}{times}", markup=False, style="dim")
    if result.problem:
        out.print(f"\n{result.problem}", markup=False)
    reached = result.reached
    level = f", equal at level {reached.label}" if reached else ""
    out.print(
        f"\n{mark(result.verdict)}  {result.compared} cases compared{level}, {result.seconds:.1f} s"
    )
