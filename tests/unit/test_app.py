"""`parity-kit app`, recordings as a corpus, and recordings on changed code."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import operator
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from click.testing import CliRunner
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy

import parity_kit
from parity_kit.apps import recording
from parity_kit.apps.comparing import recorded_or_compared
from parity_kit.apps.configured import read_application
from parity_kit.apps.replaying import replay_on
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import cli
from parity_kit.contract import Case, Outcome, Returned, run
from parity_kit.contract import run as run_case
from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.contract.errors import BadManifestError, CannotRecordError, ExitCode, UsageError
from parity_kit.corpora.lookup import find_trace
from parity_kit.gates.gate import read_wanted
from parity_kit.gates.resume import made_of
from parity_kit.gates.settings import read_settings
from parity_kit.reference.engine import Engine

APPS = Path(__file__).parents[2] / "docs" / "examples" / "apps"
THREAD: Any = {"configurable": {"thread_id": "t"}}


class State(TypedDict, total=False):
    n: int
    log: Annotated[list[Any], operator.add]


def add_one(state: Any) -> Any:
    return {"n": state["n"] + 1, "log": ["one"]}


def double(state: Any) -> Any:
    return {"n": state["n"] * 2}


def build(*nodes: Callable[[Any], Any], **policies: Any) -> Any:
    builder: Any = StateGraph(State)
    for node in nodes:
        builder.add_node(node.__name__, node, **policies)
    builder.add_edge(START, nodes[0].__name__)
    for one, other in itertools.pairwise(nodes):
        builder.add_edge(one.__name__, other.__name__)
    return builder.compile(checkpointer=InMemorySaver())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> CaseFile:
    """A recording of two nodes in a row."""
    path = tmp_path_factory.mktemp("recorded") / "line.case"
    with parity_kit.record(path):
        build(add_one, double).invoke({"n": 1, "log": []}, THREAD)
    return read_case(path)


def test_unchanged_code_does_the_same_and_its_nodes_are_not_called(kept: CaseFile) -> None:
    def never(_: Any) -> Any:
        raise AssertionError("the recording answers")

    builder: Any = StateGraph(State)
    builder.add_sequence([("add_one", never), ("double", never)])
    builder.add_edge(START, "add_one")
    graph = builder.compile(checkpointer=InMemorySaver())
    assert replay_on(graph, kept.case, kept.reference_outcomes).is_same


def test_a_departure_names_the_node_the_superstep_and_the_input(kept: CaseFile) -> None:
    def between(state: Any) -> Any:
        return {"n": state["n"]}

    cases = {
        build(double, add_one): "departs at node 'double' in superstep 1: the recording has a call "
        "of node 'add_one' in superstep 1 there",
        build(add_one, between, double): "departs at node 'between' in superstep 2: the recording "
        "has a call of node 'double' in superstep 2 there",
        build(add_one, between): "the graph has no node 'double', which ran",
    }
    for graph, departure in cases.items():
        replayed = replay_on(graph, kept.case, kept.reference_outcomes)
        assert replayed.departure == departure


def test_a_miss_is_no_error_that_a_retry_could_swallow(kept: CaseFile) -> None:
    graph = build(double, add_one, retry_policy=RetryPolicy(max_attempts=5, initial_interval=0))
    replayed = replay_on(graph, kept.case, kept.reference_outcomes)
    assert "departs at node 'double'" in replayed.departure


def test_another_reducer_departs_where_the_state_is_first_seen(kept: CaseFile) -> None:
    class Twice(TypedDict, total=False):
        n: Annotated[int, operator.add]
        log: Annotated[list[Any], operator.add]

    builder: Any = StateGraph(Twice)
    builder.add_sequence([("add_one", add_one), ("double", double)])
    builder.add_edge(START, "add_one")
    graph = builder.compile(checkpointer=InMemorySaver())
    replayed = replay_on(graph, kept.case, kept.reference_outcomes)
    assert replayed.departure == "departs at node 'double' in superstep 2: its input differs at $.n"


def test_recorded_calls_that_nobody_asks_for_are_listed(kept: CaseFile) -> None:
    builder: Any = StateGraph(State)
    builder.add_node("add_one", add_one)
    builder.add_node("double", double)
    builder.add_edge(START, "add_one")
    builder.add_conditional_edges("add_one", lambda _: "__end__", ["double", "__end__"])  # pyright: ignore[reportUnknownLambdaType]  # a router
    graph = builder.compile(checkpointer=InMemorySaver())
    replayed = replay_on(graph, kept.case, kept.reference_outcomes)
    assert replayed.unasked == ("double (1)",)
    assert "operation 0 (invoke)" in replayed.departure


def test_a_call_of_the_network_is_refused_by_its_place(kept: CaseFile) -> None:
    def asks(_: Any) -> str:
        with contextlib.suppress(OSError):
            socket.create_connection(("model.example", 443))
        return "double"

    builder: Any = StateGraph(State)
    builder.add_node("add_one", add_one)
    builder.add_node("double", double)
    builder.add_edge(START, "add_one")
    builder.add_conditional_edges("add_one", asks, ["double"])
    graph = builder.compile(checkpointer=InMemorySaver())
    replayed = replay_on(graph, kept.case, kept.reference_outcomes)
    assert re.fullmatch(
        r"calls the network, which is refused: \('model.example', 443\) \(.*test_app.py:\d+\)",
        replayed.departure,
    )


def test_recordings_are_a_corpus_of_the_workspace(
    tmp_path: Path, kept: CaseFile, some_corpora: Callable[..., object]
) -> None:
    (tmp_path / "parity.toml").write_text("")
    some_corpora(tmp_path, "channels")
    workspace = Workspace(tmp_path)
    assert [corpus.name for corpus in read_wanted(workspace)] == ["channels"]
    kept.write(tmp_path / "recordings" / "line.case")
    assert [corpus.name for corpus in read_wanted(workspace)] == ["channels", "recordings"]
    (corpus,) = read_wanted(workspace, ["recordings"])
    assert [trace.case.id for trace in corpus.traces] == ["recording/line"]
    assert find_trace(workspace, "recording/line").case == kept.case
    assert "recordings" in made_of(workspace, [])


def test_a_recording_in_a_test_is_made_once_and_compared_with_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[str] = []

    def counted(engine: Any, case: Case) -> tuple[Outcome, ...]:
        frozen.append(case.id)
        return run_case(engine, case)

    monkeypatch.setattr(recording, "run_case", counted)

    def run(number: int, *, replace: bool = False) -> None:
        with recorded_or_compared(tmp_path / "line.case", replace=replace):
            build(add_one, double).invoke({"n": number, "log": []}, THREAD)

    run(1)
    before = (tmp_path / "line.case").read_bytes()
    run(1)
    assert len(frozen) == 1, "what the kept recording says is known to run"
    with pytest.raises(AssertionError, match=r"node .add_one. did something else; if"):
        run(2)
    assert (tmp_path / "line.case").read_bytes() == before
    run(2, replace=True)
    assert (tmp_path / "line.case").read_bytes() != before
    kept = read_case(tmp_path / "line.case")
    assert kept.reference_outcomes
    (outcome,) = kept.reference_outcomes
    assert isinstance(outcome, Returned)
    other = dataclasses.replace(outcome, value=7)
    dataclasses.replace(kept, reference_outcomes=(other,)).write(tmp_path / "line.case")
    with pytest.raises(AssertionError):
        run(2)
    assert len(frozen) == 4, "outcomes that the application does not have are made again"


def test_the_fixture_records_beside_the_tests(
    pytestconfig: pytest.Config, parity_recording: Callable[[str], Any]
) -> None:
    name = "made-by-a-test-of-the-fixture"
    path = pytestconfig.rootpath / "recordings" / f"{name}.case"
    try:
        with parity_recording(name) as recording:
            build(add_one, double).invoke({"n": 1, "log": []}, THREAD)
        assert recording.files == [path]
        assert path.is_file()
    finally:
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def call(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["app", *arguments], standalone_mode=False)


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an application and its langgraph.json, which is the current one."""
    shutil.copy(APPS / "approval.py", tmp_path / "refunds.py")
    config = {"dependencies": ["."], "graphs": {"refund": "./refunds.py:graph"}}
    (tmp_path / "langgraph.json").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "refunds", raising=False)
    return tmp_path


