"""A case carries Python into the script that the kit prints: it stays text, or is refused."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import BadProgramError
from parity_kit.contract.plain import Ext
from parity_kit.corpora.corpus import read_corpus
from parity_kit.programs.script import script
from parity_kit.programs.script.grammar import check_source

FIXTURES = Path(__file__).parents[2] / "fixtures"
ESCAPES = [
    '"""\npwned()\n"""',
    "'''\npwned()\n'''",
    '"); pwned(); ("',
    "'); pwned(); ('",
    "x): pwned()\ndef f(y",
    "x\npwned()",
    "\\\npwned()",
    "{pwned()}",
    "x=pwned(), y",
    "x: pwned() = 1",
    "lambda: pwned()",
    "a.pwned()",
    "\u2028pwned()",
    "pwned\uff08\uff09",
    "\x00pwned()",
    "\r\npwned()",
    "#\npwned()",
]
"""Texts that end a string, a line or a call wherever they are written unquoted."""


def graph(names: Sequence[str]) -> Case:
    """Return a case in which every name that is the author's own is one of these."""
    state, other, node, answer, sub, key, variable, thread, context = names[:9]
    body = [
        {"let": {variable: [{"get": state}, {"interrupt": {key: state}}, {"context": context}]}},
        {"write": {state: {"var": variable}, other: {"lit": {key: [key, {key: key}]}}}},
        {"store_put": [[key], key, {key: {"message": {"type": "human", "content": key}}}]},
        {"when": [{"eq": [{"get": state}, key]}, [{"drain": key}, {"emit": key}]]},
        {"raise": {"type": "ValueError", "message": key}},
    ]
    inner: Mapping[str, Any] = {
        "state": {state: {"type": "any"}},
        "nodes": {node: {"body": []}},
        "entry": node,
    }
    program: Mapping[str, Any] = {
        "schema": "pydantic",
        "state": {state: {"type": "list", "reducer": "add"}, other: {"type": "any"}},
        "private": {key: {"type": "int"}},
        "context": {context: "str"},
        "input": [state],
        "nodes": {
            node: {"body": body, "metadata": {key: key}, "retry": {"on": ["KeyError"]}},
            key: {"tools": {key: {"join": [key]}, sub: key}, "tools_state": {key: key}},
            answer: {"body": [{"write": {other: {"call": [sub, {key: key}]}}}], "input": [state]},
        },
        "subgraphs": {sub: {"program": inner}},
        "edges": [["__start__", node], [node, answer]],
        "branches": {answer: [{"path": key, "map": {key: node}}]},
        "interrupt_before": [answer],
    }
    given = {state: [key], other: Ext(0, pack(["builtins", "set", [key]]))}
    message = Ext(5, pack(["langchain_core.messages.human", "HumanMessage", {key: key}, "f"]))
    operations = (
        Operation("invoke", {"thread": thread, "input": given, "context": {context: key}}),
        Operation("command", {"thread": thread, "command": {"goto": [{"send": [node, message]}]}}),
        Operation("update_state", {"thread": thread, "values": {state: key}, "as_node": node}),
        Operation("store_items", {"namespace": [key]}),
        Operation("clear_cache", {"nodes": [node]}),
    )
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "sqlite"})
    return Case(CaseId(names[9]), subject, operations)


def saver(names: Sequence[str]) -> Case:
    """Return a case on a saver."""
    thread, ns, channel, task, version, *_ = names
    where = {"thread": thread, "ns": ns}
    checkpoint = {"v": 1, "id": version, "channel_values": {channel: task}, "ts": task}
    put = {"checkpoint": checkpoint, "metadata": {task: task}, "new_versions": {channel: version}}
    operations = (
        Operation("put", {**where, **put, "parent": version}),
        Operation(
            "put_writes",
            {**where, "checkpoint_id": version, "writes": [[channel, task]]}
            | {"task_id": task, "task_path": task},
        ),
        Operation("list", {**where, "before": version, "filter": {task: task}, "limit": 1}),
        Operation("next_version", {"current": version}),
        Operation("prune", {"threads": [thread], "strategy": task}),
    )
    return Case(CaseId(names[9]), Subject(SubjectKind.SAVER, {"saver": "memory"}), operations)


def channel(names: Sequence[str]) -> Case:
    """Return a case on a channel."""
    subject = Subject(SubjectKind.CHANNEL, {"class": "NamedBarrierValue", "names": [*names[:3]]})
    operations = (
        Operation("update", {"values": [names[3], {names[4]: names[5]}]}),
        Operation("load", {"value": [*names[6:8]]}),
    )
    return Case(CaseId(names[9]), subject, operations)


def codec(names: Sequence[str]) -> Case:
    """Return a case on the codec."""
    subject = Subject(SubjectKind.CODEC, {"strict": False, "types": [[names[0], names[1]]]})
    data = pack(Ext(2, pack([names[0], names[1], {names[2]: names[3]}])))
    opened = {"$ext": 2, "type": f"{names[4]}.{names[5]}", "payload": {names[6]: names[7]}}
    operations = (
        Operation("classify", {"type": names[8], "data": data}),
        Operation("decode", {"type": "msgpack", "data": data}),
        Operation("encode", {"value": opened}),
        Operation("is_allowed", {"module": names[0], "name": names[1], "method": names[2]}),
    )
    return Case(CaseId(names[9]), subject, operations)


