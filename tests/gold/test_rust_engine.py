"""The Rust example as a candidate: built by cargo, and held to every fixture of what it claims."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.candidates import building
from parity_kit.candidates.launch import find, start
from parity_kit.candidates.manifest import CommandSetup
from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.cli.run import command as run
from parity_kit.contract import (
    Case,
    CaseId,
    Level,
    Operation,
    Pins,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.errors import EnvironmentBuildError, ExitCode, ProtocolFaultError
from parity_kit.contract.plain import Plain
from parity_kit.corpora.corpus import read_corpus
from parity_kit.wire.host import RemoteEngine

WORKSPACE = find_workspace(Path(__file__))
pytestmark = pytest.mark.slow  # cargo builds it first
NAME = "rust"
CODEC = (
    *("allowlist", "arrays", "data_model", "envelopes", "hostile"),
    *("json_blobs", "messages", "msgpack", "records", "standard"),
)
# Graph corpora, and how many of their cases are unsupported at most.
GRAPHS = {
    "asynchronous": 91,
    "control": 18,  # branches with an input of their own
    "crossings": 7,
    "failures": 35,
    "graphs": 0,
    "handovers": 6,  # functional programs
    "interrupts": 0,
    "memory": 27,
    "migration": 0,
    "orders": 0,
    "persistence": 0,
    "schemas": 70,
    "runs": 90,
    "streams": 136,
    "subgraphs": 2,
    "upstream_findings": 5,
}


@pytest.fixture(scope="module")
def engine() -> Generator[RemoteEngine]:
    candidate = find(WORKSPACE, NAME)
    assert isinstance(candidate.setup, CommandSetup)
    if absent := building.absent(candidate.setup):
        pytest.skip(f"no {', '.join(absent)} on this machine")
    try:
        started = start(candidate, WORKSPACE)
    except EnvironmentBuildError as error:
        pytest.skip(f"its packages cannot be had here: {error.problem.splitlines()[0]}")
    with started:
        yield started


def test_it_claims_all_but_savers_byte_for_byte(engine: RemoteEngine) -> None:
    claimed = (SubjectKind.CODEC, SubjectKind.CHANNEL, SubjectKind.GRAPH)
    assert engine.describe().levels == dict.fromkeys(claimed, Level.BYTES)


@pytest.mark.usefixtures("engine")
def test_its_codec_and_channels_are_langgraphs_on_every_fixture() -> None:
    corpora = (*CODEC, "channels")
    chosen = [word for corpus in corpora for word in ("--corpus", corpus)]
    done = CliRunner().invoke(gate, [NAME, *chosen, "--json", "--workspace", str(WORKSPACE.root)])
    assert done.exit_code == ExitCode.PARITY, done.output
    counted = {report["gate"]: report["verdicts"] for report in json.loads(done.stdout)["gates"]}
    assert counted == {
        f"corpus {corpus}": {
            "equal": len(read_corpus(WORKSPACE.fixtures / f"{corpus}.msgpack").traces)
        }
        for corpus in corpora
    }


@pytest.mark.usefixtures("engine")
def test_its_graphs_are_langgraphs_on_every_supported_fixture() -> None:
    chosen = [word for corpus in GRAPHS for word in ("--corpus", corpus)]
    done = CliRunner().invoke(gate, [NAME, *chosen, "--json", "--workspace", str(WORKSPACE.root)])
    assert done.exit_code == ExitCode.PARITY, done.output
    for report in json.loads(done.stdout)["gates"]:
        verdicts = report["verdicts"]
        assert verdicts.keys() <= {"equal", "unsupported"}
        corpus = report["gate"].removeprefix("corpus ")
        assert verdicts.get("unsupported", 0) <= GRAPHS[corpus], corpus


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("suite", "examples", "bulk"),
    [("codec", 200, 1800), ("channel", 200, 1800), ("graph", 60, 140)],
)
def test_a_search_finds_no_difference(suite: str, examples: int, bulk: int, tmp_path: Path) -> None:
    # It declines configs, output keys and addresses inside subgraphs.
    (tmp_path / "parity.toml").write_text("[floors]\ncompared = 0.4\n", encoding="utf-8")
    for shared in (WORKSPACE.candidates, WORKSPACE.cache, WORKSPACE.fixtures):
        (tmp_path / shared.name).symlink_to(shared)
    words = [
        NAME,
        "--suite",
        suite,
        "--examples",
        str(examples),
        "--bulk",
        str(bulk),
        "--seed",
        "1",
    ]
    done = CliRunner().invoke(run, [*words, "--workspace", str(tmp_path)])
    assert done.exit_code == ExitCode.PARITY, done.output


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (SubjectKind.SAVER, {"saver": "memory"}),
        (SubjectKind.GRAPH, {"program": {"entrypoint": {"body": []}}, "saver": None}),
        (SubjectKind.GRAPH, {"program": {}, "saver": "postgres"}),
        (SubjectKind.GRAPH, {"program": {}, "saver": "sqlite-file"}),  # so no `crash`
        (SubjectKind.CHANNEL, {"class": "LastValue?", "type": "int"}),
        (SubjectKind.CHANNEL, {"class": "BinaryOperatorAggregate", "reducer": "plus"}),
    ],
)
def test_it_declines_what_it_does_not_support(
    engine: RemoteEngine, kind: SubjectKind, spec: dict[str, Plain]
) -> None:
    (outcome,) = engine.run(Case(CaseId("declined"), Subject(kind, spec), (Operation("get"),)))
    assert isinstance(outcome, Unsupported)


@pytest.mark.parametrize(
    ("kind", "spec", "fault"),
    [
        (SubjectKind.CODEC, {}, "the argument `strict` is missing"),
        (SubjectKind.GRAPH, {"program": []}, "a program must be a map"),
        (SubjectKind.GRAPH, {"program": {"nodes": 1}}, "`nodes` must be a map"),
        (SubjectKind.GRAPH, {"program": {"state": {}, "nodes": {}}}, "no edge from START"),
    ],
)
def test_a_request_that_makes_no_sense_is_a_bad_request(
    engine: RemoteEngine, kind: SubjectKind, spec: dict[str, Plain], fault: str
) -> None:
    with pytest.raises(ProtocolFaultError, match=fault):
        engine.run(Case(CaseId("malformed"), Subject(kind, spec), (Operation("get"),)))


def test_sessions_are_apart_and_closed_ones_stay_closed(engine: RemoteEngine) -> None:
    spec = Subject(SubjectKind.CHANNEL, {"class": "LastValue", "type": "int"})
    one, other = (engine.open(spec, Pins()) for _ in range(2))
    one.apply(Operation("update", {"values": [1]}))
    other.apply(Operation("update", {"values": [2]}))
    one.close()
    assert other.apply(Operation("get")) == Returned(2)
    other.close()