def test_an_application_is_checked_recorded_and_replayed(application: Path) -> None:
    checked = call("check", "refund")
    assert checked.return_value == ExitCode.PARITY
    assert "node review (subgraph)" in checked.output
    runs: list[Any] = [
        {"input": {"amount": 500, "notes": []}},
        {"resume": "late"},
        {"resume": "Ann"},
    ]
    (application / "in.json").write_text(json.dumps([*runs, None]))
    recorded = call("record", "refunds:graph", "--inputs", "in.json")
    assert recorded.return_value == ExitCode.PARITY, recorded.exception
    replayed = call("replay", "refund")
    assert replayed.return_value == ExitCode.PARITY
    assert "✓ same      recordings/app.case" in replayed.output
    source = (application / "refunds.py").read_text()
    changed = source.replace('interrupt_before=["pay"]', "interrupt_before=[]")
    (application / "refunds.py").write_text(changed)
    replayed = call("replay", "./refunds.py:graph", "--json")
    assert replayed.return_value == ExitCode.DIVERGENCE
    (result,) = json.loads(replayed.output)["recordings"]
    assert result["departure"].startswith("operation 2 (resume) ")


def test_an_application_is_named_by_the_workspace(application: Path) -> None:
    (application / "src").mkdir()
    (application / "refunds.py").rename(application / "src" / "refunds.py")
    refused = call("check")
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.problem == "no graph is named"
    settings = application / "parity.toml"
    settings.write_text('[app]\ngraph = "refunds:graph"\npath = ["src"]\nrequirements = ["a"]\n')
    assert call("check").return_value == ExitCode.PARITY
    assert read_settings(Workspace(application)).ours == ()
    assert read_application(application).requirements == ("a",)
    settings.write_text('[app]\npath = ["none"]\n')
    assert isinstance(call("check", "refunds:graph").exception, BadManifestError)


