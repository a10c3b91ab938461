"""Redaction: nothing of what was said survives, and everything of its shape does."""

from __future__ import annotations

import decimal
import json
import re
import sqlite3
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what a delta channel stores
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command, Interrupt, Send

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.cli.gate import command as gate
from parity_kit.corpora.imported import read_imported
from parity_kit.corpora.user_checkpoints.redaction import CannotRedactError, Redactor
from parity_kit.corpora.user_checkpoints.shape import is_same_shape
from parity_kit.msgpack.values import open_value
from parity_kit.reference.native import to_plain

WORKSPACE = find_workspace(Path(__file__))
REDACTOR = Redactor(b"a key of the tests")
SERIALIZER = JsonPlusSerializer(allowed_msgpack_modules=None)
PLANTED = [
    *(f"planted{word}secret" for word in ("one", "two", "three", "four", "five", "six")),
    *(f"Planted Secret {number}" for number in range(31_337, 31_350)),
]


@dataclass
class Order:
    """An application's own type, which no strict codec builds."""

    customer: str
    details: dict[str, Any]


def redacted(value: object) -> tuple[bytes, bytes]:
    kind, data = SERIALIZER.dumps_typed(value)
    return bytes(data), REDACTOR.value(kind, bytes(data))


def opened(data: bytes) -> Any:
    return open_value(to_plain(SERIALIZER.loads_typed(("msgpack", data))))


VALUES: dict[str, object] = {
    "text": "Ann Example, born 1984-05-06 in Zürich 東京 😀",
    "numbers": [5, 127, 128, 255, 256, 65_536, 2**40, -5, -200, -70_000, 1.5, 1e300, 12.0],
    "constants": [None, True, False, 0, 1, -1, 0.0, float("inf"), ""],
    "keys": {"Ann": 1, "Bob": 2, 17: "x", ("a", 2): "y", "a": 1, "b": 2, "c": 3},
    "all letters as keys": dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 1),
    "small set": {2, 3, 4, 5, 6, 7, 8, 9},
    "moment": datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC),
    "date": date(1984, 5, 6),
    "time": time(7, 8, 9, 123456),
    "duration": timedelta(days=400, seconds=86_000, microseconds=999_999),
    "zone": ZoneInfo("Europe/Zurich"),
    "uuid": UUID("1ef4f797-8335-6428-8001-8a1503f9b875"),
    "decimals": [decimal.Decimal(text) for text in ("12.50", "0.07", "1E+5", "NaN", "-3")],
    "addresses": [ip_address("192.168.10.250"), ip_address("2001:db8::8a2e:370:7334")],
    "networks": [ip_network("10.20.0.0/16"), ip_interface("192.168.1.5/24")],
    "path": Path("/home/ann/letters.txt"),
    "pattern": re.compile(r"\d+ann(?P<name>x)", re.IGNORECASE),
    "collections": [deque([1, "ann"]), {"ann", "bob"}, frozenset({1.5, 2.5})],
    "arrays": [
        np.array([1.5, 2.5]),
        np.array([[1, 2], [3, 4]], dtype=">i2"),
        np.array([True, False]),
        np.array(["ann", "bo"]),
        np.array([b"ann"]),
    ],
    "messages": [
        SystemMessage("Be kind to Ann."),
        HumanMessage([{"type": "text", "text": "I am Ann"}, {"type": "image_url", "url": "x"}]),
        AIMessage(
            "Hello Ann",
            id="run-1",
            tool_calls=[{"name": "mail", "args": {"to": "ann@example.com", "n": 300}, "id": "c1"}],
            usage_metadata={"input_tokens": 300, "output_tokens": 7, "total_tokens": 307},
            response_metadata={"finish_reason": "stop", "model": "m-1"},
        ),
        ToolMessage("sent", tool_call_id="c1", status="success", artifact={"raw": b"ann"}),
    ],
    "document": Document("Ann's letter", metadata={"page": 300, "author": "Ann"}),
    "packets": [Send("write", {"to": "Ann"}), Interrupt("Really, Ann?", id="0" * 32)],
    "command": Command(update={"name": "Ann"}, goto="write", resume="yes"),
    "snapshot": _DeltaSnapshot(["Ann", 300]),
    "bytes": [b"Ann's bytes", bytearray(b"more")],
    "error": ValueError("Ann failed"),
    "checkpoint": {
        "v": 4,
        "id": "1ef4f797-8335-6428-8001-8a1503f9b875",
        "ts": "2024-05-06T07:08:09.123456+00:00",
        "channel_values": {"branch:to:plan": None, "__start__": {"q": "Ann"}, "v": "not a version"},
        "channel_versions": {"branch:to:plan": f"{2:032}.0123456789012345"},
        "versions_seen": {"plan": {"branch:to:plan": f"{2:032}.0123456789012345"}},
    },
}


@pytest.mark.parametrize("name", VALUES)
def test_types_sizes_and_structure_stay(name: str) -> None:
    data, made = redacted(VALUES[name])
    assert len(made) == len(data)
    assert is_same_shape(opened(data), opened(made))
    assert SERIALIZER.dumps_typed(SERIALIZER.loads_typed(("msgpack", made)))[0] == "msgpack"
    for word in (b"Ann", b"ann@", b"Z\xc3\xbcrich", b"1984"):
        assert word not in made


