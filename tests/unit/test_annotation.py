"""The dissector says what each byte is, what LangGraph means by it, and what is not canonical."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import UsageError
from parity_kit.contract.plain import Ext
from parity_kit.corpora.folder import read_corpora
from parity_kit.msgpack.hexdump import DEEPEST, Annotation, annotate, annotation_lines
from parity_kit.msgpack.parser import dissect, parse
from parity_kit.msgpack.values import close_value
from parity_kit.search.generate.values import opened_value
from parity_kit.search.hypothesis_driver import strategy

WORKSPACE = find_workspace(Path(__file__))
CASE = "savers/memory/put/one"


def flaws(data: str | bytes) -> list[str]:
    raw = bytes.fromhex(data) if isinstance(data, str) else data
    return [str(flaw) for flaw in annotate(raw).flaws]


def meanings(value: object) -> dict[str, str]:
    return {line.path: line.meaning for line in annotate(pack(value)).lines if line.meaning}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("cc05", ["byte 0, $: not the smallest form: uint 8, where positive fixint would do"]),
        (
            "81d9016105",
            ["byte 1, $.a, its key: not the smallest form: str 8, where fixstr would do"],
        ),
        ("ca00000000", ["byte 0, $: float 32: LangGraph writes every float with 64 bits"]),
        (
            "82a16101a16102",
            ["byte 4, $: key 'a' again, first at byte 1: the last one wins"],
        ),
        ("0102", ["byte 1, $: after the end: 1 more, which LangGraph never reads"]),
        ("92a361ff6201", ["byte 3, $[0]: a string is not UTF-8"]),
        ("c1", ["byte 0, $: format byte 0xc1 is never used"]),
        ("", ["byte 0, $: the data ends where a value should begin"]),
        ("93c001", ["byte 3, $[2]: the data ends where a value should begin"]),
        ("81a161", ["byte 3, $.a: the data ends where a value should begin"]),
        ("92d9056162", ["byte 1, $[0]: str 8: 7 bytes announced, 4 there"]),
        ("d40901", ["byte 0, $: ext 9: no code of LangGraph: it writes 0 to 7"]),
        (
            "d50301c1",
            ["byte 0, $: ext 3: its data is not an array of 4: module, name, argument, method"],
        ),
    ],
)
def test_what_is_not_canonical_is_named_with_its_offset(data: str, says: list[str]) -> None:
    messages = flaws(data)
    assert [say for say in says if say not in messages] == []


def an_ext(code: int, *parts: object) -> bytes:
    return pack(Ext(code, pack(list(parts))))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (an_ext(1, "uuid", "UUID", "x"), "its array of arguments is no such thing, but fixstr"),
        (an_ext(2, "a", "B", [1]), "its map of keywords is no such thing, but an array"),
        (an_ext(0, "a", "B"), "its data is not an array of 3: module, name, argument"),
        (an_ext(6, "<f8", [2, 3], "C", b"123"), "its shape needs 48 bytes, its buffer has 3"),
        (an_ext(6, "<U2", [1], "C", b"12345678"), ""),
    ],
)
def test_an_ext_that_is_not_what_its_code_says_is_named(data: bytes, says: str) -> None:
    assert [flaw.problem.partition(": ")[2] for flaw in annotate(data).flaws] == [says] * bool(says)


@given(strategy(opened_value))
def test_what_langgraph_writes_has_no_flaw_but_in_envelopes(opened: object) -> None:
    data = pack(close_value(opened))  # pyright: ignore[reportArgumentType]  # plain by construction
    assert [flaw for flaw in annotate(data).flaws if "ext" not in flaw.problem] == []


@given(st.binary(max_size=60))
def test_any_bytes_are_shown_and_every_line_lies_in_them(data: bytes) -> None:
    shown = annotate(data)
    assert all(0 <= item.offset <= len(data) for item in (*shown.lines, *shown.flaws))
    assert shown.flaws or parse(data).size == len(data)
    assert len(list(annotation_lines(shown))) == len(shown.lines) + len(shown.flaws)


def test_a_tolerant_reader_reads_what_a_strict_one_reads() -> None:
    for corpus in read_corpora(WORKSPACE.fixtures, ["channels", "savers"]):
        data = corpus.pack()
        tree, faults = dissect(data)
        assert (tree.size, faults) == (len(data), ())


def test_deep_bytes_are_shown_down_to_a_level_and_counted_from_there() -> None:
    depth = 100_000
    shown = annotate(b"\x91" * depth + b"\xcc\x05")
    assert len(shown.lines) == DEEPEST + 2
    left = depth - DEEPEST
    assert shown.lines[-1].text == f"… {left} values, {left} levels, up to byte {depth + 2}"
    # A flaw is named however deep it lies.
    assert [flaw.offset for flaw in shown.flaws] == [depth]


def test_exts_inside_exts_are_read_as_deep_as_memory_allows() -> None:
    data = b"\x01"
    for _ in range(2000):
        data = b"\xc9" + len(data).to_bytes(4, "big") + b"\x07" + data
    tree, (fault,) = dissect(data)
    assert tree.size == len(data)
    assert "nested deeper than 150" in str(fault)


def test_a_checkpoint_is_explained() -> None:
    meaning_of = meanings(
        {
            "v": 4,
            "ts": "2024-02-29T12:00:00+00:00",
            "id": "1ef4f797-8335-6428-8001-8a1503f9b875",
            "channel_values": {"branch:to:work": None},
            "channel_versions": {"log": "00000000000000000000000000000012.0.51"},
            "versions_seen": {"__input__": {}},
            "updated_channels": ["log"],
        }
    )
    assert meaning_of["$"] == "a checkpoint"
    assert meaning_of["$.v"] == "version of the checkpoint's layout"
    assert meaning_of["$.ts"] == "when it was made: Thursday 2024-02-29 12:00:00, UTC+0000"
    assert meaning_of["$.id"] == "id of the checkpoint: uuid6, made 2024-07-31 20:14:19 UTC"
    assert meaning_of["$.channel_values['branch:to:work']"] == "starts node work"
    assert meaning_of["$.channel_versions.log"] == "version 12"
    assert meaning_of["$.versions_seen.__input__"] == "what the input has seen"
    assert meaning_of["$.updated_channels"] == "the channels that the last superstep wrote"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            Ext(3, pack(["datetime", "datetime", "2024-02-29T12:00:00+05:45", "fromisoformat"])),
            "datetime.datetime by fromisoformat: Thursday 2024-02-29 12:00:00, UTC+0545",
        ),
        (
            Ext(3, pack(["datetime", "datetime", "soon", "fromisoformat"])),
            "datetime.datetime by fromisoformat: not a time that fromisoformat reads: 'soon'",
        ),
        (
            Ext(6, pack(["<f8", [2, 3], "F", b"\0" * 48])),
            "numpy array of <f8, shape (2, 3), in Fortran's order",
        ),
        (
            Ext(5, pack(["app", "Order", {"n": 1}, ["model_validate_json", None]])),
            "app.Order by model_validate_json or the class itself",
        ),
        (Ext(1, pack(["datetime", "timedelta", [1, 30, 0]])), "datetime.timedelta: 1 day, 0:00:30"),
        (Ext(1, pack(["langgraph.types", "Send", ["n", 1]])), "langgraph.types.Send: to node 'n'"),
        (Ext(7, b"\x01"), "snapshot of a DeltaChannel's value"),
    ],
)
def test_an_envelope_is_described_in_words(value: Ext, says: str) -> None:
    assert meanings(value)["$"] == says


def call(*args: str, data: bytes | None = None, colour: bool = False) -> str:
    result = CliRunner().invoke(
        command, ["show", *args], input=data, standalone_mode=False, color=colour
    )
    if result.exception is not None:
        raise result.exception
    return result.output


def test_show_takes_a_file_a_pipe_or_digits(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"\x81\xa1a\x05")
    lines = call("--blob", str(tmp_path / "blob"))
    assert lines.splitlines()[1].split() == [
        "1",
        "a1",
        "61",
        "05",
        "a:",
        "5",
        "(positive",
        "fixint)",
    ]
    assert call("--blob", "-", data=b"\x81\xa1a\x05") == lines
    assert call("--hex", "0x81 a1,61:05") == lines


def test_show_is_plain_in_a_pipe_and_coloured_in_a_terminal() -> None:
    assert "\x1b" not in call("--hex", "cc05")
    assert "\x1b[31m" in call("--hex", "cc05", colour=True)


def test_show_prints_one_stored_entry() -> None:
    output = call(CASE, "--stored", "checkpoint/")
    assert "operation 0 stored checkpoint/t//" in output
    assert "a checkpoint" in output
    (entry,) = json.loads(call(CASE, "--stored", "metadata/", "--json"))
    assert entry["canonical"]
    assert entry["values"][0]["meaning"] == "a checkpoint's metadata"


def test_show_writes_a_whole_fixture_for_machines() -> None:
    shown = json.loads(call(CASE, "--json"))
    assert shown["id"] == CASE
    stored = shown["operations"][0]["outcome"]["stored"]
    assert any(trace["values"][0]["text"].startswith("map of") for trace in stored.values())
    blob = json.loads(call("--hex", "cc05", "--json"))
    assert (blob["bytes"], blob["canonical"], blob["values"][0]["own"]) == (2, False, "cc05")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "expected one of CASE"),
        ((CASE, "--hex", "00"), "expected one of CASE"),
        (("--hex", "0g"), "expected hexadecimal digits"),
        ((CASE, "--stored", "nowhere"), "stored nothing under 'nowhere'"),
    ],
)
def test_wrong_use_of_show_is_named(args: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        call(*args)


def test_an_annotation_without_flaws_is_canonical() -> None:
    shown = annotate(b"\x01")
    assert isinstance(shown, Annotation)
    assert shown.to_json()["canonical"] is True
