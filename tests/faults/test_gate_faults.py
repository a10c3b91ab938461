"""Misbehaving engines at the gate: each ends in its verdict, in time, and spoils no other's.

Ten cases are answered rightly, between them one is not. Run as a program, this prints how long the
verdict on that one took: `python tests/faults/test_gate_faults.py`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from parity_kit.candidates.inspection import walk
from parity_kit.candidates.launch import find, start
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.gate import command
from parity_kit.contract import Case, CaseId, Level, Outcome, SubjectKind, outcome_to_plain
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import CandidateError, ExitCode
from parity_kit.contract.events import CaseJudged, Event
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.folder import read_corpora, write_corpora
from parity_kit.gates.conclusion import conclude
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.ledger import read_ledger

ENGINES = Path(__file__).parent / "engines"
MARGIN = 20.0
"""Seconds that a busy machine may take for what is no waiting."""


@dataclass(frozen=True)
class Fault:
    """An engine, the verdict it must get for its bad case, words of it, and `[limits]`."""

    engine: str
    verdict: str
    words: str
    limits: str = ""

    @property
    def seconds(self) -> float:
        """What one answer may take."""
        return 1.5 if HANGS in self.limits else 0.0


HANGS = "seconds = 1.5"
FAULTS = [
    Fault("prints_later", "protocol error", "is something printed to standard output?"),
    Fault("prints_afterwards", "protocol error", "describe after case bad"),
    Fault("not_msgpack", "protocol error", "not MessagePack"),
    Fault("not_utf8", "protocol error", "not MessagePack"),
    Fault("two_values", "protocol error", "not exactly one MessagePack value"),
    Fault("half_a_frame", "crashed", "7 bytes into a frame"),
    Fault("cuts_a_frame_and_hangs", "hung", "within 1.5 s", HANGS),
    Fault("wrong_msgid", "protocol error", "msgid"),
    Fault("answers_twice", "protocol error", "which was already answered"),
    Fault("answers_with_its_child", "protocol error", "which was already answered"),
    Fault("hangs", "hung", "did not answer case bad within 1.5 s", HANGS),
    Fault("drips", "hung", "within 1.5 s", HANGS),
    Fault("late", "hung", "within 1.5 s", HANGS),
    Fault("stops_itself", "hung", "within 1.5 s", HANGS),
    Fault("stops_reading", "hung", "within 1.5 s", HANGS),
    Fault("burns_cpu", "hung", "within 0.2 s of CPU", "cpu_seconds = 0.2"),
    Fault("another_cases_answer", "divergent", "operation 0"),
    Fault("counts_its_answers", "flaky", "run again: equal"),
    Fault("oversized", "protocol error", "announces 4294967295 bytes"),
    Fault("gigabyte", "protocol error", "announces 1073741824 bytes, over the limit of 1048576"),
    Fault("nests_deep", "protocol error", "nested deeper than 255"),
    Fault("nests_deeper", "protocol error", "nested deeper than 255"),
    Fault("negative_ext", "protocol error", "not plain data"),
    Fault("no_message", "protocol error", "not a MessagePack-RPC message"),
    Fault("too_few_outcomes", "protocol error", "expected 1, one per operation, got 0"),
    Fault("wrong_outcome", "protocol error", "stored.data: expected bytes"),
    Fault("refuses", "protocol error", "as a bad request"),
    Fault("asks_for_ever", "hung", "within 1.5 s", HANGS),
    Fault(
        "tells_for_ever", "protocol error", "more events during case bad than a response may hold"
    ),
    Fault("tells_of_no_operation", "protocol error", "operation 7, which has no events"),
    Fault("tells_afterwards", "protocol error", "describe after case bad"),
    Fault("closes_stdout", "protocol error", "closed its standard output"),
    Fault("crashes", "crashed", "exit code 3"),
    Fault("is_killed", "crashed", "signal SIGSEGV"),
    Fault("exits_quietly", "crashed", "exit code 0"),
    Fault("dies_after_its_answer", "crashed", "exit code 9 during describe after case bad"),
    Fault("ends_its_keeper", "crashed", "signal SIGKILL"),
    Fault("fails", "crashed", "IndexError"),
    Fault("leaves_a_child", "crashed", "exit code 5"),
    Fault("leaves_a_daemon", "equal", ""),
    Fault("eats_memory", "crashed", "over its memory limit of 256 MiB", "memory_mib = 256"),
    Fault("forks_many", "crashed", "over its limit of 8 processes", "processes = 8"),
    Fault("opens_files", "crashed", "Too many open files after", "open_files = 40"),
    Fault("floods_stderr", "equal", ""),
    Fault("declines", "unsupported", "no codec here"),
    Fault("ignores_shutdown", "equal", ""),
]


LEAVE_THEIR_SESSION = {"leaves_a_daemon", "forks_many"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return made(tmp_path_factory.mktemp("faults"))


def made(root: Path) -> Workspace:
    """Return a workspace with eleven cases, one of them bad, and every engine as a candidate."""
    (corpus,) = read_corpora(find_workspace(Path(__file__)).fixtures, ["msgpack"])
    traces = list(corpus.traces[:11])
    bad = replace(traces[5].case, id=CaseId("bad"), operations=traces[5].case.operations[:1])
    traces[5] = replace(traces[5], case=bad, outcomes=traces[5].outcomes[:1])
    write_corpora(root / "fixtures", [Corpus(CorpusName("small"), tuple(traces))], {}, "3.11")
    right = {trace.case.id: pack([*map(outcome_to_plain, trace.outcomes)]) for trace in traces}
    (root / "answers").write_bytes(pack(right))
    (root / "parity.toml").touch()
    limits = {fault.engine: fault.limits for fault in [*FAULTS, *START_FAULTS]}
    for engine in ENGINES.glob("*.py"):
        folder = root / "candidates" / engine.stem
        folder.mkdir(parents=True)
        (folder / "candidate.toml").write_text(
            f'name = "{engine.stem}"\ntitle = "-"\nkind = "command"\nlanguage = "Python"\n'
            f'command = ["{sys.executable}", "{engine}"]\n'
            f"[limits]\nframe_mib = 1\n{limits.get(engine.stem, '')}\n"
            f'[env]\nPARITY_KIT_TEST_ANSWERS = "{root / "answers"}"\n'
        )
    return Workspace(root)


@pytest.fixture(autouse=True)
def nothing_left_behind(workspace: Workspace) -> Iterator[None]:
    """No engine leaves a process anywhere, or a file descriptor here."""
    descriptors = psutil.Process().num_fds()
    yield
    # An orphan that was killed is gone a moment later than the call that killed it.
    until = time.monotonic() + MARGIN
    while running(workspace) and time.monotonic() < until:
        time.sleep(0.01)
    assert running(workspace) == []
    assert psutil.Process().num_fds() == descriptors


def running(workspace: Workspace) -> list[str]:
    """Return the processes of this machine that an engine of this workspace started."""
    commands: list[str] = []
    mark = str(workspace.root / "answers")
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        info = process.info  # what cannot be read is None
        marks: list[str] = [*(info["environ"] or {}).values(), *(info["cmdline"] or [])]
        if mark in marks and info["status"] != psutil.STATUS_ZOMBIE:
            commands.append(" ".join(info["cmdline"] or []))
    return commands


def test_a_daemon_that_was_left_would_be_seen(workspace: Workspace) -> None:
    command = [sys.executable, "-S", "-c", "input()", str(workspace.root / "answers")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert running(workspace) == [" ".join(command)]
        process.communicate()


@dataclass(frozen=True)
class Judged:
    """The gate's verdict on an engine, those on its cases, and what those took that ran again."""

    verdict: str
    cases: dict[str, CaseJudged]
    seconds: list[float]


