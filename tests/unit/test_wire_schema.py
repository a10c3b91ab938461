"""The published schema: made of the types, true of real conversations, as strict as the kit."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator

from parity_kit.candidates.launch import find, start, watched
from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.contract import Case, CaseId, Operation, Pins, Subject, SubjectKind, canonical
from parity_kit.contract.errors import CandidateError, UsageError
from parity_kit.contract.plain import Plain
from parity_kit.corpora.folder import read_corpora
from parity_kit.wire import shapes
from parity_kit.wire.frames import FrameBuffer
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.log import Log
from parity_kit.wire.messages import MessageError, Request, Response, encode, parse
from parity_kit.wire.readable import to_json
from parity_kit.wire.schema import METHODS, schema

WORKSPACE = find_workspace(Path(__file__))
PUBLISHED = WORKSPACE.root / "docs" / "protocol.schema.json"


@functools.cache
def validator(definition: str = "") -> Any:
    full_schema = schema()
    part = (
        full_schema
        if not definition
        else {"$defs": full_schema["$defs"], "$ref": f"#/$defs/{definition}"}
    )
    kind: Any = Draft202012Validator
    kind.check_schema(part)
    return kind(part)


def test_the_published_schema_is_what_the_types_make() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published == schema(), "next: parity-kit candidates schema > docs/protocol.schema.json"


class Messages:
    """What crossed, each way, as messages."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.received: list[Any] = []
        self._buffer = FrameBuffer()

    def __call__(self, kind: str, data: bytes) -> None:
        if kind == "sent":
            self.sent.append(parse(data[4:]))
            return
        self._buffer.feed(data)
        while (body := self._buffer.take()) is not None:
            self.received.append(parse(body))


def as_json(message: Request | Response) -> Any:
    match message:
        case Request(msgid, method, params):
            return to_json([0, msgid, method, params])
        case Response(msgid, failure, result):
            return to_json([1, msgid, failure and failure.to_plain(), result])


def test_a_real_conversation_keeps_to_the_schema_in_both_directions() -> None:
    crossed = Messages()
    corpora = read_corpora(WORKSPACE.fixtures, ["channels", "graphs", "allowlist", "functional"])
    cases = [trace.case for corpus in corpora for trace in corpus.traces][::3]
    channel = Subject(SubjectKind.CHANNEL, {"class": "LastValue", "type": "int"})
    with watched(crossed), start(find(WORKSPACE, "pure"), WORKSPACE) as engine:
        list(engine.run_all(cases))
        session = engine.open(channel, Pins())
        session.apply(Operation("get"))
        session.close()
        engine.measure(Case(CaseId("c"), channel, (Operation("is_available"),)), 2)
    methods: dict[int, str] = {}
    for message in crossed.sent:
        methods[message.msgid] = message.method
        validator("request").validate(as_json(message))
        validator().validate(as_json(message))
    assert set(methods.values()) == set(METHODS)
    answered = 0
    for message in crossed.received:
        validator().validate(as_json(message))
        validator("response").validate(as_json(message))
        if message.failure is None:
            answered += 1
            result = to_json(message.result)
            validator(f"result of {methods[message.msgid]}").validate(result)
    assert answered > 200


PLAIN: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=True)
    | st.sampled_from(["", "graph", "bytes", "cancel", "custom"])
    | st.sampled_from([b"", b"*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "codec", "n", "detail"]), inner, max_size=2)
    ),
    max_leaves=6,
)
EVENTS = st.lists(st.tuples(st.just("custom"), st.just([]), PLAIN).map(list), max_size=1)
OUTCOME: dict[str, Any] = {
    "value": PLAIN,
    "error": st.just("ValueError"),
    "message": st.just(""),
    "events": EVENTS,
    "stored": st.just({"a": b"b"}),
    "dropped": st.just(["a"]),
    "unsupported": st.just("no"),
}
DESCRIPTION: dict[str, Any] = {
    "name": st.just("x"),
    "version": st.just("1"),
    "language": st.just("Y"),
    "levels": st.just({"codec": "bytes"}),
    "engaged": st.just({"f": 1}),
    "protocol": st.just(1),
    "uses": st.just(["events"]),
}
KINDS = (
    ("value", "events", "stored", "dropped"),
    ("error", "message", "events", "stored", "dropped"),
    ("unsupported",),
    ("value",),
)


