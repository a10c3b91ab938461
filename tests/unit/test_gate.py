"""The gate: its verdicts and exit codes, on engines in this process and over the wire."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.gate import command
from parity_kit.contract import (
    Case,
    CaseRunner,
    Level,
    Outcome,
    Raised,
    Returned,
    SubjectKind,
    Unsupported,
    run,
)
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ExitCode,
    ProtocolFaultError,
)
from parity_kit.contract.events import DivergenceFound, Event, GateFinished, GateProgress
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates.conclusion import Conclusion, conclude
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.reference import Engine

WORKSPACE = find_workspace(Path(__file__))
ENGINES = Path(__file__).parent / "engines"


@dataclass
class Gate:
    """A gate run in this process, and what it told."""

    totals: GateTotals
    events: list[Event] = field(default_factory=list[Event])

    @property
    def conclusion(self) -> Conclusion:
        return conclude(self.totals, Rules())

    @property
    def verdict(self) -> str:
        return self.conclusion.verdict

    def emit(self, event: Event) -> None:
        self.totals.emit(event)
        self.events.append(event)

    @property
    def finished(self) -> list[GateFinished]:
        return [event for event in self.events if isinstance(event, GateFinished)]

    @property
    def divergences(self) -> list[DivergenceFound]:
        return [event for event in self.events if isinstance(event, DivergenceFound)]


def gate(
    candidate: CaseRunner,
    *corpora: str,
    level: Level = Level.BYTES,
    folder: Path | None = None,
    claimed: Mapping[SubjectKind, Level] = MappingProxyType({}),
) -> Gate:
    result = Gate(GateTotals({kind.value: level.label for kind, level in claimed.items()}))
    gate_corpora(
        read_wanted(WORKSPACE, corpora),
        CandidateUnderTest("it", candidate, claimed=claimed),
        level,
        result.emit,
        folder=folder,
        whole=not corpora,
    )
    return result


def reference(case: Case) -> tuple[Outcome, ...]:
    return run(Engine(), case)


def test_the_reference_is_equal_to_its_own_fixtures() -> None:
    result = gate(reference, "channels", "savers")
    assert result.verdict == "equal"
    assert [gate.gate for gate in result.finished] == ["corpus channels", "corpus savers"]
    for finished in result.finished:
        assert (finished.verdict, finished.required, finished.reached) == (
            "equal",
            "bytes",
            "bytes",
        )
        assert finished.compared == finished.verdicts["equal"] > 0
    assert not result.divergences
    assert result.conclusion.exit_code is ExitCode.PARITY


def wrong(name: str, change: Callable[[Returned], Outcome]) -> CaseRunner:
    """Return the reference with what operations of one name return changed."""

    def candidate(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            change(outcome) if operation.name == name and isinstance(outcome, Returned) else outcome
            for operation, outcome in zip(case.operations, reference(case), strict=True)
        )

    return candidate


def test_a_wrong_value_is_divergent_and_reported_once_per_place(tmp_path: Path) -> None:
    result = gate(
        wrong("is_available", lambda outcome: Returned("yes", stored=outcome.stored)),
        "channels",
        folder=tmp_path,
    )
    assert result.verdict == "divergent"
    assert result.conclusion.exit_code is ExitCode.DIVERGENCE
    (finished,) = result.finished
    assert finished.reached == "none"
    assert finished.verdicts["divergent"] == sum(
        divergence.count for divergence in result.divergences
    )
    assert len(result.divergences) < finished.verdicts["divergent"]
    first = result.divergences[0]
    assert "(is_available): value" in first.headline
    assert first.candidate_side.startswith("'yes'")
    written = read_case(tmp_path / first.file)
    assert written.case.id == first.case
    assert written.candidate_outcomes is not None
    assert written.candidate_outcomes != written.reference_outcomes


def test_a_wrong_stored_byte_is_seen_at_bytes_and_not_below() -> None:
    def off(outcome: Returned) -> Outcome:
        return Returned(outcome.value, stored=dict.fromkeys(outcome.stored, b"\x00"))

    assert gate(wrong("update", off), "channels").verdict == "divergent"
    lower = gate(wrong("update", off), "channels", level=Level.TRACE)
    assert lower.verdict == "equal"
    assert lower.finished[0].reached == "trace"


def test_a_candidate_is_asked_for_no_more_than_it_claims_and_that_is_shown() -> None:
    def off(outcome: Returned) -> Outcome:
        return Returned(outcome.value, stored=dict.fromkeys(outcome.stored, b"\x00"))

    result = gate(wrong("update", off), "channels", claimed={SubjectKind.CHANNEL: Level.TRACE})
    assert result.verdict == "equal"
    assert result.finished[0].reached == "trace"


def test_a_wrong_error_message_is_divergent() -> None:
    def candidate(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            Raised(outcome.error, "other", stored=outcome.stored)
            if isinstance(outcome, Raised)
            else outcome
            for outcome in reference(case)
        )

    assert gate(candidate, "channels").verdict == "divergent"


def nothing(case: Case) -> tuple[Outcome, ...]:
    return tuple(Unsupported("not yet") for _ in case.operations)


def test_an_engine_that_supports_nothing_is_unknown() -> None:
    result = gate(nothing)
    assert result.verdict == "unknown"
    assert result.conclusion.exit_code is ExitCode.NOT_JUDGED
    assert all(gate.compared == 0 for gate in result.finished)
    assert {gate.reached for gate in result.finished} == {"none"}


def only_savers(case: Case) -> tuple[Outcome, ...]:
    return reference(case) if case.subject.kind is SubjectKind.SAVER else nothing(case)


def test_what_is_not_claimed_may_be_unsupported() -> None:
    result = gate(only_savers, "channels", "savers", claimed={SubjectKind.SAVER: Level.BYTES})
    assert [gate.verdict for gate in result.finished] == ["unsupported", "equal"]
    assert result.verdict == "equal"


def test_what_is_claimed_and_never_compared_is_unknown() -> None:
    claimed = {SubjectKind.SAVER: Level.BYTES, SubjectKind.CHANNEL: Level.BYTES}
    result = gate(only_savers, "channels", "savers", claimed=claimed)
    assert [gate.verdict for gate in result.finished] == ["unsupported", "equal"]
    assert result.conclusion.first_line == (
        "? unknown: channel is claimed, and 0 of its 114 cases were compared"
    )


def test_a_corpus_may_be_unsupported_where_its_subject_was_compared_in_another() -> None:
    claimed = {SubjectKind.SAVER: Level.BYTES}

    def without_postgres(case: Case) -> tuple[Outcome, ...]:
        return (nothing if case.subject.spec["saver"] == "postgres" else reference)(case)

    result = gate(without_postgres, "savers", "savers_postgres", claimed=claimed)
    assert [gate.verdict for gate in result.finished] == ["equal", "unsupported"]
    assert result.verdict == "equal"
    assert gate(without_postgres, "savers_postgres", claimed=claimed).verdict == "unknown"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CandidateCrashedError, "crashed"),
        (CandidateHungError, "hung"),
        (ProtocolFaultError, "protocol error"),
    ],
)
def test_a_failure_on_one_case_does_not_end_the_gate(
    error: type[CandidateError], verdict: str
) -> None:
    def candidate(case: Case) -> tuple[Outcome, ...]:
        if case.id == "channels/last-value/one":
            raise error("it broke")
        return reference(case)

    result = gate(candidate, "channels")
    (finished,) = result.finished
    assert result.verdict == finished.verdict == verdict
    assert finished.verdicts[verdict] == 1
    assert finished.compared == finished.verdicts["equal"] > 100
    (divergence,) = result.divergences
    assert (divergence.case, divergence.headline) == ("channels/last-value/one", "it broke")


def test_a_candidate_that_is_past_judging_ends_the_gate_with_what_was_seen() -> None:
    events: list[Event] = []

    def candidate(case: Case) -> tuple[Outcome, ...]:
        if len(events) > 3:
            raise CandidateError("is not started again")
        return reference(case)

    with pytest.raises(CandidateError, match="not started again"):
        gate_corpora(
            read_wanted(WORKSPACE, ["channels"]),
            CandidateUnderTest("it", candidate),
            Level.BYTES,
            events.append,
        )
    finished = events[-1]
    assert isinstance(finished, GateFinished)
    assert finished.verdict == "unknown", "most of the corpus was never compared"
    assert finished.compared > 0


def test_progress_is_reported_up_to_the_size_of_the_corpus() -> None:
    result = gate(nothing, "channels")
    progress = [event for event in result.events if isinstance(event, GateProgress)]
    assert [event.done for event in progress] == sorted({event.done for event in progress})
    (corpus,) = read_corpora(WORKSPACE.fixtures, ["channels"])
    assert {event.total for event in progress} == {len(corpus.traces)}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with the committed fixtures and small engines as candidates."""
    (tmp_path / "parity.toml").write_text("")
    (tmp_path / "fixtures").symlink_to(WORKSPACE.fixtures, target_is_directory=True)
    kinds = {
        "good": "Engine",
        "bad": "OneByteOff",
        "empty": "SupportsNothing",
        "broken": "FailsThroughout",
    }
    for name, kind in kinds.items():
        folder = tmp_path / "candidates" / name
        folder.mkdir(parents=True)
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
            f'description = "for a test"\nobject = "from_fixtures:{kind}"\npath = "{ENGINES}"\n'
            f'[env]\nPARITY_KIT_TEST_FIXTURES = "{WORKSPACE.fixtures}"\n'
        )
    return tmp_path