def judged(workspace: Workspace, name: str) -> Judged:
    events: list[Event] = []
    seconds: list[float] = []

    def timed(case: Case) -> tuple[Outcome, ...]:
        began = time.monotonic()
        try:
            return engine.run(case)
        finally:
            seconds.append(time.monotonic() - began)

    candidate = find(workspace, name)
    with start(candidate, workspace) as engine:
        under_test = replace(
            CandidateUnderTest.started(candidate.name, engine, read_ledger(candidate.folder)),
            run=timed,
        )
        gate_corpora(read_wanted(workspace), under_test, Level.BYTES, events.append)
    totals = GateTotals()
    for event in events:
        totals.emit(event)
    verdict = conclude(totals, Rules()).verdict
    cases = {event.case: event for event in events if isinstance(event, CaseJudged)}
    return Judged(verdict, cases, seconds)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.engine)
def test_fault_ends_in_its_verdict_and_the_other_cases_are_equal(
    workspace: Workspace, fault: Fault
) -> None:
    if sys.platform != "linux" and fault.engine in LEAVE_THEIR_SESSION:
        pytest.skip("what leaves its session is ended on Linux only")
    result = judged(workspace, fault.engine)
    bad = result.cases.pop("bad")
    assert bad.verdict == fault.verdict, bad
    assert fault.words in bad.said
    assert len(result.cases) == 10
    assert {case.verdict for case in result.cases.values()} == {"equal"}
    assert result.verdict == ("equal" if fault.verdict == "unsupported" else fault.verdict)
    assert len(result.seconds) == (fault.verdict not in {"equal", "unsupported"})
    assert all(second < fault.seconds + MARGIN for second in result.seconds)