def test_a_recording_is_redacted_with_a_preview(application: Path) -> None:
    (application / "parity.toml").write_text("")
    runs: list[Any] = [{"thread": "Ann", "input": {"amount": 500, "notes": ["confidential"]}}]
    runs.append({"thread": "Ann", "resume": "it was late"})
    (application / "in.json").write_text(json.dumps(runs))
    arguments = ("record", "refund", "--inputs", "in.json", "--redact")
    shown = call(*arguments, "--preview").output
    assert "'it was late' → '" in shown
    assert not (application / "recordings").exists()
    assert call(*arguments).return_value == ExitCode.PARITY
    kept = read_case(application / "recordings" / "app.case")
    assert run(Engine(), kept.case) == kept.reference_outcomes
    content = (application / "recordings" / "app.case").read_bytes()
    assert not [text for text in (b"late", b"confidential", b"Ann") if text in content]


def test_the_environment_of_langgraph_json_is_that_of_the_application(
    application: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "as it was")
    monkeypatch.delenv("REFUND_LIMIT", raising=False)
    source = (application / "refunds.py").read_text()
    limit = 'LIMIT = int(__import__("os").environ["REFUND_LIMIT"])'
    (application / "refunds.py").write_text(source.replace("LIMIT = 100", limit))
    refused = call("check", "refund")
    assert "KeyError: 'REFUND_LIMIT' (" in refused.exception.problem
    assert refused.exception.hint.endswith(" ./refunds.py")
    (application / ".env").write_text("# limits\n\nexport REFUND_LIMIT='100'\nKEPT=changed\n")
    config = json.loads((application / "langgraph.json").read_text())
    for env in (".env", {"REFUND_LIMIT": "100"}):
        monkeypatch.delenv("REFUND_LIMIT", raising=False)
        (application / "langgraph.json").write_text(json.dumps({**config, "env": env}))
        assert call("check", "refund").return_value == ExitCode.PARITY
    assert os.environ["KEPT"] == "as it was"
    (application / "langgraph.json").write_text(json.dumps({**config, "env": "none.env"}))
    assert "none.env" in str(call("check", "refund").exception)


