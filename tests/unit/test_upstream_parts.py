"""A candidate in another language inside LangGraph: its codec as a shadow, its saver in place."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pure_engine import Engine

from parity_kit.candidates.launch import find, launch_of
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.errors import CandidateCrashedError
from parity_kit.reference.fixture_types import Point
from parity_kit.upstream import remote
from parity_kit.upstream.codec_shadow import BLOBS, CodecShadow
from parity_kit.upstream.faults import FAULTS
from parity_kit.upstream.part import Part, parts_of
from parity_kit.upstream.plugin_names import DECLINED
from parity_kit.upstream.process import Runner
from parity_kit.upstream.remote import Opened, Remote
from parity_kit.upstream.suites import Suite
from parity_kit.upstream.wire_saver import OPERATIONS, RemoteSaverError, WireSaver
from tests.support.upstream import bench_of, outcomes


class InThisProcess(Remote):
    """`pure`, or one answer to everything."""

    def __init__(self, answer: Outcome | Exception | None = None) -> None:
        self.answer = answer
        self.sessions: dict[int, Any] = {}

    def apply(self, opened: Opened, operation: Operation) -> Outcome:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if id(opened) not in self.sessions:
            self.sessions[id(opened)] = Engine().open(opened.subject, remote.Pins())
        return self.sessions[id(opened)].apply(operation)


def checkpoint(number: int, **values: Any) -> Any:
    return {
        "v": 4,
        "id": f"0000-{number}",
        "ts": "2026-01-01T00:00:00+00:00",
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, f"{number}.0"),
        "versions_seen": {"node": {"a": 1}},
        "updated_channels": None,
    }


def use(saver: BaseCheckpointSaver[Any]) -> list[Any]:
    """Return what a saver answers to everything that LangGraph asks of it."""
    config: Any = {
        "configurable": {"thread_id": 7, "checkpoint_ns": "", "user": "me"},
        "metadata": {},
    }
    first = saver.put(
        config, checkpoint(1, a=[1], p=Point(1, 2)), {"step": 0}, {"a": "1.0", "p": "1.0"}
    )
    second = saver.put(first, checkpoint(2, a={1}), {"step": 1}, {"a": "2.0"})
    saver.put_writes(second, [("a", Point(3, 4)), ("b", None), ("c", b"raw")], "task", "path")
    listed = [
        saver.list({"configurable": {"thread_id": 7}}),
        saver.list({"configurable": {"thread_id": 7}}, filter={"step": 0}),
        saver.list({"configurable": {"thread_id": 7}}, before=second, limit=1),
    ]
    answers: list[Any] = [
        first,
        second,
        *map(list, listed),
        saver.get_tuple(config),
        saver.get_tuple(first),
    ]
    answers.append(saver.get_delta_channel_history(config=second, channels=["a", "z"]))
    answers.append(saver.get_next_version("00000000000000000000000000000001.5", None)[:32])
    saver.delete_thread(7)  # pyright: ignore[reportArgumentType]  # as LangGraph's own tests do
    return [*answers, saver.get_tuple(config), list(saver.list(None))]


def test_a_saver_of_the_candidate_answers_as_langgraphs() -> None:
    counts: Counter[str] = Counter()
    saver = WireSaver(InThisProcess(), "memory", counts)

    assert use(saver) == use(InMemorySaver())
    assert counts[OPERATIONS] == 13


def test_its_asynchronous_calls_are_the_same() -> None:
    saver = WireSaver(InThisProcess(), "memory", Counter())
    config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}

    async def scenario() -> tuple[CheckpointTuple | None, int]:
        stored = await saver.aput(config, checkpoint(1, a=1), {}, {"a": "1.0"})
        await saver.aput_writes(stored, [("a", 2)], "task")
        saved = await saver.aget_tuple(config)
        history = await saver.aget_delta_channel_history(config=stored, channels=["a"])
        listed = [item async for item in saver.alist(config)]
        await saver.adelete_thread("t")
        assert listed == [saved]
        return await saver.aget_tuple(config), len(history)

    assert asyncio.run(scenario()) == (None, 1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Raised("ValueError", "no"), ValueError),
        (Raised("sqlite3.OperationalError", "locked"), RemoteSaverError),
        (Unsupported("not yet"), NotImplementedError),
        (CandidateCrashedError("gone"), CandidateCrashedError),
    ],
)
def test_what_it_raises_is_raised(answer: Outcome | Exception, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"no|locked|gone"):
        WireSaver(InThisProcess(answer), "memory", Counter()).delete_thread("t")


@pytest.fixture
def serializer(monkeypatch: pytest.MonkeyPatch) -> Iterator[JsonPlusSerializer]:
    for name in ("dumps_typed", "loads_typed"):
        monkeypatch.setattr(JsonPlusSerializer, name, getattr(JsonPlusSerializer, name))
    FAULTS.clear()
    yield JsonPlusSerializer(allowed_msgpack_modules=True)
    FAULTS.clear()


def shadow(answer: Outcome | Exception | None = None) -> CodecShadow:
    made = CodecShadow(InThisProcess(answer))
    made.engage()
    return made


def test_a_codec_that_gives_the_same_bytes_is_counted(serializer: JsonPlusSerializer) -> None:
    made = shadow()
    for value in ({"a": {3, 1, 2}}, Point(1, 2), [None, 1.5, "x"], b"no MessagePack", None):
        serializer.dumps_typed(value)
    assert made.counts[BLOBS] == 0, "the test has not ended"
    assert not FAULTS
    assert made.counts == {BLOBS: 3, DECLINED: 0}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (
            Returned("msgpack", stored={"data": b"\x91\x02"}),
            "2 bytes instead of 2, the first other one at 1",
        ),
        (Returned("json", stored={"data": b"[1]"}), "it stores 'json' instead of MessagePack"),
        (Returned("msgpack"), "it stores 'msgpack' instead of MessagePack"),
        (Raised("ValueError", "no"), "ValueError: no"),
        (CandidateCrashedError("gone"), "gone"),
    ],
)
def test_a_codec_that_does_not_is_at_fault(
    serializer: JsonPlusSerializer, answer: Outcome | Exception, fault: str
) -> None:
    shadow(answer)
    assert serializer.dumps_typed([1]) == ("msgpack", b"\x91\x01")
    assert len(FAULTS) == 1
    assert FAULTS[0] == f"its codec: {fault}"


def test_json_of_older_releases_comes_back_as_what_langgraph_makes_of_it(
    serializer: JsonPlusSerializer,
) -> None:
    text = (
        b'{"lc": 2, "type": "constructor", "id": ["datetime", "timedelta"], "kwargs": {"days": 2}}'
    )
    made = shadow()
    assert serializer.loads_typed(("json", text)) == timedelta(days=2)
    assert serializer.loads_typed(("json", b"null")) is None  # it would not be stored as a blob
    assert not FAULTS
    assert made.counts == {BLOBS: 1, DECLINED: 0}
    shadow(Returned("msgpack", stored={"data": b"\x01"}))
    serializer.loads_typed(("json", b"2"))
    assert len(FAULTS) == 1
    assert FAULTS[0] == ("its codec: 1 bytes instead of 1, the first other one at 0")


def test_what_a_codec_declines_is_no_fault_and_no_call(serializer: JsonPlusSerializer) -> None:
    made = shadow(Unsupported("no floats"))
    serializer.dumps_typed([1.5])
    assert not FAULTS
    assert made.counts == {BLOBS: 0, DECLINED: 1}


LIAR = """
from parity_kit.contract import Returned
from pure_engine import Engine as Pure

