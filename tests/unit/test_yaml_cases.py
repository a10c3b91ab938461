"""A case written as YAML: read as plain data, and each mistake named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity_kit.contract.errors import ExitCode, UsageError
from parity_kit.programs.yaml_cases import read_yaml

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


MISTAKES = {
    "": "bug.yaml: the file is empty",
    "- 1": "line 1: expected a map with a program's keys and `script`",
    NODE: "line 1: expected a map with a program's keys and `script`",
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
    f"{NODE}saver: disk\n{SCRIPT}": "line 4, saver: expected memory, sqlite, postgres or null",
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
    with pytest.raises(UsageError, match=r"cannot be read: No such file"):
        read_yaml(path)
    path.write_bytes(b"a: \xff")
    with pytest.raises(UsageError, match="not UTF-8 at byte 3"):
        read_yaml(path)
