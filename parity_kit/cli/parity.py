"""`parity-kit parity`: the whole path, from the corpora to the page."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.cli.common import console, json_option, print_json, workspace_option
from parity_kit.cli.files import files_options
from parity_kit.cli.lifecycle import Wish, begin, interruptible, resume_option
from parity_kit.contract.errors import BadManifestError, CandidateError, ExitCode
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateJudged,
    CorporaChecked,
    Event,
    GateFinished,
    RunFinished,
)
from parity_kit.gates.settings import Settings, read_settings

if TYPE_CHECKING:
    from parity_kit.gates.runner import Judging
    from parity_kit.report.ci import Sinks, Terminal
    from parity_kit.report.ci.files import Wanted

_ASKED = ("examples", "seed", "pairs", "everyone")
"""What says how the candidates are judged."""


@click.command("parity")
@click.option("--examples", default=100, show_default=True, help="Cases Hypothesis tries a suite.")
@click.option("--seed", default=0, show_default=True, help="Where all choices start.")
@click.option(
    "--pairs",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Pairs measured; 0 for no benchmarks.",
)
@click.option(
    "--all", "everyone", is_flag=True, help="Every candidate, not only those in parity.toml."
)
@resume_option
@files_options
@json_option
@workspace_option
def command(
    workspace: Workspace,
    examples: int,
    seed: int,
    pairs: int,
    resumed: str | None,
    wanted: Wanted,
    everyone: bool,
    as_json: bool,
) -> int:
    """Check the corpora, judge the workspace's candidates, measure them, and write the page.

    The candidates listed under `ours` in parity.toml decide the exit code; what other engines do
    is shown. Ends with 0 for parity, 1 for a divergence, 3 if one of `ours` could not be
    judged, 4 if the committed corpora are not what LangGraph makes now.

    A run that was stopped, even killed, goes on with --resume RUN; benchmarks that had not ended
    are measured again.
    """
    if examples < 1:
        raise click.BadParameter("must be at least 1", param_hint="--examples")
    from parity_kit.gates.runner import Judging, Plan
    from parity_kit.report.ci import Journal, Sinks, Terminal
    from parity_kit.report.ci.files import opened
    from parity_kit.report.write import write_report

    settings = read_settings(workspace)

    def wish() -> Wish:
        asked = {"examples": examples, "pairs": pairs}
        return Wish(_names(workspace, settings, everyone), seed, asked, list(settings.others))

    leg = begin(workspace, resumed, _ASKED, wish)
    folder, asked, earlier = leg.folder, leg.start.asked, leg.earlier
    names, seed = leg.start.candidates, leg.start.seed
    started = time.monotonic()
    heard = _Heard()
    journal = Journal(folder)
    with (
        interruptible(leg),
        opened(wanted, workspace, folder) as files,
        Terminal(console(stderr=as_json)) as terminal,
    ):
        sinks = Sinks(journal, files, terminal, heard)
        sinks.emit(leg.start)
        if known := earlier.says():
            terminal.note(known)
        codes = [_corpora(workspace, sinks, terminal, earlier.checked)]
        plan = Plan(examples=asked["examples"], seed=seed)
        judging = Judging(workspace, folder, plan, sinks.emit, terminal.note, earlier)
        codes += [_judged(judging, name, settings) for name in names]
        for event in earlier.benchmarks:
            sinks.emit(event)
        if asked["pairs"] and not earlier.benchmarks:
            _bench(workspace, names, folder, asked["pairs"], seed, sinks, terminal)
        code = max(codes)
        sinks.emit(RunFinished(int(code), time.monotonic() - started))
    journal.close()
    page = write_report(folder)
    if as_json:
        print_json(heard.summary(page, code))
    else:
        _summary(heard, settings, page, time.monotonic() - started)
    return int(code)


def _names(workspace: Workspace, settings: Settings, everyone: bool) -> list[str]:
    """Return whom a new run judges."""
    from parity_kit.candidates.launch import readable

    names = [*settings.ours, *settings.others]
    if everyone:
        names += [each.name for each in readable(workspace)[0] if each.name not in names]
    if not names:
        raise BadManifestError(
            "lists no candidate, so there is nothing to judge",
            where=str(workspace.root / MARKER),
            hint='name some: ours = ["NAME"]; `parity-kit candidates list` shows the names',
        )
    return names


def _corpora(
    workspace: Workspace, sinks: Sinks, terminal: Terminal, checked: CorporaChecked | None
) -> ExitCode:
    if checked is None:
        checked = _regenerated(workspace, sinks, terminal)
    sinks.emit(checked)
    return ExitCode.KIT_FAULT if checked.drifted else ExitCode.PARITY


def _regenerated(workspace: Workspace, sinks: Sinks, terminal: Terminal) -> CorporaChecked:
    from parity_kit.contract.events import GateProgress
    from parity_kit.corpora.regenerate import check

    terminal.note("fixtures: regenerating from real LangGraph")
    done = 0

    def progress(corpus: str, number: int) -> None:
        nonlocal done
        done += 1
        sinks.emit(GateProgress("fixtures", corpus, number, number))

    return check(workspace, (), progress).event()


def _judged(judging: Judging, name: str, settings: Settings) -> ExitCode:
    code = judging.candidate(name)
    return code if name in settings.ours else ExitCode.PARITY


def _bench(
    workspace: Workspace,
    names: list[str],
    folder: Path,
    pairs: int,
    seed: int,
    sinks: Sinks,
    terminal: Terminal,
) -> None:
    from parity_kit.bench.session import QUICK_SECONDS, run_benchmarks

    terminal.note("benchmarks: measuring in pairs of processes")
    try:
        run_benchmarks(
            workspace,
            names,
            folder / "bench",
            pairs=pairs,
            seed=seed,
            emit=sinks.emit,
            value_seconds=QUICK_SECONDS,
        )
    except CandidateError as error:
        terminal.note(f"benchmarks: {error.problem}")


class _Heard:
    """Remembers what the summary shows."""

    def __init__(self) -> None:
        self.corpora: CorporaChecked | None = None
        self.gates: list[GateFinished] = []
        self.judged: list[CandidateJudged] = []
        self.measured: list[BenchMeasured] = []

    def emit(self, event: Event) -> None:
        """Keep what the summary needs."""
        match event:
            case CorporaChecked():
                self.corpora = event
            case GateFinished():
                self.gates.append(event)
            case CandidateJudged():
                self.judged.append(event)
            case BenchMeasured():
                self.measured.append(event)
            case _:
                pass

    def compared(self, candidate: str) -> int:
        """How many cases of a candidate were compared."""
        return sum(gate.compared for gate in self.gates if gate.candidate == candidate)

    def speed(self, candidate: str) -> str:
        """A candidate's ratios in a word."""
        ratios = [
            row.ratio
            for row in self.measured
            if row.candidate == candidate and row.ratio is not None
        ]
        return f"{min(ratios):.2f}x to {max(ratios):.2f}x" if ratios else "not comparable"

    def summary(self, page: Path, code: ExitCode) -> dict[str, object]:
        """Return the summary for machines."""
        return {
            "report": str(page),
            "exit_code": int(code),
            "candidates": {
                each.candidate: {
                    "verdict": each.verdict,
                    "reason": each.reason,
                    "compared": self.compared(each.candidate),
                }
                for each in self.judged
            },
        }


def _summary(heard: _Heard, settings: Settings, page: Path, seconds: float) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from parity_kit.judging.words import mark

    out = console()
    table = Table(box=box.SIMPLE)
    for title in ("candidate", "verdict", "compared", "speed against LangGraph", "why"):
        table.add_column(title, overflow="fold")
    for each in heard.judged:
        name = (
            f"[bold]{each.candidate}[/bold]" if each.candidate in settings.ours else each.candidate
        )
        speed = heard.speed(each.candidate) if heard.measured else "not measured"
        cases = f"{heard.compared(each.candidate)} cases"
        table.add_row(name, mark(each.verdict), cases, speed, escape(each.reason))
    out.print(table)
    if heard.corpora is not None:
        total = sum(heard.corpora.corpora.values())
        state = "DRIFTED" if heard.corpora.drifted else "as real LangGraph makes them now"
        out.print(f"fixtures  {total} cases, {state}", markup=False)
    out.print(f"time      {seconds:.0f} s", markup=False)
    out.print(f"report    {page}", markup=False)
