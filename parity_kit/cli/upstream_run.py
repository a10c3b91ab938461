"""A run of LangGraph's own tests on a candidate, whichever: its folder, events and conclusion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from parity_kit import __version__
from parity_kit.cli.common import console, progress_messages
from parity_kit.cli.lifecycle import Run
from parity_kit.contract.events import Event, RunStarted
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.candidates.manifest import Candidate
    from parity_kit.candidates.workspace import Workspace
    from parity_kit.gates.conclusion import Conclusion
    from parity_kit.report.ci.files import Wanted
    from parity_kit.upstream.judged import JudgedTests


@dataclass(frozen=True, slots=True)
class TestRun:
    """What is run: a kind of tests on a candidate, or on LangGraph of the given packages.

    `left_out` says which tests are not run, if that was asked for.
    """

    kind: str
    candidate: Candidate | None
    packages: Mapping[str, str]
    left_out: Sequence[str]
    wanted: Wanted

    @property
    def name(self) -> str:
        """Who is judged."""
        return str(self.candidate.name) if self.candidate else "LangGraph"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, what was judged, and its folder."""

    name: str
    conclusion: Conclusion
    judged: Sequence[JudgedTests]
    folder: Path

    def to_json(self) -> dict[str, object]:
        """Return the result for machines."""
        conclusion = self.conclusion
        return {
            "candidate": self.name,
            "verdict": conclusion.verdict,
            "reason": conclusion.reason + conclusion.detail,
            "exit_code": int(conclusion.exit_code),
            "run": str(self.folder),
        }

    def show(self) -> None:
        """Print the verdict, and how to get its page."""
        from parity_kit.judging.words import colour

        out, conclusion = console(), self.conclusion
        style = f"bold {colour(conclusion.verdict)}"
        out.print(one_line(f"{self.name} {conclusion.first_line}"), style=style, markup=False)
        out.print(f"report  parity-kit report {self.folder.name}", markup=False)


def run_tests(
    workspace: Workspace,
    asked: TestRun,
    judge: Callable[[Callable[[str], None]], Sequence[JudgedTests]],
) -> Ended:
    """Judge by LangGraph's tests: rules and ledger are read before the candidate can run.

    Raises:
        BadManifestError, BadFileError: If the rules or the ledger are broken.
    """
    from parity_kit.gates.runner import machine
    from parity_kit.gates.settings import read_settings
    from parity_kit.gates.upstream_gate import conclude_tests
    from parity_kit.judging.ledger import Ledger, read_ledger

    rules = read_settings(workspace).test_rules(asked.name, asked.kind)
    rules = rules.for_a_part() if asked.left_out else rules
    candidate = asked.candidate
    ledger = read_ledger(candidate.folder) if candidate else Ledger(Path())
    start = RunStarted("", __version__, dict(asked.packages), machine(), 0, [asked.name])
    label = f"{asked.kind}-{asked.name}"
    with Run(workspace, start, asked.wanted, label, resumable=False, hidden=get_args(Event)) as run:
        with progress_messages("preparing") as emit:
            judged = judge(emit)
        conclusion = conclude_tests(
            asked.name, candidate, judged, rules=rules, ledger=ledger, emit=run.emit
        )
        run.finish(conclusion.exit_code, asked.left_out)
    assert run.folder, "a run with a label has a folder"  # noqa: S101  # an invariant
    return Ended(asked.name, conclusion, judged, run.folder)