def shape(source: str) -> str:
    """Return a script's syntax tree without its identifiers and the values of its constants."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, (str, bytes)):
                setattr(node, name, type(value).__name__)
    return ast.dump(tree)


# With a blank in it no name is an identifier: those are written in another way, on purpose.
NAMES = st.lists(
    (st.sampled_from(ESCAPES) | st.text()).map(lambda text: f"{text} ."),
    min_size=10,
    max_size=10,
    unique=True,
)


LONG = [f"{number}{'x' * 90} ." for number in range(10)]


@pytest.mark.parametrize("case", [graph, saver, channel, codec])
@settings(
    max_examples=60,
    deadline=None,
    # A find is not shrunk: that takes minutes, and the names say enough.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@example(names=LONG)
@given(names=NAMES)
def test_the_tree_of_a_script_depends_on_no_name(
    case: Callable[[Sequence[str]], Case], names: list[str]
) -> None:
    plain = script(case([f"name {number}." for number in range(10)]))
    assert shape(script(case(names))) == shape(plain)


@functools.cache
def committed() -> list[Case]:
    """Return committed cases: the first of each set of features."""
    cases: dict[tuple[str, ...], Case] = {}
    for file in sorted(FIXTURES.glob("*.msgpack")):
        for trace in read_corpus(file).traces:
            cases.setdefault(trace.case.features[:3], trace.case)
    return list(cases.values())


def texts(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of all strings in plain data; a key's place ends in `None`."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[Any, Any]", value).items():
            yield (*place, key, None)
            yield from texts(item, (*place, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from texts(item, (*place, index))


def replaced(value: Any, place: tuple[Any, ...], text: str) -> Any:
    """Return plain data with another text in a place."""
    if not place:
        return text
    head, *rest = place
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        if rest == [None]:
            return {text if key == head else key: item for key, item in entries.items()}
        return {
            key: replaced(item, tuple(rest), text) if key == head else item
            for key, item in entries.items()
        }
    return [
        replaced(item, tuple(rest), text) if index == head else item
        for index, item in enumerate(value)
    ]


def identifiers(source: str) -> set[str]:
    """Return every identifier in a script."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        found |= {str(getattr(node, name, "")) for name in ("id", "attr", "name", "arg", "module")}
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_committed_case_with_one_text_replaced_runs_nothing(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(committed()))
    plain = case.to_plain()
    place = data.draw(st.sampled_from(list(texts(plain))))
    try:
        hostile = Case.from_plain(replaced(plain, place, data.draw(st.sampled_from(ESCAPES))))
        source = script(hostile)
    except (BadProgramError, ValueError, KeyError):
        return
    assert "pwned" not in identifiers(source)


@pytest.mark.parametrize(
    "line",
    [
        "pwned()",
        "import os",
        "from os import system",
        "from langgraph.types import Send as print",
        "__import__('os')",
        "builder.__class__",
        "eval('1')",
        "(lambda: 1)()",
        "try:\n    pass\nfinally:\n    pass",
        "while True: pass",
        "del graph",
        "x = f'{graph}'",
        "global graph",
        "'",
    ],
)
def test_a_script_with_anything_else_in_it_is_not_given_out(line: str) -> None:
    case = channel([f"name{number}" for number in range(10)])
    source = script(case)
    check_source(source, case)
    with pytest.raises(BadProgramError, match="cannot be written as a script"):
        check_source(f"{source}{line}\n", case)


@pytest.mark.parametrize(
    "subject",
    [
        {"class": "pwned()"},
        {"class": "Topic", "type": "pwned()"},
        {"class": "BinaryOperatorAggregate", "reducer": "pwned()"},
        {"class": "Topic", "accumulate": "pwned()"},
        {"class": "DeltaChannel", "snapshot_frequency": "pwned()"},
        {"class": "Topic", "pwned()": 1},
    ],
)
def test_a_channel_is_of_a_known_class_type_and_reducer(subject: Mapping[str, Any]) -> None:
    case = Case(CaseId("sent"), Subject(SubjectKind.CHANNEL, subject), (Operation("get"),))
    with pytest.raises(BadProgramError):
        script(case)


def test_an_operation_is_known() -> None:
    case = channel([f"name{number}" for number in range(10)])
    case = replace(case, operations=(Operation("get(); pwned"),))
    with pytest.raises(BadProgramError, match="no operation"):
        script(case)


def test_a_script_never_loads_every_type() -> None:
    case = codec([f"name{number}" for number in range(10)])
    assert "=True" not in script(case)
    value = Ext(2, pack(["os", "system", "true"]))
    case = Case(
        CaseId("sent"),
        Subject(SubjectKind.CHANNEL, {"class": "Topic"}),
        (Operation("update", {"values": [value]}),),
    )
    assert "=True" not in script(case)
