"""A case or a database from elsewhere names code to import and call: none of it runs."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from langgraph.checkpoint.serde._msgpack import SAFE_MSGPACK_TYPES
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.explain import command as explain
from parity_kit.cli.fixtures_check import command as fixtures_check
from parity_kit.cli.fixtures_import import command as fixtures_import
from parity_kit.cli.replay import command as replay
from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind, run
from parity_kit.contract.canonical import pack
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.errors import UntrustedTypeError
from parity_kit.contract.operations import OPERATIONS
from parity_kit.contract.plain import Ext, Plain
from parity_kit.corpora.corpus import read_corpus
from parity_kit.corpora.imported import read_imported
from parity_kit.msgpack.buildable import BUILDABLE, SAFE_TYPES
from parity_kit.msgpack.values import open_value
from parity_kit.programs.admission import admit
from parity_kit.reference import Engine

ROOT = Path(__file__).parents[2]


class Trap:
    """A module on the path that leaves a mark when anything imports or calls it."""

    def __init__(self, folder: Path) -> None:
        self.module = f"trap_{folder.name}".replace("-", "_")
        self.mark = folder / "sprung"
        self.folder = folder
        text = f"import dataclasses\nopen({str(self.mark)!r}, 'a').close()\n\n\n"
        text += "@dataclasses.dataclass\nclass Order: pass\n"
        (folder / f"{self.module}.py").write_text(text)

    @property
    def sprung(self) -> bool:
        """Whether it was imported."""
        return self.mark.exists() or self.module in sys.modules

    @property
    def name(self) -> str:
        """The type that a value names."""
        return f"{self.module}.Order"

    def ext(self, code: int = 2, payload: Plain = None) -> Ext:
        """Return a value that names it."""
        parts: list[Plain] = [self.module, "Order", {} if payload is None else payload, "copy"]
        return Ext(code, pack(parts))


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return Trap(tmp_path)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "parity.toml").write_text("")
    (root / "candidates").symlink_to(ROOT / "candidates")
    return root


def codec(operation: str, *, strict: bool = False, **args: Any) -> Case:
    subject = Subject(SubjectKind.CODEC, {"strict": strict})
    return Case(CaseId("sent"), subject, (Operation(operation, args),))


def packed(operation: str, value: Plain) -> Case:
    return codec(operation, type="msgpack", data=pack(value))


def channel(operation: str, **args: Plain) -> Case:
    subject = Subject(SubjectKind.CHANNEL, {"class": "LastValue"})
    return Case(CaseId("sent"), subject, (Operation(operation, args),))


def graph(literal: Plain, given: Plain) -> Case:
    program: Mapping[str, Any] = {
        "state": {"x": {"type": "any"}},
        "nodes": {"a": {"body": [{"write": {"x": {"lit": literal}}}]}},
        "entry": "a",
    }
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    return Case(CaseId("sent"), subject, (Operation("invoke", {"input": {"x": given}}),))


def saver(value: Plain) -> Case:
    checkpoint = {"v": 1, "id": "1", "ts": "", "channel_values": {"a": value}}
    checkpoint |= {"channel_versions": {}, "versions_seen": {}}
    args: Mapping[str, Any] = {"thread": "t", "ns": "", "checkpoint": checkpoint}
    args = {**args, "metadata": {}, "new_versions": {"a": "1"}}
    operation = Operation("put", args)
    return Case(CaseId("sent"), Subject(SubjectKind.SAVER, {"saver": "memory"}), (operation,))


def renamed(trap: Trap) -> Ext:
    """Return a value whose module is an ext that decodes to the module's name."""
    parts: list[Plain] = [Ext(0, pack(["x", "y", trap.module])), "Order", {}]
    return Ext(2, pack(parts))


