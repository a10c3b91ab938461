"""The pytest plugin: the gate's verdicts as tests, in pytest's own ways, and nothing for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from command_line import parity_kit

from parity_kit.candidates.launch import find, start
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Level
from parity_kit.contract.events import Event, GateFinished
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.drift import baselines, release
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates import pytest_tests
from parity_kit.gates import search_gate as suites
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.ledger import read_ledger
from parity_kit.reference import engine

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
ENGINES = Path(__file__).parent / "engines"
LEDGER = """
[[difference]]
case = "channels/*"
differs = "*: stored checkpoint/*"
level = "trace"
reason = "it forgets a byte"
until = 2999-01-01
wide = true
"""
EVERY = 4
KNOWN = read_manifest(ROOT / "fixtures").corpora
CASES, STREAMS = (-(-KNOWN[CorpusName(name)].cases // EVERY) for name in ("channels", "streams"))
WRONG = """
import os
from dataclasses import replace
from pathlib import Path

from pure_engine import Engine as Pure

Path(os.environ["STARTS"]).open("a").write("x")


class Engine(Pure):
    def open(self, subject, pins):
        return Session(super().open(subject, pins))


class Session:
    def __init__(self, session):
        self.session = session

    def apply(self, operation):
        outcome = self.session.apply(operation)
        if operation.name == "is_available":
            return replace(outcome, value="yes")
        return outcome

    def close(self):
        self.session.close()
"""


def candidate(workspace: Path, name: str, lines: str) -> Path:
    folder = workspace / "candidates" / name
    folder.mkdir(parents=True)
    head = f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
    (folder / "candidate.toml").write_text(head + lines, encoding="utf-8")
    return folder


def starts_of(workspace: Path) -> Path:
    """Return where the wrong engine counts its starts: a place that it can write to."""
    return workspace.with_name(f"{workspace.name}-starts")


@pytest.fixture
def workspace(pytester: pytest.Pytester, some_corpora: Callable[..., object]) -> Path:
    """A workspace with two corpora and with candidates that are wrong in ways of their own."""
    root = pytester.path
    (root / "parity.toml").touch()
    some_corpora(root, "channels", "streams", every=EVERY)
    answers = f'path = "{ENGINES}"\n[env]\nPARITY_KIT_TEST_FIXTURES = "{root / "fixtures"}"\n'
    candidate(root, "off", f'object = "from_fixtures:OneByteOff"\n{answers}')
    candidate(root, "empty", f'object = "from_fixtures:SupportsNothing"\n{answers}')
    candidate(root, "dead", 'object = "nowhere:Engine"\npath = "."\n')
    paths = f'[env]\nPYTHONPATH = "{ROOT}:{ROOT / "candidates" / "pure"}:."\n'
    paths += f'STARTS = "{starts_of(root)}"\n'
    wrong = candidate(root, "wrong", f'object = "wrong:Engine"\npath = "."\n{paths}')
    (wrong / "wrong.py").write_text(WRONG, encoding="utf-8")
    return root


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    assert pytest_tests, (
        suites,
        baselines,
        release,
        engine,
    )  # loaded here: pytester unloads what a run loaded
    return pytester.runpytest_inprocess("-p", "parity_kit.pytest_plugin", *arguments)


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    return {word: count for word, count in result.parseoutcomes().items() if word != "deselected"}


def gate(workspace: Path, name: str, *corpora: str) -> Counter[str]:
    """Return what the gate says of a candidate's cases."""
    events: list[Event] = []
    opened = Workspace(workspace)
    manifest = find(opened, name)
    with start(manifest, opened) as engine:
        under_test = CandidateUnderTest.started(manifest.name, engine, read_ledger(manifest.folder))
        gate_corpora(read_wanted(opened, corpora), under_test, Level.BYTES, events.append)
    verdicts: Counter[str] = Counter()
    for event in events:
        if isinstance(event, GateFinished):
            verdicts.update(event.verdicts)
    return verdicts


CHANNELS = ("--parity-corpus", "channels")
BOTH = (*CHANNELS, "--parity-corpus", "streams")


