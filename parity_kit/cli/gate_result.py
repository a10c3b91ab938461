"""The result of a gate for one candidate, as text and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parity_kit.cli.common import console
from parity_kit.cli.release_shown import show_release
from parity_kit.cli.tables import print_table
from parity_kit.contract import Level
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import DivergenceFound, GateFinished
from parity_kit.contract.text import one_line, quoted, sentence
from parity_kit.gates.conclusion import Conclusion
from parity_kit.judging.words import colour, mark, not_looked_at, other_packages, reached
from parity_kit.report.summary import CandidateSummary

MOST_SHOWN = 8
"""Causes that are printed."""
MOST_CHARACTERS = 300
"""Printed of a line that a candidate wrote."""


@dataclass(frozen=True, slots=True)
class Result:
    """One candidate's result."""

    summary: CandidateSummary
    level: Level
    oracle: str
    conclusion: Conclusion
    error: CandidateError | None
    seconds: float

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared."""
        return sum(gate.compared for gate in self.summary.gates.values())

    @property
    def _packages(self) -> dict[str, list[str]]:
        return self.summary.started.packages if self.summary.started else {}

    def to_json(self) -> dict[str, object]:
        """Return the result for machines."""
        conclusion, summary = self.conclusion, self.summary
        return {
            "candidate": summary.name,
            "oracle": self.oracle,
            "packages": self._packages,
            "level": self.level.label,
            "reached": summary.reached,
            "verdict": conclusion.verdict,
            "reason": conclusion.reason + conclusion.detail,
            "error": self.error.to_json() if self.error else None,
            "exit_code": int(conclusion.exit_code),
            "compared": self.compared,
            "not_looked_at": list(conclusion.not_looked_at),
            "not_judged": list(conclusion.not_judged),
            "release": dataclasses.asdict(summary.release) if summary.release else None,
            "seconds": self.seconds,
            "gates": [dataclasses.asdict(gate) for gate in summary.gates.values()],
            "divergences": [
                dataclasses.asdict(divergence) for divergence in summary.divergences.values()
            ],
        }

    def show(self) -> None:
        """Print the gates as a table, what differs, and the verdict."""
        out = console()
        if self.summary.gates:
            _show_gates(self.summary.gates.values())
        divergences = list(self.summary.divergences.values())
        for divergence in divergences[:MOST_SHOWN]:
            _show_divergence(divergence)
        if (more := len(divergences) - MOST_SHOWN) > 0:
            out.print(
                f"\nand {more} more: --json lists all, --cases DIRECTORY writes a case of each"
            )
        if self.error is not None:
            out.print(f"\n{one_line(sentence(self.error.problem))}", markup=False)
            _show_quoted(self.error.problem)
        sign = mark(self.conclusion.verdict)
        oracle = f" with {self.oracle}" if self.oracle else ""
        out.print(f"\n{sign}  {self.compared:,} cases compared{oracle} in {self.seconds:.1f} s")
        release = self.summary.release
        compared = release.before if release is not None else ()
        packages = {name: both for name, both in self._packages.items() if name not in compared}
        if text := other_packages(packages):
            out.print(text, style="dim", markup=False)
        if release is not None:
            show_release(release)
        if unseen := not_looked_at(self.conclusion.not_looked_at):
            out.print(unseen, style="dim", markup=False)


def show(results: Sequence[Result], headline: str, notes: Sequence[str]) -> None:
    """Print the headline, then each candidate's result, then what was left out."""
    out = console()
    worst = max(results, key=lambda result: result.conclusion.exit_code)
    # Whoever reads only the first line is to know the verdict, and why.
    style = f"bold {colour(worst.conclusion.verdict)}"
    out.print(one_line(headline), style=style, markup=False)
    for result in results:
        out.print()
        if len(results) > 1:
            out.print(result.summary.name, style="bold", markup=False)
        result.show()
    for note in notes:
        out.print(f"partial: {note}", style="dim", markup=False)


def _show_divergence(divergence: DivergenceFound) -> None:
    from rich.markup import escape

    out = console()
    times = f", {divergence.count} cases" if divergence.count > 1 else ""
    said = one_line(sentence(divergence.headline), MOST_CHARACTERS)
    out.print(f"\n{mark(divergence.verdict)} {escape(said)}")
    _show_quoted(divergence.headline)
    if divergence.reference or divergence.candidate_side:
        reference = one_line(divergence.reference, MOST_CHARACTERS)
        candidate = one_line(divergence.candidate_side, MOST_CHARACTERS)
        out.print(f"  reference  {reference}", markup=False)
        out.print(f"  candidate  {candidate}", markup=False)
    out.print(f"  {one_line(divergence.case)}{times}", markup=False, style="dim")


def _show_quoted(message: str) -> None:
    for line in quoted(message):
        console().print(f"  {line}", markup=False, style="dim")


def _show_gates(gates: Collection[GateFinished]) -> None:
    from rich.table import Table

    table = Table("gate", "verdict", box=None)
    for heading in ("equal", "divergent", "unsupported", "other"):
        table.add_column(heading, justify="right")
    table.add_column("level reached")
    table.add_column("seconds", justify="right")
    for gate in gates:
        named = [gate.verdicts.get(word, 0) for word in ("equal", "divergent", "unsupported")]
        other = sum(gate.verdicts.values()) - sum(named)
        table.add_row(
            gate.gate.removeprefix("corpus "),
            mark(gate.verdict),
            *(str(count) if count else "·" for count in (*named, other)),
            reached(gate.reached, gate.compared),
            f"{gate.seconds:.2f}",
        )
    out = console()
    print_table(out, table)
    for gate in gates:
        for note in gate.notes:
            out.print(
                f"{gate.gate}: {one_line(note, MOST_CHARACTERS)}", style="yellow", markup=False
            )
