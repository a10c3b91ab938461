"""Values that LangGraph's authors wrote, read at run time from its source distribution.

An independent check of the corpora: nothing here was made by a generator, nothing of it is kept.
`tests/test_checkpoint_migration.py` of that distribution holds histories in three formats as Python
literals, and its other tests hold states, events and messages; they are evaluated without importing
a file.
"""

from __future__ import annotations

import ast
import operator
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, Any, TypedDict

import pure_engine.engine as pure
import pytest
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langgraph.types import Interrupt, Send

from parity_kit.contract import (
    Case,
    CaseId,
    Level,
    Operation,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    run,
)
from parity_kit.contract.plain import Plain
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Equal
from parity_kit.reference.engine import Engine
from parity_kit.reference.loss import Loss, loss_of
from parity_kit.reference.native import to_plain, typed_bytes

pytestmark = pytest.mark.slow

RELEASE = version("langgraph")
MEMBER = f"langgraph-{RELEASE}/tests/test_checkpoint_migration.py"
LONG = 60
"""Characters from which a literal is looked at: the shorter ones are alike."""
FORMATS = {"3", "2-start:*", "2-quadratic"}
MAKERS = {"CheckpointTuple": CheckpointTuple, "Interrupt": Interrupt, "Send": Send}
NODES = ("rewrite_query", "analyzer_one", "retriever_one", "retriever_two", "qa")