def call(workspace: Path, *args: str) -> Any:
    return CliRunner().invoke(
        command, [*args, "--workspace", str(workspace)], standalone_mode=False
    )


def test_the_command_ends_with_the_code_of_the_verdict(workspace: Path) -> None:
    good = call(workspace, "good")
    assert good.return_value == ExitCode.PARITY, good.output
    assert "equal at level bytes" in good.output
    bad = call(workspace, "bad")
    assert bad.return_value == ExitCode.DIVERGENCE
    assert "stored" in bad.output
    assert call(workspace, "bad", "--level", "trace").return_value == ExitCode.PARITY
    empty = call(workspace, "empty")
    assert empty.return_value == ExitCode.NOT_JUDGED
    cases = sum(corpus.cases for corpus in read_manifest(WORKSPACE.fixtures).corpora.values())
    assert f"? unknown: 0 of {cases:,} cases compared, {cases:,} unsupported" in empty.output
    broken = call(workspace, "broken", "--corpus", "channels")
    assert broken.return_value == ExitCode.NOT_JUDGED
    assert broken.stdout.startswith("✕ crashed: 114 of 114 cases, first ")


def test_the_first_line_says_the_verdict_and_why(workspace: Path) -> None:
    first_lines = {
        name: call(workspace, name, "--corpus", "graphs").stdout.splitlines()[0]
        for name in ("good", "bad", "empty")
    }
    assert re.fullmatch(r"✓ equal: ([\d,]+) of \1 cases equal at level bytes", first_lines["good"])
    assert re.fullmatch(
        r"≠ divergent: [\d,]+ of [\d,]+ cases, first \S+: oper.*", first_lines["bad"]
    )
    assert re.fullmatch(
        r"\? unknown: 0 of (\d+) cases compared, \1 unsupported", first_lines["empty"]
    )
    floor = call(workspace, "good", "--corpus", "channels", "--floor", "1000").stdout.splitlines()[
        0
    ]
    assert floor == "? unknown: 114 of 114 cases equal, the floor is 1,000"