def test_engine_that_dies_whatever_it_is_asked_is_flaky(workspace: Workspace) -> None:
    result = judged(workspace, "dies_on_the_fifth")
    assert result.verdict == "flaky"
    assert {case.verdict for case in result.cases.values()} == {"equal", "flaky"}
    for case in result.cases.values():
        if case.verdict == "flaky":
            assert "exit code 6" in case.said
            assert case.said.endswith("run again: equal: equal at level bytes")


def test_engine_that_supports_nothing_of_what_it_claims_is_unknown(workspace: Workspace) -> None:
    result = judged(workspace, "claims_what_it_lacks")
    assert result.verdict == "unknown"
    assert {case.verdict for case in result.cases.values()} == {"unsupported"}


def test_verdicts_are_reported_when_the_engine_is_not_started_again(workspace: Workspace) -> None:
    events: list[Event] = []
    candidate = find(workspace, "dies_on_every_case")
    candidate = replace(candidate, limits=replace(candidate.limits, restarts=3))
    with start(candidate, workspace) as engine:
        under_test = CandidateUnderTest.started(
            candidate.name, engine, read_ledger(candidate.folder)
        )
        with pytest.raises(CandidateError, match="failed 4 times and is not restarted again"):
            gate_corpora(read_wanted(workspace), under_test, Level.BYTES, events.append)
    verdicts = [event for event in events if isinstance(event, CaseJudged)]
    assert [case.verdict for case in verdicts] == ["crashed"] * 4
    assert all("exit code 8" in case.said for case in verdicts)


START_FAULTS = [
    Fault("mute", "hung", "did not answer the handshake within 1.5 s", "start_seconds = 1.5"),
    Fault("prints_first", "protocol error", "something printed to standard output?"),
    Fault("other_protocol", "protocol error", "the kit speaks protocol"),
    Fault("declines_the_handshake", "protocol error", "declined the handshake"),
    Fault("dies_at_start", "crashed", "libengine.so: cannot open shared object file"),
]


@pytest.mark.parametrize("fault", START_FAULTS, ids=lambda fault: fault.engine)
def test_candidate_that_does_not_start_says_why(workspace: Workspace, fault: Fault) -> None:
    with pytest.raises(CandidateError) as caught:
        judged(workspace, fault.engine)
    assert caught.value.word == fault.verdict.replace(" ", "-")
    assert fault.words in str(caught.value)


def test_one_gate_over_many_judges_each_and_ends_with_the_worst(workspace: Workspace) -> None:
    ours = ["mute", "crashes", "another_cases_answer"]
    (workspace.root / "parity.toml").write_text(f"ours = {ours}\n")
    result = CliRunner().invoke(
        command, ["--workspace", str(workspace.root)], standalone_mode=False
    )
    assert result.exception is None
    assert result.return_value == ExitCode.NOT_JUDGED
    for words in ("did not answer the handshake", "exit code 3 during case bad", "divergent"):
        assert words in result.output


def test_answer_for_another_session_is_found_by_a_check(workspace: Workspace) -> None:
    with start(find(workspace, "answers_for_another_session"), workspace) as engine:
        answers = list(walk(engine, {SubjectKind.CODEC: Level.BYTES}, lambda: None))
    wrong = [answer for answer in answers if answer.title == "open, apply, close"]
    assert [check.result for check in wrong] == ["wrong"]
    assert "with two sessions open" in wrong[0].detail


def print_times() -> None:
    """Print what each engine's verdict took, with the start of a process for it."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = made(Path(folder))
        rows = [(judged(workspace, fault.engine), fault) for fault in FAULTS]
    lines = ["| engine | verdict | limit, s | verdict after, s |", "| --- | --- | --- | --- |"]
    for result, fault in sorted(rows, key=lambda row: -max(row[0].seconds, default=0.0)):
        took = ", ".join(f"{second:.2f}" for second in result.seconds)
        limit = f"{fault.seconds:g}" if fault.seconds else ""
        lines.append(f"| {fault.engine} | {fault.verdict} | {limit} | {took} |")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    print_times()