class Session:
    def __init__(self, session):
        self.session = session
        self.close = session.close

    def apply(self, operation):
        outcome = self.session.apply(operation)
        if b"lie" in operation.args.get("data", b""):
            return Returned("msgpack", stored={"data": b"\\xc0"})
        return outcome

class Engine(Pure):
    def open(self, subject, pins):
        return Session(super().open(subject, pins))
"""
MANIFEST = """
name = "liar"
title = "liar"
kind = "python"
language = "Python"
object = "liar:Engine"
"""
TESTS = """
import asyncio
from inspect import signature
from typing import Annotated, TypedDict
import operator
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import StateGraph

class State(TypedDict):
    log: Annotated[list, operator.add]

def run(saver, word):
    graph = StateGraph(State)
    graph.add_node("node", lambda state: {"log": [word]})
    graph.set_entry_point("node")
    compiled = graph.compile(checkpointer=saver)
    config = {"configurable": {"thread_id": 1}}
    compiled.invoke({"log": ["in"]}, config)
    assert compiled.invoke({"log": ["again"]}, config)["log"] == ["in", word, "again", word]

def test_memory():
    saver = InMemorySaver()
    run(saver, "word")
    assert not saver.storage
    assert "task_path" in signature(saver.put_writes).parameters  # LangGraph asks for it