CASES: Mapping[str, Callable[[Trap], Case]] = {
    "decode": lambda trap: packed("decode", trap.ext()),
    "round-trip": lambda trap: packed("round_trip", {"a": [trap.ext(0, 1)]}),
    "classify": lambda trap: packed("classify", trap.ext(1, [])),
    "pydantic": lambda trap: packed("decode", trap.ext(5)),
    "in-a-snapshot": lambda trap: packed("decode", Ext(7, pack(trap.ext()))),
    "in-a-safe-type": lambda trap: packed(
        "decode", Ext(0, pack(["builtins", "set", [trap.ext()]]))
    ),
    "name-in-an-envelope": lambda trap: packed("decode", renamed(trap)),
    "encode-opened": lambda trap: codec("encode", strict=True, value=open_value(trap.ext(2))),
    "channel-update": lambda trap: channel("update", values=[trap.ext()]),
    "channel-load": lambda trap: channel("load", value=[{"deep": trap.ext()}]),
    "graph-input": lambda trap: graph(1, trap.ext()),
    "program-literal": lambda trap: graph(trap.ext(), 1),
    "saver-put": lambda trap: saver(trap.ext()),
}


@pytest.fixture(params=[*CASES, "declared"])
def case(request: pytest.FixtureRequest, trap: Trap) -> Case:
    return declared(trap) if request.param == "declared" else CASES[request.param](trap)


def declared(trap: Trap) -> Case:
    """Return a case whose codec builds the trap, as those of an import with `--permissive` do."""
    subject = Subject(SubjectKind.CODEC, {"strict": True, "types": [[trap.module, "Order"]]})
    operation = Operation("decode", {"type": "msgpack", "data": b"\xc0"})
    return Case(CaseId("sent"), subject, (operation,))


def invoke(command: Any, *args: object) -> Result:
    return CliRunner().invoke(command, [*map(str, args)], standalone_mode=False)


def test_the_trap_would_spring(trap: Trap) -> None:
    JsonPlusSerializer().loads_typed(("msgpack", pack(trap.ext())))
    assert trap.sprung


def test_replay_refuses_the_case_by_name(case: Case, trap: Trap, workspace: Path) -> None:
    file = trap.folder / "sent.case.msgpack"
    CaseFile(case, "pure", (Returned(),), (Returned(),)).write(file)
    for command in (replay, explain):
        result = invoke(command, file, "--workspace", workspace)
        assert isinstance(result.exception, UntrustedTypeError), result.output
        assert trap.module in result.exception.problem or "<Ext>" in result.exception.problem
        assert "--trust" in result.exception.hint
    assert not trap.sprung


def test_a_type_that_a_graph_declares_is_stood_in_for(trap: Trap) -> None:
    case = graph(trap.ext(2, {"x": 1}), trap.ext(5, {"y": 2}))
    for kind in ("dataclass", "enum", "named_tuple", "pydantic", "pydantic_v1"):
        spec = {**case.subject.spec, "own_types": [[trap.module, "Order", kind]], "saver": "memory"}
        given = dataclasses.replace(case, subject=Subject(SubjectKind.GRAPH, spec))
        admit(given)
        run(Engine(), given)
    assert not trap.sprung


@pytest.mark.parametrize("name", CASES)
def test_the_reference_builds_nothing_even_if_asked(name: str, trap: Trap) -> None:
    run(Engine(), CASES[name](trap))
    assert not trap.sprung


def test_trust_says_what_it_allows_and_allows_it(trap: Trap, workspace: Path) -> None:
    file = trap.folder / "sent.case.msgpack"
    case = CASES["channel-update"](trap)
    CaseFile(case, "pure", (Returned(),), (Returned(),)).write(file)
    result = invoke(replay, file, "--trust", "--workspace", workspace)
    assert f"--trust: LangGraph imports and calls {trap.name}" in result.stderr
    assert trap.sprung


@pytest.mark.parametrize("name", ["_init__", "_class__", "stored", "native", "contents"])
@pytest.mark.parametrize("kind", [SubjectKind.CODEC, SubjectKind.CHANNEL, SubjectKind.SAVER])
def test_an_operation_is_one_of_the_contract(kind: SubjectKind, name: str) -> None:
    spec: Mapping[SubjectKind, Mapping[str, Plain]] = {
        SubjectKind.CODEC: {"strict": True},
        SubjectKind.CHANNEL: {"class": "Topic"},
        SubjectKind.SAVER: {"saver": "memory"},
    }
    case = Case(CaseId("sent"), Subject(kind, spec[kind]), (Operation(name, {}),))
    (outcome,) = run(Engine(), case)
    assert f"no operation {name}" in str(outcome)
    assert name not in OPERATIONS[kind]