def changed(parts: dict[str, Any], kept: tuple[str, ...]) -> Any:
    """Return maps of these parts, of which one may be something else, lacking or too many."""

    @st.composite
    def make(draw: Any) -> dict[str, Plain]:
        made = {key: draw(parts[key]) for key in kept}
        match draw(st.integers(0, 3)):
            case 1:
                made[draw(st.sampled_from(sorted(parts)))] = draw(PLAIN)
            case 2:
                made.pop(draw(st.sampled_from(kept)))
            case 3:
                made[draw(st.sampled_from([*sorted(parts), "other"]))] = draw(PLAIN)
            case _:
                pass
        return made

    return make()


def is_taken(read: Any, value: Plain) -> bool:
    try:
        read(value)
    except (shapes.ShapeError, MessageError):
        return False
    return True


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.one_of(*(changed(OUTCOME, kept) for kept in KINDS)))
def test_kit_and_schema_take_the_same_outcomes(value: Any) -> None:
    assert is_taken(shapes.outcome, value) == validator("outcome").is_valid(to_json(value))


@settings(max_examples=400, derandomize=True, deadline=None)
@given(changed(DESCRIPTION, tuple(DESCRIPTION)[:-1]) | changed(DESCRIPTION, tuple(DESCRIPTION)))
def test_kit_and_schema_take_the_same_descriptions(value: Any) -> None:
    valid = validator("Description").is_valid(to_json(value))
    assert is_taken(shapes.description, value) == valid


ERROR = {"code": "engine", "message": "m", "detail": "d"}


@pytest.mark.parametrize(
    "message",
    [
        [1, 1, None, None],
        [1, 1, None, {"value": 1}],
        [1, 1, ERROR, None],
        [1, 1, {"code": "unsupported", "message": "no"}, None],
        [1, 1, ERROR, 1],
        [1, 1, {"code": "other", "message": "m"}, None],
        [1, 1, {"code": "engine"}, None],
        [1, 1, {**ERROR, "detail": 1}, None],
        [1, 1, "no", None],
        [1, -1, None, None],
        [1, 1 << 32, None, None],
        [1, True, None, None],
        [1, 1, None],
        [1, 1, None, None, None],
    ],
)
def test_kit_and_schema_take_the_same_responses(message: Any) -> None:
    taken = is_taken(parse, canonical.pack(message))
    assert taken == validator("response").is_valid(to_json(message))


def test_readable_messages_lose_nothing_that_matters() -> None:
    body = encode(Request(1, "run", {"a": [b"*", 1.0, float("nan"), {1: 2}]}))
    message = parse(body)
    assert isinstance(message, Request)
    assert to_json(message.params) == {
        "a": [{"$bytes": "2a"}, {"$float": "1.0"}, {"$float": "nan"}, {"$map": [[1, 2]]}]
    }


def test_a_trace_is_readable_and_whole_after_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "trace.log"
    with Log(path) as log:
        launch = Launch("dies", ("/bin/sh", "-c", "printf 'hello, world'; exit 3"), tmp_path, {})
        with pytest.raises(CandidateError):
            RemoteEngine(launch, watch=log).connect()
    lines = [line.split(maxsplit=2) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [arrow for _, arrow, _ in lines[:2]] == ["--", "->"]
    assert lines[1][2].startswith("1 handshake")
    assert "not a frame" in lines[2][2]
    assert "hello" in lines[2][2]


def test_a_gate_writes_down_its_conversation(tmp_path: Path) -> None:
    path = tmp_path / "trace.log"
    args = [
        "pure",
        "--corpus",
        "channels",
        "--trace",
        str(path),
        "--workspace",
        str(WORKSPACE.root),
    ]
    result = CliRunner().invoke(gate, args, standalone_mode=False, catch_exceptions=False)
    assert result.return_value == 0
    text = path.read_text(encoding="utf-8")
    (corpus,) = read_corpora(WORKSPACE.fixtures, ["channels"])
    assert text.count(" run  {") == len(corpus.traces)
    assert '"id": "channels/' in text


def test_a_trace_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    args = [
        "pure",
        "--trace",
        str(tmp_path / "no" / "trace.log"),
        "--workspace",
        str(WORKSPACE.root),
    ]
    with pytest.raises(UsageError, match="could not be written"):
        CliRunner().invoke(gate, args, standalone_mode=False, catch_exceptions=False)
