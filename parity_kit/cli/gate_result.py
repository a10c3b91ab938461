"""What a candidate's gates came to, and what of it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from parity_kit.cli.common import console
from parity_kit.contract import Level
from parity_kit.contract.errors import CandidateError, ExitCode
from parity_kit.contract.events import CLAIMS, DivergenceFound, Event, GateFinished
from parity_kit.gates.gate import BREAKDOWNS, exit_code
from parity_kit.gates.rules import GateTotals, Rules

MOST_SHOWN = 8
"""Places of divergence that are printed."""
MOST_SAID = 300
"""Characters of a line of what a candidate said that are printed."""
MOST_LINES = 6
"""Lines of its last words that are printed."""


@dataclass(slots=True)
class Result:
    """One candidate's result, filled in as events tell it."""

    candidate: str
    level: Level
    verdict: str = "unknown"
    problem: str = ""
    error: CandidateError | None = None
    exit_code: ExitCode = ExitCode.NOT_JUDGED
    seconds: float = 0.0
    gates: list[GateFinished] = field(default_factory=list[GateFinished])
    divergences: list[DivergenceFound] = field(default_factory=list[DivergenceFound])
    seen: GateTotals = field(default_factory=GateTotals)

    @property
    def compared(self) -> int:
        """The cases whose outcomes were compared."""
        return sum(gate.compared for gate in self.gates)

    @property
    def reached(self) -> Level:
        """The level that every compared case reached: lower than asked if less was claimed."""
        levels = [Level[gate.reached.upper()] for gate in self.gates if gate.compared]
        return min(levels, default=Level.NONE)

    @property
    def reason(self) -> str:
        """Why it is what it is, in a few words."""
        level = f"equal at level {self.reached.label}"
        return self.problem or (level if self.exit_code is ExitCode.PARITY else self.verdict)

    def emit(self, event: Event) -> None:
        """Keep what the end needs."""
        self.seen.emit(event)
        if isinstance(event, GateFinished):
            if event.kind != CLAIMS:
                self.gates.append(event)
            if event.verdict == "unknown" and event.notes:
                self.problem = self.problem or "; ".join(event.notes)
        elif isinstance(event, DivergenceFound):
            self.divergences.append(event)

    def conclude(self, verdict: str, engaged: Mapping[str, int], rules: Rules) -> None:
        """Take the verdict of all gates, and hold it against what else must be so."""
        self.verdict, self.exit_code = verdict, exit_code(verdict)
        if engaged and not any(engaged.values()):
            self.verdict, self.exit_code = "unknown", ExitCode.NOT_JUDGED
            self.problem = f"not engaged: {', '.join(engaged)} never ran, so LangGraph answered"
        elif not self.compared and verdict in BREAKDOWNS:
            self.exit_code = ExitCode.NOT_JUDGED
            self.problem = "it broke down on every case"
        elif not self.compared and verdict == "unknown":
            self.problem = "nothing was compared, and that is not a pass"
        elif self.exit_code is ExitCode.PARITY and (broken := [*self.seen.broken(rules)]):
            self.verdict, self.exit_code = "unknown", ExitCode.DIVERGENCE
            self.problem = "; ".join(broken)

    def to_json(self) -> dict[str, object]:
        """Return the result for machines."""
        return {
            "candidate": self.candidate,
            "level": self.level.label,
            "reached": self.reached.label,
            "verdict": self.verdict,
            "problem": self.problem,
            "error": self.error.to_json() if self.error else None,
            "exit_code": int(self.exit_code),
            "compared": self.compared,
            "seconds": self.seconds,
            "gates": [dataclasses.asdict(gate) for gate in self.gates],
            "divergences": [dataclasses.asdict(divergence) for divergence in self.divergences],
        }

    def show(self) -> None:
        """Print the gates as a table, what differs, and the verdict."""
        from parity_kit.judging.text import one_line
        from parity_kit.judging.words import mark

        out = console()
        if self.gates:
            self._show_gates()
        for divergence in self.divergences[:MOST_SHOWN]:
            self._show_divergence(divergence)
        if (more := len(self.divergences) - MOST_SHOWN) > 0:
            out.print(
                f"\nand {more} more: --json lists all, --cases DIRECTORY writes a case of each"
            )
        if self.problem:
            lines = [one_line(line) for line in self.problem.splitlines()]
            out.print("\n".join([""] * bool(self.gates) + lines), markup=False)
        level = f", equal at level {self.reached.label}" if self.reached else ""
        counted = f"{self.compared} cases compared{level}, {self.seconds:.1f} s"
        out.print(f"\n{mark(self.verdict)}  {counted}")

    @staticmethod
    def _show_divergence(each: DivergenceFound) -> None:
        from rich.markup import escape

        from parity_kit.judging.text import one_line
        from parity_kit.judging.words import mark

        out = console()
        times = f", {each.count} cases" if each.count > 1 else ""
        said, *last_words = each.headline.splitlines() or [""]
        out.print(f"\n{mark(each.verdict)} {escape(one_line(said, MOST_SAID))}")
        for line in last_words[-MOST_LINES:]:
            out.print(f"  {one_line(line, MOST_SAID)}", markup=False, style="dim")
        if each.reference or each.candidate_side:
            out.print(f"  reference  {one_line(each.reference, MOST_SAID)}", markup=False)
            out.print(f"  candidate  {one_line(each.candidate_side, MOST_SAID)}", markup=False)
        out.print(f"  {each.case}{times}", markup=False, style="dim")

    def _show_gates(self) -> None:
        from rich.table import Table

        from parity_kit.judging.words import mark

        table = Table("gate", "verdict", box=None)
        for heading in ("equal", "divergent", "unsupported", "other"):
            table.add_column(heading, justify="right")
        table.add_column("level reached")
        table.add_column("seconds", justify="right")
        for gate in self.gates:
            named = [gate.verdicts.get(word, 0) for word in ("equal", "divergent", "unsupported")]
            other = sum(gate.verdicts.values()) - sum(named)
            table.add_row(
                gate.gate.removeprefix("corpus "),
                mark(gate.verdict),
                *(str(count) if count else "·" for count in (*named, other)),
                gate.reached,
                f"{gate.seconds:.2f}",
            )
        console().print(table)
