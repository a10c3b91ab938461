"""A case written as YAML: read as plain data, and each mistake named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.given_case import GivenCase
from parity_kit.contract import Returned, run
from parity_kit.contract.errors import ExitCode, UsageError
from parity_kit.programs.yaml_cases import read_yaml
from parity_kit.reference import Engine

NODE = "state: {n: {type: int}}\nnodes: {a: {body: [{write: {n: 1}}]}}\nentry: a\n"
SCRIPT = "script:\n  - invoke: {input: {n: 0}}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bug.yaml"


def test_the_operations_are_in_order_and_have_their_lines(path: Path) -> None:
    path.write_text(
        f"{NODE}saver: null\nscript:\n  - invoke: {{input: {{n: 0}}}}\n  - clear_cache:\n"
    )
    written = read_yaml(path)
    assert written.case.id == "bug"
    assert written.case.subject.spec["saver"] is None
    assert [operation.name for operation in written.case.operations] == ["invoke", "clear_cache"]
    assert written.places[1].endswith("bug.yaml, line 7, script[1]")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("2024-01-01", "2024-01-01"),
        ("1:30", "1:30"),
        ("<<", "<<"),
        ("017", 17),
        ("0x1F", 31),
        ("0o17", 15),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("True", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("!!binary gaFh", b"\x81\xa1a"),
        ("{1: a}", {1: "a"}),
        (str(2**64 - 1), 2**64 - 1),
    ],
)
def test_scalars_are_those_of_yaml_1_2(path: Path, text: str, value: Any) -> None:
    path.write_text(f"{NODE}script: [{{resume: {{thread: t, value: {text}}}}}]\n")
    (operation,) = read_yaml(path).case.operations
    assert operation.args["value"] == value
    assert type(operation.args["value"]) is type(value)


SUBJECTS: dict[str, tuple[str, list[Any]]] = {
    "codec: {strict: false}\nscript: [{encode: {value: {a: 1}}}]": ("codec", ["msgpack"]),
    "codec: {}\nscript: [{round_trip: {type: msgpack, data: !!binary gaFhAQ==}}]": (
        "codec",
        ["msgpack"],
    ),
    "channel: {class: Topic, type: int}\nscript: [{update: {values: [1, 2]}}, {get: }]": (
        "channel",
        [True, [1, 2]],
    ),
    "saver: sqlite\nscript: [{next_version: {}}, {list: {thread: t}}]": (
        "saver",
        ["00000000000000000000000000000001.0000000000000000", []],
    ),
    "store: {store: sqlite}\nscript: [{put: {namespace: [a], key: k, value: {}}}, "
    "{list_namespaces: }]": ("store", [None, [["a"]]]),
    "cache: {cache: memory}\nscript: [{set: {entries: [[[a], k, 1, null]]}}, "
    "{get: {keys: [[[a], k]]}}]": ("cache", [None, [[["a"], "k", 1]]]),
}


@pytest.mark.parametrize("text", SUBJECTS)
def test_every_subject_can_be_written(path: Path, text: str) -> None:
    kind, values = SUBJECTS[text]
    path.write_text(text)
    case = read_yaml(path).case
    assert case.subject.kind.value == kind
    outcomes = run(Engine(), case)
    assert [outcome.value for outcome in outcomes if isinstance(outcome, Returned)] == values


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("class: NamedBarrierValue", "does not make this channel: KeyError('names')"),
        ("class: DeltaChannel, type: list, snapshot_frequency: 0", "does not make this channel"),
        ("class: Nope", "no channel class Nope"),
    ],
)
def test_a_channel_that_langgraph_does_not_make_is_named(
    path: Path, settings: str, says: str
) -> None:
    path.write_text(f"channel: {{{settings}}}\nscript: [{{get: }}]\n")
    written = read_yaml(path)
    with pytest.raises(UsageError) as caught:
        GivenCase(
            find_workspace(Path(__file__)), written.case, places=written.places
        ).run_reference()
    assert says in str(caught.value)
    assert "bug.yaml" in caught.value.where
    assert "parity-kit docs contract" in caught.value.hint


MISTAKES = {
    f"codec: 5\n{SCRIPT}": "line 1, codec: expected a map, like `{strict: true}`",
    f"codec: {{strict: 1}}\n{SCRIPT}": "line 1, codec: strict: expected a bool, got 1",
    f"codec: {{}}\nsaver: memory\n{SCRIPT}": "line 1, codec: expected only `codec`, `script`",
    f"codec: {{}}\n{NODE}{SCRIPT}": "line 1, codec: expected only `codec`, `script` and `id`",
    f"channel: {{type: int}}\n{SCRIPT}": "line 1, channel: expected a map with `class`",
    f"channel: {{class: Topic, type: word}}\n{SCRIPT}": "line 1, channel: type: expected one of",
    f"channel: {{class: Topic, type: [int]}}\n{SCRIPT}": "line 1, channel: type: expected one of",
    f"channel: {{class: Topic, reducer: {{}}}}\n{SCRIPT}": "reducer: there is no {}",
    f"channel: {{class: Topic, reducer: no}}\n{SCRIPT}": "reducer: there is no 'no'",
    "": "bug.yaml: the file is empty",
    "- 1": "line 1: expected a map with `script`, and a program's keys",
    NODE: "line 1: expected a map with `script`, and a program's keys",
    "a: [": "line 1: not YAML: expected the node content",
    "a: 1\n---\nb: 2\n": "line 2: not YAML: but found another document",
    "a: &x 1\nb: *x\n": "line 2: not YAML: aliases are not supported",
    "a: 1\nb: {c: 1,\n  c: 2}": "line 3, b: key 'c' appears twice",
    "a: !!python/name:os.system x": "line 1, a: expected plain data, got the tag !!python/name",
    "a:\n  - !!set {x}": "line 2, a[0]: expected plain data, got the tag !!set",
    "a: !!binary '?'": "line 1, a: not of type binary",
    f"a:\n- {2**64}": "line 2, a[0]: not of type int: more than 64 bits",
    "? [1]\n: 2": "line 1: expected a scalar as a key",
    f"{NODE}script: []": "line 4, script: expected a list of operations",
    f"{NODE}script:\n- invoke": "line 5, script[0]: expected one operation and its arguments",
    f"{NODE}script:\n- {{a: {{}}, b: {{}}}}": "line 5, script[0]: expected one operation",
    f"{NODE}script:\n- invoke: 5": "line 5, script[0]: expected one operation",
    f"{NODE}id: 5\n{SCRIPT}": "line 4, id: expected text, got 5",
    f"{NODE}saver: disk\n{SCRIPT}": (
        "line 4, saver: expected one of memory, sqlite, sqlite-file, postgres,"
    ),
    f"{NODE}colour: red\n{SCRIPT}": "line 1, program: unknown key 'colour'",
    f"{SCRIPT}state: {{n: {{type: int}}}}\nnodes:\n  a:\n    body: [{{wrte: 1}}]\n": (
        "line 6, nodes.a.body[0]"
    ),
    "a: " + "[" * 5000: "bug.yaml: nested too deeply",
}


@pytest.mark.parametrize("text", MISTAKES, ids=MISTAKES.get)
def test_a_mistake_is_named_with_its_line_and_the_next_step(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_yaml(path)
    assert MISTAKES[text] in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "parity-kit docs programs" in caught.value.hint


def test_a_file_that_is_not_text_or_not_there_is_named(path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read: no such file"):
        read_yaml(path)
    path.write_bytes(b"a: \xff")
    with pytest.raises(UsageError, match="is not UTF-8: byte 3"):
        read_yaml(path)