def test_json_builds_messages_and_nothing_else_of_langchain() -> None:
    path = ["langchain", "prompts", "prompt", "PromptTemplate"]
    template = {"lc": 1, "type": "constructor", "id": path, "kwargs": {"template": "{x}"}}
    data = json.dumps([template]).encode()
    (outcome,) = run(Engine(), codec("decode", strict=True, type="json", data=data))
    assert "does not let LangChain build langchain.prompts.prompt.PromptTemplate" in str(outcome)


def test_every_committed_case_is_admitted() -> None:
    assert SAFE_TYPES < BUILDABLE
    for file in sorted((ROOT / "fixtures").glob("*.msgpack")):
        for trace in read_corpus(file).traces:
            admit(trace.case)


def test_the_safe_types_are_langgraphs() -> None:
    assert SAFE_TYPES == SAFE_MSGPACK_TYPES


@pytest.fixture
def database(trap: Trap) -> Path:
    """A database whose only pending write names the trap."""
    path = trap.folder / "sent.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        SqliteSaver(connection).setup()
        connection.execute(
            "INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint, metadata) "
            "VALUES ('t', '1', 'msgpack', ?, ?)",
            (pack({"v": 1, "id": "1"}), b"{}"),
        )
        connection.execute(
            "INSERT INTO writes (thread_id, checkpoint_id, task_id, idx, channel, type, value) "
            "VALUES ('t', '1', 'task', 0, 'a', 'msgpack', ?)",
            (pack(trap.ext()),),
        )
        connection.commit()
    return path


def test_loss_is_strict_unless_it_is_told_otherwise(
    database: Path, trap: Trap, workspace: Path
) -> None:
    args = ["--loss", "--sqlite", database, "--json", "--workspace", workspace]
    result = invoke(fixtures_check, *args)
    assert json.loads(result.stdout)["lost"][0]["type"] == trap.name
    assert not trap.sprung
    result = invoke(fixtures_check, *args, "--permissive")
    assert "imports and calls whatever the data names" in result.stderr
    assert trap.sprung


def test_an_import_builds_nothing_unless_it_is_told_to(
    database: Path, trap: Trap, workspace: Path
) -> None:
    invoke(fixtures_import, "--sqlite", database, "--workspace", workspace)
    assert not trap.sprung
    args = ["--sqlite", database, "--permissive", "--replace", "--workspace", workspace]
    result = invoke(fixtures_import, *args)
    assert "imports and calls whatever the data names" in result.stderr
    assert trap.sprung


def test_a_copied_corpus_brings_no_trust_with_it(
    database: Path, trap: Trap, workspace: Path
) -> None:
    invoke(fixtures_import, "--sqlite", database, "--permissive", "--workspace", workspace)
    assert len(list(read_imported(Workspace(workspace), "own").traces)) == 4
    (workspace / ".parity" / "trusted-types").unlink()
    with pytest.raises(UntrustedTypeError, match=trap.name):
        list(read_imported(Workspace(workspace), "own").traces)


def test_an_import_leaves_out_what_langchain_would_build(database: Path, workspace: Path) -> None:
    path = ["langchain", "prompts", "prompt", "PromptTemplate"]
    data = json.dumps({"lc": 1, "type": "constructor", "id": path, "kwargs": {}}).encode()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE writes SET type = 'json', value = ?", (data,))
        connection.commit()
    result = invoke(fixtures_import, "--sqlite", database, "--json", "--workspace", workspace)
    assert result.exception is None, result.exception
    (reason,) = json.loads(result.stdout)["left_out"]
    assert "does not let LangChain build langchain.prompts.prompt.PromptTemplate" in reason