def test_the_real_engine_passes_with_the_gates_verdicts(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    result = run(pytester, "--parity-candidate", "pure", *BOTH, "-rs")
    verdicts = gate(workspace, "pure")
    assert outcomes(result) == {"passed": verdicts["equal"], "skipped": verdicts["unsupported"]}
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*unsupported: no stream mode messages*"])


def test_node_ids_are_those_of_the_index(pytester: pytest.Pytester, workspace: Path) -> None:
    (workspace / "parity.toml").write_text("[gate.suites]\ncodec = 5\nsaver = 5\n", "utf-8")
    result = run(pytester, "--parity-candidate", "pure", "--collect-only", "-q")
    listed = [line for line in result.outlines if line.startswith("parity::")]
    index = (workspace / "fixtures" / "channels.index").read_text(encoding="utf-8").splitlines()
    ids = [f"parity::channels::{line.split('  ')[0]}" for line in index]
    suites = [f"parity::lockstep::{name}" for name in ("codec", "saver")]
    assert listed[: len(ids)] == ids
    assert any(line.startswith("parity::streams::streams/") for line in listed)
    assert listed[-len(suites) :] == suites


def test_a_failure_is_the_kits_explanation_and_the_command_that_shows_it(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    result = run(pytester, "--parity-candidate", "off", "-k", "channels/any-value/restore")
    assert outcomes(result) == {"failed": 1}
    text = result.stdout.str()
    assert "divergent: operation 0 (update): stored checkpoint" in text
    assert "Over the whole case results and events agree, stored bytes differ." in text
    assert ".py:" not in text, "no line of the kit's own code is of interest"
    # Where CI is set, pytest says a failure twice: in full again in its summary.
    (command,) = {line.strip() for line in result.outlines if "parity-kit replay" in line}
    file = workspace / command.removeprefix("parity-kit replay ")
    again = parity_kit("replay", str(file), cwd=workspace)
    assert again.returncode == 1, again.stderr
    assert "divergent" in again.stdout


@pytest.mark.parametrize("name", ["off", "wrong"])
def test_a_wrong_engine_fails_what_the_gate_finds(
    pytester: pytest.Pytester, workspace: Path, name: str
) -> None:
    result = run(pytester, "--parity-candidate", name, *CHANNELS)
    verdicts = gate(workspace, name, "channels")
    assert outcomes(result) == {"failed": verdicts["divergent"], "passed": verdicts["equal"]}
    assert verdicts["divergent"]
    assert verdicts["equal"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED


STALE = f"⌛ stale: ledger entry 2 (streams/[*], *): none of its {STREAMS} cases *"


def ledgered(workspace: Path, name: str) -> None:
    """Give a candidate a ledger: an entry for all that is wrong, and one that covers nothing."""
    wrong = "*(is_available): value*"
    every = LEDGER.replace("channels/*", "*").replace("*: stored checkpoint/*", wrong)
    none = LEDGER.replace("channels/*", "streams/*").replace("stored", "no such")
    text = (every + none).replace('level = "trace"', 'level = "none"')
    (workspace / "candidates" / name / "expected.toml").write_text(text, encoding="utf-8")


def test_what_the_ledger_expects_is_shown_as_expected(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    (workspace / "candidates" / "off" / "expected.toml").write_text(LEDGER, encoding="utf-8")
    result = run(pytester, "--parity-candidate", "off", *CHANNELS, "-rx")
    verdicts = gate(workspace, "off", "channels")
    assert outcomes(result) == {"xfailed": verdicts["expected"], "passed": verdicts["equal"]}
    assert verdicts["expected"]
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["XFAIL parity::channels::* - expected: it forgets a byte"])


def test_a_ledger_that_is_refused_fails_the_session_before_the_candidate_starts(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    folder = workspace / "candidates" / "wrong"
    (folder / "expected.toml").write_text("[[difference]]\nwhy = 1\n", encoding="utf-8")
    result = run(pytester, "--parity-candidate", "wrong", *CHANNELS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: error PK201: *expected.toml*`why`*: no such key; *"])
    assert not (folder / "starts").exists()


def test_an_entry_of_the_ledger_that_covers_nothing_fails_the_session(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    ledgered(workspace, "wrong")
    result = run(pytester, "--parity-candidate", "wrong", *BOTH)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "failed" not in outcomes(result)
    result.stdout.fnmatch_lines([STALE])
    part = run(pytester, "--parity-candidate", "wrong", *CHANNELS)
    assert part.ret == pytest.ExitCode.OK, "a part cannot say that an entry covers nothing"


def test_nothing_compared_is_not_a_pass(pytester: pytest.Pytester, workspace: Path) -> None:
    result = run(pytester, "--parity-candidate", "empty", *CHANNELS)
    assert outcomes(result) == {"skipped": sum(gate(workspace, "empty", "channels").values())}
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"[?] unknown: 0 of {CASES} cases compared, {CASES} unsupported"])


def test_a_candidate_that_does_not_start_stops_the_session(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    del workspace
    result = run(pytester, "--parity-candidate", "dead", *CHANNELS)
    assert outcomes(result) == {"failed": 1}
    result.stdout.fnmatch_lines(["error PK302: candidate dead: *", "*could not be judged any*"])


def test_only_what_failed_is_run_again(pytester: pytest.Pytester, workspace: Path) -> None:
    del workspace
    chosen = ("--parity-candidate", "wrong", "-k", "last-value/", *CHANNELS)
    first = outcomes(run(pytester, *chosen))
    assert first["failed"]
    assert first["passed"]
    assert outcomes(run(pytester, *chosen, "--lf")) == {"failed": first["failed"]}


def test_tests_are_named_as_arguments_too(pytester: pytest.Pytester, workspace: Path) -> None:
    del workspace
    one = "parity::channels::channels/any-value/restore"
    pytester.makepyfile(test_mine="def test_mine(): pass")
    assert outcomes(run(pytester, "--parity-candidate", "pure", one)) == {"passed": 1}
    result = run(pytester, "--parity-candidate", "pure", "parity::channels", "test_mine.py")
    assert outcomes(result) == {"passed": CASES + 1}


def test_an_argument_comes_before_the_rules_of_the_gate(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    (workspace / "parity.toml").write_text('[gate]\ncorpora = ["streams"]\n', encoding="utf-8")
    one = "parity::channels::channels/any-value/restore"
    assert outcomes(run(pytester, "--parity-candidate", "pure", one)) == {"passed": 1}
    listed = run(pytester, "--parity-candidate", "pure", "parity", "--collect-only", "-q").outlines
    groups = {line.split("::")[1] for line in listed if line.startswith("parity::")}
    assert groups == {"streams"}, "no suite is named by the rules"


def test_the_rules_of_the_gate_hold(pytester: pytest.Pytester, workspace: Path) -> None:
    rules = f'ours = ["pure"]\n[gate]\ncorpora = ["channels"]\nfloor = {CASES + 1}\n'
    (workspace / "parity.toml").write_text(rules, encoding="utf-8")
    result = run(pytester, "--parity-candidate", "pure")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert outcomes(result) == {"passed": CASES}
    result.stdout.fnmatch_lines(
        [f"[?] unknown: {CASES} of {CASES} cases equal, the floor is {CASES + 1}"]
    )
    part = run(pytester, "--parity-candidate", "pure", "-k", "last-value")
    assert part.ret == pytest.ExitCode.OK, "a part is not held to the floor"


def test_a_users_own_tests_run_beside(pytester: pytest.Pytester, workspace: Path) -> None:
    del workspace
    pytester.makepyfile("def test_mine(): pass")
    result = run(pytester, "--parity-candidate", "pure", *CHANNELS)
    assert outcomes(result) == {"passed": CASES + 1}
    result.stdout.fnmatch_lines([f"collected {CASES + 1} items"])


@pytest.mark.slow
def test_workers_have_a_process_each_and_judge_the_whole_together(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    ledgered(workspace, "wrong")
    alone = outcomes(run(pytester, "--parity-candidate", "wrong", *BOTH))
    starts = starts_of(workspace)
    assert starts.read_text() == "x"
    result = run(pytester, "--parity-candidate", "wrong", *BOTH, "-n", "2")
    assert outcomes(result) == alone
    assert starts.read_text() in {"xx", "xxx"}, "one more for each worker that was given a case"
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([STALE])


def test_a_suite_is_a_test(pytester: pytest.Pytester, workspace: Path) -> None:
    options = ("--parity-suite", "channel", "--parity-examples", "20")
    assert outcomes(run(pytester, "--parity-candidate", "pure", *options)) == {"passed": 1}
    result = run(pytester, "--parity-candidate", "wrong", *options)
    assert outcomes(result) == {"failed": 1}
    text = result.stdout.str()
    assert "divergent: operation 0 (is_available): value" in text
    (file,) = (workspace / ".parity" / "pytest").glob("cases/*")
    assert f"parity-kit replay {file.relative_to(workspace)}" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--parity-candidate", "pur"], "error PK202: *no candidate 'pur'"),
        (["--parity-candidate", "pure", "--parity-corpus", "no"], "error PK200: no corpus 'no'"),
        (["--parity-candidate", "pure", "--parity-suite", "no"], "error PK200: no suite 'no'"),
        (["--parity-candidate", "pure", "parity::no"], "error PK200: no corpus 'no'"),
        (["--parity-candidate", "pure", "parity::channels::no"], "*no test parity::channels::no"),
        (["--parity-candidate", "pure", "parity::channels::no", "-n2"], "*no test parity::*"),
        (["--parity-corpus", "channels"], "--parity-corpus needs --parity-candidate"),
    ],
)
def test_wrong_use_is_reported_in_one_line(
    pytester: pytest.Pytester, workspace: Path, arguments: list[str], words: str
) -> None:
    del workspace
    result = run(pytester, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {words}"])


def test_who_does_not_ask_pays_nothing(pytester: pytest.Pytester) -> None:
    """The plugin is found by its entry point, and loads no other module of the kit."""
    (entry,) = entry_points(group="pytest11", name="parity_kit.pytest_plugin")
    assert entry.value == "parity_kit.pytest_plugin"
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            print([name for name in sys.modules if name.startswith("parity_kit")])
        """
    )
    result = pytester.runpytest_subprocess("--collect-only", "-p", "no:langsmith_plugin")
    result.stdout.fnmatch_lines([r"*[[]'parity_kit', 'parity_kit.pytest_plugin'[]]*"])