class Derived(InMemorySaver):
    puts = 0

    def put(self, *args):
        self.puts += 1
        return super().put(*args)

def test_sqlite_and_derived():
    with SqliteSaver.from_conn_string(":memory:") as saver:
        run(saver, "word")
    run(derived := Derived(), "word")
    if hasattr(derived, "_saver_of_the_candidate"):
        before = derived.puts
        config = {"configurable": {"thread_id": 1, "checkpoint_ns": ""}}
        asyncio.run(derived.aput(config, derived.get_tuple(config).checkpoint, {}, {}))
        assert derived.puts == before + 1

def test_own_serializer():
    serde = EncryptedSerializer.from_pycryptodome_aes(key=b"1234567890123456")
    run(InMemorySaver(serde=serde), "word")

def test_of_a_lie():
    run(InMemorySaver(), "lie")
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "workspace" / "candidates" / "liar"
    folder.mkdir(parents=True)
    (tmp_path / "workspace" / "parity.toml").touch()
    (folder / "candidate.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "liar.py").write_text(LIAR, encoding="utf-8")
    pure = Path(sys.modules["pure_engine"].__path__[0])
    (folder / "pure_engine").symlink_to(pure, target_is_directory=True)
    return Workspace(tmp_path / "workspace")


def test_both_parts_stand_in_langgraph(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "suite"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "test_it.py").write_text(dedent(TESTS), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_mode = strict\n", encoding="utf-8")
    suite = Suite("langgraph", "1", folder, ())
    liar = find(workspace, "liar")
    codec, saver = parts_of(liar, workspace, print)
    assert (codec.words, saver.words) == ("codec", "saver memory sqlite postgres")

    def run(part: Part) -> tuple[dict[str, str], list[bool], list[str]]:
        result = Runner(bench_of(suite), workspace, liar, part).run(suite, "tests/test_it.py")
        assert result.problem == ""
        errors = [test.error for test in result.tests if test.error]
        return outcomes(result), [test.drove for test in result.tests], errors

    results, drove, errors = run(saver)
    assert set(results.values()) == {"passed"}
    assert drove == [True, True, False, True]  # encrypted bytes are LangGraph's saver's
    assert errors == []
    results, drove, errors = run(codec)
    # LangGraph's own saver keeps what the candidate's had kept, and a lie fails what passed.
    assert [*results.values()] == ["failed", "passed", "passed", "failed"]
    assert drove == [True] * 4
    assert errors[1].startswith("its codec: 1 bytes instead of")


def test_an_engine_belongs_to_the_process_that_started_it(workspace: Workspace) -> None:
    pure = find(workspace, "pure")
    engine = remote.from_json(remote.to_json(launch_of(pure, workspace, print), pure.limits))
    opened = Opened(engine, Subject(SubjectKind.SAVER, {"saver": "memory"}))
    try:
        assert opened.apply("list") == Returned([])
        if (child := os.fork()) == 0:
            answer = opened.apply("list")
            engine.close()
            os._exit(0 if answer == Returned([]) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert opened.apply("list") == Returned([])
        another = Opened(engine, opened.subject)
        del opened
        assert another.apply("list") == Returned([])
    finally:
        engine.close()