def test_the_files_that_are_asked_for_are_written(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    files = {
        "--junit": "j.xml",
        "--sarif": "s.sarif",
        "--markdown": "m.md",
        "--badge": "b.svg",
        "--cases": "found",
    }
    options = [item for name, file in files.items() for item in (name, str(tmp_path / file))]
    result = call(workspace, "bad", "--corpus", "graphs", "--json", *options)
    output = json.loads(result.stdout)
    annotated = result.stderr.count("::error file=fixtures/graphs.index,line=")
    assert annotated == len(output["divergences"]) > 1
    junit = (tmp_path / "j.xml").read_text(encoding="utf-8")
    failing = sum(gate["verdicts"].get("divergent", 0) for gate in output["gates"])
    assert junit.count("<failure ") == failing + 1  # and the verdict
    log = json.loads((tmp_path / "s.sarif").read_text(encoding="utf-8"))
    assert len(log["runs"][0]["results"]) == len(output["divergences"])
    markdown = (tmp_path / "m.md").read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == markdown
    assert "again: `parity-kit replay found/cases/bad-corpus-" in markdown
    assert "divergent" in (tmp_path / "b.svg").read_text(encoding="utf-8")


def test_files_of_a_candidate_that_does_not_start_say_so(workspace: Path, tmp_path: Path) -> None:
    manifest = workspace / "candidates" / "good" / "candidate.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("from_fixtures:Engine", "nowhere:Engine"), encoding="utf-8")
    result = call(workspace, "good", "--junit", str(tmp_path / "j.xml"))
    assert result.return_value == ExitCode.NOT_JUDGED
    assert result.stdout.startswith("? unknown: ")
    assert "nowhere" in result.stdout.splitlines()[0]
    assert "nowhere" in result.stderr
    junit = (tmp_path / "j.xml").read_text(encoding="utf-8")
    assert 'errors="2"' in junit  # the verdict, and that the run is a part
    output = json.loads(call(workspace, "good", "--json").stdout)
    assert output["error"]["exit_code"] == output["exit_code"] == ExitCode.NOT_JUDGED
    assert output["error"]["problem"] == output["reason"]
    assert "nowhere" in junit


def test_fewer_cases_than_the_floor_are_no_pass(workspace: Path) -> None:
    result = call(workspace, "good", "--corpus", "channels", "--floor", "1000")
    assert result.return_value == ExitCode.DIVERGENCE
    assert "the floor is 1,000" in result.output


def test_the_gate_loads_none_of_what_it_must_not_need(workspace: Path) -> None:
    program = """
import sys
from parity_kit.cli import cli
code = cli(["gate", "good", "--workspace", sys.argv[1]], standalone_mode=False)
roots = {name.partition(".")[0] for name in sys.modules}
heavy = {"langgraph", "langchain_core", "pandas", "numpy", "matplotlib", "hypothesis", "pydantic"}
print("loaded:", sorted(roots & heavy), "exit", int(code))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(workspace)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(WORKSPACE.root)},
    )
    assert "loaded: [] exit 0" in done.stdout


def test_what_a_candidate_fails_with_is_one_cause_whatever_the_case() -> None:
    def candidate(case: Case) -> tuple[Outcome, ...]:
        raise CandidateCrashedError(f"failed on case {case.id}: ValueError: not yet")

    result = gate(candidate, "channels")
    (divergence,) = result.divergences
    assert divergence.count == result.finished[0].verdicts["crashed"] > 100