def test_a_graph_that_is_not_deterministic_is_refused_by_node(application: Path) -> None:
    (application / "clock.py").write_text(
        "import itertools\nfrom langgraph.graph import START, StateGraph\n"
        "from typing import TypedDict\nclass S(TypedDict):\n    n: int\n"
        "numbers = itertools.count()\ndef ticks(state): return {'n': next(numbers)}\n"
        "graph = StateGraph(S).add_node(ticks).add_edge(START, 'ticks').compile()\n"
    )
    (application / "in.json").write_text('[{"n": 0}]')
    refused = call("record", "clock.py:graph", "--inputs", "in.json")
    assert isinstance(refused.exception, CannotRecordError)
    assert refused.exception.problem == (
        "is not deterministic: node 'ticks' did something else the second time"
    )
    assert not (application / "recordings").exists()


def test_a_graph_that_raises_is_a_sentence_with_its_place(application: Path) -> None:
    (application / "raises.py").write_text(
        "from langgraph.graph import START, StateGraph\nfrom typing import TypedDict\n"
        "class S(TypedDict):\n    n: int\n"
        "def divides(state): return {'n': 1 // state['n']}\n"
        "graph = StateGraph(S).add_node(divides).add_edge(START, 'divides').compile()\n"
    )
    (application / "in.json").write_text('[{"n": 1}, {"n": 0}]')
    refused = call("record", "raises.py:graph", "--inputs", "in.json")
    assert isinstance(refused.exception, UsageError)
    assert str(refused.exception).startswith(
        "raises.py:5: the graph raises ZeroDivisionError: integer division or modulo by zero\n"
        "  next: change input 2"
    )


def test_a_refusal_names_the_file_that_was_asked_for(application: Path) -> None:
    (application / "mutates.py").write_text(
        "from langgraph.graph import START, StateGraph\nfrom typing import TypedDict\n"
        "class S(TypedDict):\n    log: list\ndef appends(state): state['log'].append(1)\n"
        "graph = StateGraph(S).add_node(appends).add_edge(START, 'appends').compile()\n"
    )
    (application / "in.json").write_text('[{"log": []}]')
    refused = call("record", "mutates.py:graph", "--inputs", "in.json", "--to", "to/x.case")
    assert isinstance(refused.exception, CannotRecordError)
    assert refused.exception.where == "to/x.case"
    assert "'appends' changes its input in place (mutates.py:5)" in refused.exception.problem


def test_edges_of_a_loaded_graph_keep_their_order(application: Path) -> None:
    names = [f"node_{number}" for number in range(12)]
    (application / "many.py").write_text(
        "from langgraph.graph import START, StateGraph\nfrom typing import TypedDict\n"
        "class S(TypedDict):\n    n: int\nbuilder = StateGraph(S)\n"
        f"for name in {names}:\n    builder.add_node(name, lambda state: None)\n"
        "    builder.add_edge(START, name)\ngraph = builder.compile()\n"
    )
    program = json.loads(call("check", "many.py:graph", "--json").output)["program"]
    assert program["edges"] == [[START, name] for name in names]


@pytest.mark.parametrize(
    ("source", "named", "problem"),
    [
        ("1/0", "bad.py:graph", "cannot be imported: ZeroDivisionError: division by zero"),
        ("", "bad.py:graph", "graph does not exist"),
        ("graph = 7", "bad.py:graph", "graph is a int, no graph"),
        ("", "missing.py:graph", "is no file"),
        ("", "other", "no graph 'other'"),
        ("import sys; sys.exit(3)", "bad.py:graph", "cannot be imported: SystemExit: 3"),
    ],
)
def test_what_is_no_graph_is_a_sentence(
    application: Path, source: str, named: str, problem: str
) -> None:
    (application / "bad.py").write_text(source)
    refused = call("check", named)
    assert isinstance(refused.exception, UsageError)
    assert problem in refused.exception.problem
