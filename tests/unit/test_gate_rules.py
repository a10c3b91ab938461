"""The gate's rules: how parity.toml says them, what breaks them, and what comes before them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.launch import BUNDLED_ENGINE
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.gate import command
from parity_kit.contract import Level, SubjectKind
from parity_kit.contract.errors import BadManifestError, ExitCode, UsageError
from parity_kit.corpora.manifest import Entry
from parity_kit.gates.settings import read_settings

WORKSPACE = find_workspace(Path(__file__))
ENGINES = Path(__file__).parent / "engines"
OFF = """
import os, sys
sys.path += [os.environ["PURE"], os.environ["ENGINES"]]
import pure_engine
from from_fixtures import shortened


class Session:
    def __init__(self, session):
        self.session, self.close = session, session.close

    def apply(self, operation):
        return shortened(self.session.apply(operation))


class Engine(pure_engine.Engine):
    def open(self, subject, pins):
        return Session(super().open(subject, pins))
"""
EVERY = 3
CORPORA = {"channels": 40, "json_blobs": 44}
WHOLE = sum(CORPORA.values())


def settings(tmp_path: Path, text: str) -> Any:
    (tmp_path / "parity.toml").write_text(text, encoding="utf-8")
    return read_settings(Workspace(tmp_path))


def test_everything_that_parity_toml_may_say(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        'ours = ["a"]\nothers = ["b"]\n[floors]\ncompared = 1\n'
        '[gate]\ncorpora = ["msgpack"]\nsuites = {graph = 20}\nfloor = 7\nunsupported = 0.25\n'
        'expected = 0\nledger = false\nlevels = {codec = "bytes", graph = "result"}\n',
    )
    assert (read.ours, read.others) == (("a",), ("b",))
    assert (read.floors.compared, read.floors.pairs) == (1.0, 0.5)
    rules = read.gate
    assert (rules.corpora, rules.suites, rules.floor) == (("msgpack",), {"graph": 20}, 7)
    assert (rules.unsupported, rules.expected, rules.ledger) == (0.25, 0.0, False)
    assert rules.levels == {SubjectKind.CODEC: Level.BYTES, SubjectKind.GRAPH: Level.RESULT}


def test_a_file_that_says_nothing_is_fine(tmp_path: Path) -> None:
    read = settings(tmp_path, "")
    assert read.ours == read.others == read.gate.corpora == ()
    assert (read.gate.floor, read.gate.unsupported, read.gate.ledger) == (1, 1.0, True)


MISTAKES = [
    ("our = []", "our", "unknown key", "did you mean `ours`?"),
    ('ours = "pure"', "ours", "a list of strings", "parity-kit docs ci"),
    ("ours = [1]", "ours", "a list of strings", "parity-kit docs ci"),
    ("gate = 1", "gate", "a table", "parity-kit docs ci"),
    ("[gate]\ncorpus = []", "gate.corpus", "unknown key", "mean `corpora`?"),
    ("[gate]\nfloor = 0", "gate.floor", "above 0, not 0", ""),
    ("[gate]\nfloor = 1.5", "gate.floor", "a whole number", ""),
    ("[gate]\nunsupported = 5", "gate.unsupported", "from 0 to 1, not 5", ""),
    ("[gate]\nexpected = true", "gate.expected", "from 0 to 1", ""),
    ('[gate]\nledger = "no"', "gate.ledger", "true or false", ""),
    ("[gate.suites]\npoetry = 5", "gate.suites.poetry", "unknown key", "graph"),
    ("[gate.suites]\ngraph = 0", "gate.suites.graph", "above 0", ""),
    ('[gate.levels]\ngraphs = "bytes"', "gate.levels.graphs", "unknown key", "mean `graph`?"),
    ('[gate.levels]\ngraph = "byte"', "gate.levels.graph", "no level 'byte'", "result, trace"),
    ("[floors]\npairs = 2", "floors.pairs", "from 0 to 1", ""),
    ("[floors]\ncases = 2", "floors.cases", "unknown key", "compared"),
]


@pytest.mark.parametrize(("text", "key", "problem", "hint"), MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, text: str, key: str, problem: str, hint: str) -> None:
    with pytest.raises(BadManifestError) as caught:
        settings(tmp_path, text)
    assert caught.value.where == f"{tmp_path / 'parity.toml'}: key `{key}`"
    assert problem in caught.value.problem
    assert hint in caught.value.hint


@pytest.fixture
def workspace(tmp_path: Path, some_corpora: Callable[..., Mapping[str, Entry]]) -> Path:
    """A workspace with two corpora, and three engines: right, a byte off, only channels."""
    corpora = some_corpora(tmp_path, *CORPORA, every=EVERY)
    assert {name: corpus.cases for name, corpus in corpora.items()} == CORPORA
    for name, kind in {"good": "Engine", "bad": "OneByteOff", "low": "LowChannels"}.items():
        folder = tmp_path / "candidates" / name
        folder.mkdir(parents=True)
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
            f'object = "from_fixtures:{kind}"\npath = "{ENGINES}"\n'
            f'[env]\nPARITY_KIT_TEST_FIXTURES = "{tmp_path / "fixtures"}"\n'
        )
    return tmp_path


def gate(workspace: Path, text: str, *args: str) -> Any:
    (workspace / "parity.toml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(
        command, [*args, "--workspace", str(workspace)], standalone_mode=False
    )


def first_line(result: Any) -> str:
    return str(result.stdout.splitlines()[0])


def test_without_a_name_ours_are_judged_and_the_worst_comes_first(workspace: Path) -> None:
    both = 'ours = ["good", "bad"]\n'
    result = gate(workspace, both)
    assert result.return_value == ExitCode.DIVERGENCE, result.output
    assert first_line(result).startswith("≠ bad divergent: ")
    assert "\ngood\n" in result.stdout
    output = json.loads(gate(workspace, both, "--json").stdout)
    assert output["exit_code"] == 1
    assert [candidate["verdict"] for candidate in output["candidates"]] == ["equal", "divergent"]
    assert gate(workspace, 'ours = ["good"]\n').return_value == ExitCode.PARITY


def test_nobody_to_judge_is_a_mistake_in_the_file(workspace: Path) -> None:
    result = gate(workspace, "")
    assert isinstance(result.exception, BadManifestError)
    assert "key `ours`" in result.exception.where
    assert "parity-kit gate NAME" in result.exception.hint


def test_a_candidate_of_ours_that_is_not_there_is_one_too(workspace: Path) -> None:
    result = gate(workspace, 'ours = ["goood"]\n')
    assert isinstance(result.exception, BadManifestError)
    assert result.exception.where.endswith("parity.toml: key `ours`")
    assert "did you mean 'good'?" in result.exception.hint


def test_a_missing_corpus_is_reported_before_anything_starts(workspace: Path) -> None:
    result = gate(workspace, 'ours = ["good"]\n[gate]\ncorpora = ["chanels"]\n')
    assert isinstance(result.exception, BadManifestError)
    assert result.exception.where.endswith("parity.toml: key `gate.corpora`")
    assert "channels" in result.exception.hint
    result = gate(workspace, 'ours = ["good"]\n', "--corpus", "chanels")
    assert isinstance(result.exception, UsageError)
    assert "starting" not in result.output
    result = gate(workspace, 'ours = ["good"]\n', "--corpus", "imported:nothing")
    assert isinstance(result.exception, UsageError)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (f"floor = {WHOLE + 1}", f"{WHOLE} of {WHOLE} cases equal, the floor is {WHOLE + 1}"),
        ('levels = {graph = "trace"}', "nothing of graph was compared, the rules ask for trace"),
    ],
)
def test_a_broken_rule_is_no_pass_and_the_first_line_says_it(
    workspace: Path, rule: str, why: str
) -> None:
    result = gate(workspace, f'ours = ["good"]\n[gate]\n{rule}\n')
    assert result.return_value == ExitCode.DIVERGENCE
    assert first_line(result) == f"? unknown: {why}"


def test_a_level_that_is_not_claimed_is_no_pass(workspace: Path) -> None:
    rules = 'ours = ["low"]\n[gate]\nlevels = {channel = "trace"}\n'
    result = gate(workspace, rules)
    assert result.return_value == ExitCode.DIVERGENCE
    assert first_line(result) == (
        "? unknown: channel is claimed at level result, the rules ask for trace"
    )
    asked = gate(workspace, rules.replace('"trace"', '"result"'))
    assert asked.return_value == ExitCode.PARITY, asked.output


def test_no_more_is_asked_of_a_subject_than_the_rules_want(workspace: Path) -> None:
    rules = 'ours = ["bad"]\n[gate]\ncorpora = ["channels"]\n'
    assert gate(workspace, rules).return_value == ExitCode.DIVERGENCE
    lower = gate(workspace, rules + 'levels = {channel = "trace"}\n')
    assert lower.return_value == ExitCode.PARITY, lower.output


def test_the_tripwire_counts_what_is_left_out(workspace: Path) -> None:
    rules = 'ours = ["low"]\n[gate]\nunsupported = 0.5\n'
    result = gate(workspace, rules)
    assert result.return_value == ExitCode.DIVERGENCE
    assert "cases unsupported, more than the 50.0% that the rules allow" in first_line(result)
    allowed = gate(workspace, rules, "--unsupported", "1")
    assert allowed.return_value == ExitCode.PARITY


def ledger(workspace: Path) -> None:
    (workspace / "candidates" / "bad" / "expected.toml").write_text(
        '[[difference]]\ncase = "*"\ndiffers = "*"\nlevel = "result"\nreason = "one byte is off"\n'
        "until = 2999-01-01\nwide = true\n"
    )


def test_the_ledger_may_be_left_out_or_excuse_no_more_than_a_share(workspace: Path) -> None:
    ledger(workspace)
    rules = 'ours = ["bad"]\n[gate]\ncorpora = ["channels"]\n'
    usual = first_line(gate(workspace, rules))
    assert re.fullmatch(
        r"\? unknown: \d+ of 40 compared cases expected, more than the 50.0% .*", usual
    )
    rules += "expected = 1\n"
    allowed = gate(workspace, rules)
    assert allowed.return_value == ExitCode.PARITY
    assert re.fullmatch(r"≈ expected: \d+ of 40 cases equal, \d+ expected", first_line(allowed))
    assert first_line(gate(workspace, rules + "ledger = false\n")).startswith("≠ divergent")
    assert first_line(gate(workspace, rules, "--no-ledger")).startswith("≠ divergent")
    result = gate(workspace, rules, "--expected", "0.1")
    assert result.return_value == ExitCode.DIVERGENCE
    assert "cases expected, more than the 10.0% that the rules allow" in first_line(result)
    assert gate(workspace, rules + "ledger = false\n", "--ledger").return_value == ExitCode.PARITY


def test_options_come_before_the_rules(workspace: Path) -> None:
    rules = 'ours = ["good"]\n[gate]\nfloor = 1000\n'
    assert gate(workspace, rules, "--floor", str(WHOLE)).return_value == ExitCode.PARITY
    levels = 'ours = ["bad"]\n[gate]\nlevels = {channel = "bytes"}\n'
    assert gate(workspace, levels, "--level", "trace").return_value == ExitCode.PARITY


def test_a_part_is_not_asked_for_what_is_about_the_whole(workspace: Path) -> None:
    rules = f'ours = ["good"]\n[gate]\nfloor = {WHOLE}\nlevels = {{codec = "bytes"}}\n'
    assert gate(workspace, rules).return_value == ExitCode.PARITY
    part = gate(workspace, rules, "--corpus", "channels")
    assert part.return_value == ExitCode.PARITY, part.output
    assert (
        gate(
            workspace, rules, "--corpus", "channels", "--floor", str(CORPORA["channels"] + 1)
        ).return_value
        == 1
    )


def test_a_gate_of_some_corpora_says_that_it_is_a_part(workspace: Path) -> None:
    badge = workspace / "badge.json"
    for rules, part in [('corpora = ["channels"]', True), (f"corpora = {[*CORPORA]}", False)]:
        result = gate(workspace, f'ours = ["good"]\n[gate]\n{rules}\n', "--badge", str(badge))
        assert result.return_value == ExitCode.PARITY, result.output
        assert ("partial: parity.toml lists 1 of 2 corpora: channels" in result.stdout) is part
        assert ("partial" in badge.read_text(encoding="utf-8")) is part


def test_the_rules_are_for_ours(workspace: Path) -> None:
    rules = 'ours = ["bad"]\n[gate]\nfloor = 1000\n'
    assert gate(workspace, rules, "good").return_value == ExitCode.PARITY


def test_a_suite_is_searched_beside_the_corpora(workspace: Path) -> None:
    rules = 'ours = ["pure"]\n[gate]\ncorpora = ["channels"]\nsuites = {channel = 20}\n'
    output = json.loads(gate(workspace, rules, "pure", "--json").stdout)
    assert [gate["gate"] for gate in output["gates"]] == ["corpus channels", "lockstep channel"]
    assert 0 < output["gates"][1]["compared"] <= 20
    assert output["exit_code"] == 0
    assert not list((workspace / "reports").iterdir()), "nothing was found that had to be written"


def test_what_a_suite_finds_is_a_file_that_can_be_replayed(workspace: Path) -> None:
    folder = workspace / "candidates" / "off"
    folder.mkdir()
    (folder / "candidate.toml").write_text(
        'name = "off"\ntitle = "off"\nkind = "python"\nlanguage = "Python"\n'
        f'object = "from_pure:Engine"\n[env]\nPURE = "{BUNDLED_ENGINE}"\nENGINES = "{ENGINES}"\n'
    )
    (folder / "from_pure.py").write_text(OFF, encoding="utf-8")
    rules = 'ours = ["off"]\n[gate]\ncorpora = ["json_blobs"]\nsuites = {codec = 20}\n'
    summary = workspace / "summary.md"
    result = gate(workspace, rules, "--markdown", str(summary))
    assert result.return_value == ExitCode.DIVERGENCE, result.output
    commands = re.findall(
        r"parity-kit replay ([^ `]+lockstep[^ `]*|[^ `]+codec[^ `]*)", summary.read_text("utf-8")
    )
    assert commands
    assert all((workspace / file).is_file() for file in commands)


def test_a_suite_that_compares_nothing_of_what_is_claimed_says_so(workspace: Path) -> None:
    result = gate(workspace, 'ours = ["good"]\n', "--corpus", "channels", "--suite", "codec=20")
    assert result.return_value == ExitCode.NOT_JUDGED, "it knows nothing but the fixtures"
    assert first_line(result) == "? unknown: codec is claimed, and 0 of its 20 cases were compared"


@pytest.mark.parametrize("given", ["graph", "poetry=3", "graph=0", "graph=many"])
def test_a_suite_that_is_none_is_wrong_use(workspace: Path, given: str) -> None:
    result = gate(workspace, 'ours = ["good"]\n', "--suite", given)
    assert result.exception is not None
    assert "NAME=CASES" in str(result.exception)