Histories = dict[str, list[CheckpointTuple]]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The test modules of the source distribution, by their paths in it."""
    folder = tmp_path_factory.mktemp("sdist")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-binary", ":all:", "--no-deps", "--dest", folder, f"langgraph=={RELEASE}"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        pytest.skip(f"the source distribution of langgraph {RELEASE} is not to be had: {reason}")
    (archive,) = folder.glob("langgraph-*.tar.gz")
    with tarfile.open(archive) as sdist:
        files = [
            (member.name, sdist.extractfile(member))
            for member in sdist.getmembers()
            if "/tests/" in member.name and member.name.endswith(".py")
        ]
        return {name: file.read().decode() for name, file in files if file is not None}


@pytest.fixture(scope="module")
def histories(sources: dict[str, str]) -> Histories:
    """The saved histories by format, newest first."""
    for statement in ast.parse(sources[MEMBER]).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == (
            "SAVED_CHECKPOINTS"
        ):
            return literal(statement.value)
    raise AssertionError(f"no saved checkpoints in {MEMBER}")


def literal(node: ast.expr) -> Any:
    """Return what an expression of literals and of the known constructors says."""
    match node:
        case ast.Dict(keys, values):
            return {
                literal(key): literal(value)
                for key, value in zip(keys, values, strict=True)
                if key is not None
            }
        case ast.List(elements):
            return [literal(element) for element in elements]
        case ast.Tuple(elements):
            return tuple(literal(element) for element in elements)
        case ast.Call(ast.Name(name), args, keywords) if name in MAKERS:
            named = {keyword.arg: literal(keyword.value) for keyword in keywords if keyword.arg}
            return MAKERS[name](*map(literal, args), **named)
        case _:
            return ast.literal_eval(node)


def records(histories: Histories) -> Iterator[object]:
    for history in histories.values():
        for saved in history:
            yield from (saved.checkpoint, saved.metadata, saved.config, saved.parent_config)
            yield from saved.pending_writes or ()


def test_all_three_formats_are_there(histories: Histories) -> None:
    assert set(histories) == FORMATS
    assert all(len(history) > 1 for history in histories.values())


def test_every_record_comes_back_from_langgraph_and_from_pure(histories: Histories) -> None:
    compared = 0
    for record in records(histories):
        kind, data = typed_bytes(record)
        assert loss_of(kind, data, strict=True) is Loss.NONE
        typed: dict[str, Plain] = {"type": kind, "data": data}
        operations = tuple(Operation(name, typed) for name in ("decode", "round_trip", "classify"))
        case = Case(CaseId("literal"), Subject(SubjectKind.CODEC, {"strict": True}), operations)
        ours, theirs = run(Engine(), case), run(pure.Engine(), case)
        assert isinstance(compare(case, ours, theirs), Equal), data
        assert ours[2] == Returned("kept")
        compared += 1
    assert compared


def literals(source: str) -> Iterator[object]:
    """Yield the outermost lists, maps, sets and tuples of a module that are literals."""
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.Dict, ast.List, ast.Set, ast.Tuple)):
            with suppress(ValueError):
                yield ast.literal_eval(node)
                continue
        nodes += ast.iter_child_nodes(node)


def test_every_long_literal_comes_back_from_pure_as_from_langgraph(sources: dict[str, str]) -> None:
    values = {repr(value): value for source in sources.values() for value in literals(source)}
    blobs = {typed_bytes(value) for text, value in values.items() if len(text) >= LONG}
    assert len(blobs) > 100
    operations = tuple(
        Operation(name, {"type": kind, "data": data})
        for kind, data in sorted(blobs)
        for name in ("decode", "round_trip")
    )
    case = Case(CaseId("literals"), Subject(SubjectKind.CODEC, {"strict": True}), operations)
    outcomes = run(Engine(), case)
    assert compare(case, outcomes, run(pure.Engine(), case)) == Equal(Level.BYTES)
    assert all(isinstance(outcome, Returned) for outcome in outcomes)


@pytest.mark.parametrize("saver", ["memory", "sqlite"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_saver_holds_the_history_in_pure_as_in_langgraph(
    histories: Histories, name: str, saver: str
) -> None:
    operations = [*puts(histories[name])]
    operations.append(Operation("get_tuple", {"thread": "1", "ns": ""}))
    operations.append(Operation("list", {"thread": "1"}))
    case = Case(CaseId("literal"), Subject(SubjectKind.SAVER, {"saver": saver}), tuple(operations))
    ours, theirs = run(Engine(), case), run(pure.Engine(), case)
    assert not [outcome for outcome in ours if isinstance(outcome, Raised)]
    assert isinstance(compare(case, ours, theirs), Equal)


def puts(history: list[CheckpointTuple]) -> Iterator[Operation]:
    """Yield what stores a history, the oldest first."""
    parent: str | None = None
    for saved in reversed(history):
        checkpoint: Any = saved.checkpoint
        where: dict[str, Plain] = {"thread": "1", "ns": ""}
        given: dict[str, Plain] = {} if parent is None else {"parent": parent}
        yield Operation(
            "put",
            where
            | given
            | {
                "checkpoint": to_plain(checkpoint),
                "metadata": to_plain(saved.metadata),
                "new_versions": checkpoint["channel_versions"],
            },
        )
        parent = checkpoint["id"]
        for task, channel, value in saved.pending_writes or ():
            yield Operation(
                "put_writes",
                where
                | {"checkpoint_id": parent, "task_id": task, "task_path": ""}
                | {"writes": [[channel, to_plain(value)]]},
            )


def test_migrated_checkpoints_mean_what_todays_do(histories: Histories) -> None:
    """`CompiledStateGraph._migrate_checkpoint` gives old channels the names that version 3 has."""
    states = {name: next_nodes(history) for name, history in histories.items()}
    assert states["2-start:*"] == states["2-quadratic"] == states["3"]
    assert {name for names in states["3"] for name in names} >= set(NODES[:2])


class State(TypedDict, total=False):
    query: str
    answer: str
    docs: Annotated[list[str], operator.add]


def unchanged(state: Any) -> Any:
    return state


def branch(state: Any) -> str:
    del state
    return NODES[3]


def next_nodes(history: list[CheckpointTuple]) -> list[tuple[str, ...]]:
    """Return which nodes come next at each checkpoint, as a graph of today reads it."""
    builder: Any = StateGraph(State)
    for name in NODES:
        builder.add_node(name, unchanged)
    builder.set_entry_point(NODES[0])
    builder.add_edge(NODES[0], NODES[1])
    builder.add_conditional_edges(NODES[0], branch, [NODES[3]])
    builder.add_edge(NODES[1], NODES[2])
    builder.add_edge(NODES[2], NODES[4])
    builder.set_finish_point(NODES[4])
    saver = InMemorySaver()
    app = builder.compile(checkpointer=saver)
    parent = None
    for saved in reversed(history):
        config: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
        config["configurable"]["checkpoint_id"] = parent
        versions = saved.checkpoint["channel_versions"]
        saver.put(config, saved.checkpoint, saved.metadata, versions)
        parent = saved.checkpoint["id"]
        for task, channel, value in saved.pending_writes or ():
            saver.put_writes(saved.config, [(channel, value)], task)
    thread: Any = {"configurable": {"thread_id": "1"}}
    return [tuple(sorted(state.next)) for state in app.get_state_history(thread)]