def test_what_the_structure_is_made_of_stays() -> None:
    _, made = redacted(VALUES["checkpoint"])
    checkpoint = opened(made)
    assert checkpoint["v"] == 4  # its version says how it is read
    (branch,) = [key for key in checkpoint["channel_values"] if key.startswith("branch:to:")]
    assert branch != "branch:to:plan"
    assert branch.removeprefix("branch:to:") in checkpoint["versions_seen"]
    assert branch in checkpoint["channel_versions"]
    assert "__start__" in checkpoint["channel_values"]
    assert checkpoint["channel_values"]["v"] != "not a version"


def test_the_same_is_replaced_by_the_same_and_follows_the_key() -> None:
    kind, data = SERIALIZER.dumps_typed({"a": "Ann Example", "b": ["Ann Example"]})
    made = opened(REDACTOR.value(kind, data))
    first, second = made.values()
    assert [first] == second
    assert REDACTOR.value(kind, data) == REDACTOR.value(kind, data)
    assert REDACTOR.value(kind, data) != Redactor(b"another key").value(kind, data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("pickle", b"."),
        ("msgpack+aes", b"\x81"),
        ("msgpack", b"\xd9"),
        ("msgpack", b"\xc1"),
        ("msgpack", b"\x01\x01"),
        ("msgpack", b"\xd4\x09a"),
        ("msgpack", b"\x91" * 5000),
        ("json", b"{"),
        ("json", b"\xff"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(kind: str, data: bytes) -> None:
    with pytest.raises(CannotRedactError):
        REDACTOR.value(kind, data)


@pytest.mark.parametrize(
    "text",
    [
        '{"source": "loop", "step": 12, "parents": {}, "user": "Ann \\"x\\" \\u00e9", "f": 1.25}',
        '{"a":1,"b":[2,300,-70000,1e16,123456.75],"v":4}',
        '{"name": "Zoë", "nested": {"Ann": {"Ann": null}}, "t": true}',
        "[]",
    ],
)
def test_json_keeps_its_spaces_its_escapes_and_its_shape(text: str) -> None:
    made = REDACTOR.value("json", text.encode()).decode()
    assert is_same_shape(json.loads(text), json.loads(made))
    assert re.sub(r"\w|é|ë|[à-ö]", "x", made) == re.sub(r"\w|é|ë|[à-ö]", "x", text)
    assert "Ann" not in made


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text()
    # A key or an element of one shape can run out of others of that shape; words do not.
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(PLAIN)
def test_any_plain_value_keeps_its_shape(value: object) -> None:
    kind, data = SERIALIZER.dumps_typed([value])
    made = REDACTOR.value(kind, data)
    assert len(made) == len(data)
    assert is_same_shape(opened(data), opened(made))


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1))
def test_any_text_keeps_its_length_in_characters_and_in_bytes(text: str) -> None:
    made = REDACTOR.scramble.text(text)
    assert (len(made), len(made.encode())) == (len(text), len(text.encode()))


def plant(path: Path) -> None:
    """Store every planted string somewhere else."""
    words = iter(PLANTED)
    workspace = f"{next(words)}:{UUID(int=9)}"
    place = {"thread_id": next(words), "checkpoint_ns": workspace}
    config: Any = {"configurable": place}
    values: dict[str, Any] = {
        next(words): [next(words), {next(words): next(words)}],
        "message": AIMessage(
            next(words),
            tool_calls=[{"name": next(words), "args": {next(words): 1}, "id": next(words)}],
        ),
        "document": Document(next(words), metadata={"author": next(words)}),
        "send": Send(next(words), [next(words).encode(), Path("/", next(words))]),
        "order": Order(next(words), {"array": np.array([next(words)])}),
    }
    checkpoint: Any = {
        "v": 4,
        "id": str(UUID(int=8)),
        "ts": "2024-01-01T00:00:00+00:00",
        "channel_values": values,
        "channel_versions": {},
        "versions_seen": {},
    }
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        saver = SqliteSaver(connection)
        metadata: Any = {"source": "loop", "user": next(words)}
        config = saver.put(config, checkpoint, metadata, {})
        saver.put_writes(config, [("n", next(words))], "task", "path")
    assert next(words, None) is None, "a planted string was not used"


def test_no_planted_string_survives_in_a_redacted_corpus(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").write_text("")
    (tmp_path / "candidates").symlink_to(WORKSPACE.candidates)
    database = tmp_path / f"{PLANTED[0]}.sqlite"
    plant(database)
    for name, options in (("plain", ()), ("redacted", ("--redact",))):
        args = ["import", "--sqlite", str(database), "--to", name, "--workspace", str(tmp_path)]
        result = CliRunner().invoke(command, [*args, *options, "--json"], standalone_mode=False)
        assert result.exception is None, result.exception
        assert json.loads(result.stdout)["left_out"] == {}
    planted = {
        name: [
            word for word in PLANTED if any(form in files(tmp_path, name) for form in forms(word))
        ]
        for name in ("plain", "redacted")
    }
    assert planted == {"plain": PLANTED, "redacted": []}
    args = ["pure", "--corpus", "imported:redacted", "--json", "--workspace", str(tmp_path)]
    answer = json.loads(CliRunner().invoke(gate, args, standalone_mode=False).stdout)
    assert (answer["verdict"], answer["compared"]) == ("equal", 3)


def files(root: Path, name: str) -> bytes:
    folder = read_imported(Workspace(root), name).folder
    return b"".join(path.read_bytes() for path in folder.iterdir())


def forms(word: str) -> list[bytes]:
    """Return how a string may be stored, and the parts of it that are in no corpus's own names."""
    parts = [word, *re.findall(r"\d{5}|[a-z]{9,}", word)]
    return [part.encode(codec) for part in parts for codec in ("utf-8", "utf-32-le")]
