"""The table of the program language: the checks, the interpreter and the scripts keep to it."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.errors import BadProgramError, KitError
from parity_kit.programs.bodies import ProgramLocation, check_body
from parity_kit.programs.features import features_of
from parity_kit.programs.operators import (
    INSTRUCTIONS,
    OPERATORS,
    InstructionName,
    Operator,
    Owner,
    Takes,
    complete,
)
from parity_kit.programs.script import script

_INSTRUCTIONS: dict[str, Any] = {
    "write": {"log": [1]},
    "let": {"x": 1},
    "when": [True, [], []],
    "raise": {"type": "ValueError", "message": "no"},
    "return": None,
    "emit": 1,
    "drain": "enough",
    "wait": 1,
    "store_put": [["a"], "k", {}],
    "store_delete": [["a"], "k"],
}
_PARTS: dict[str, Any] = {
    "send": {"to": "a", "each": [1], "as": "k"},
    "command": {"update": {"log": [1]}, "goto": "a", "graph": "parent"},
    "message": {"type": "human", "content": "hi"},
    "final": {"value": 1, "save": 2},
}


def argument(name: str, operator: Operator) -> Any:
    """Return an argument that an operator takes."""
    return {
        Takes.NULL: None,
        Takes.NAME: "log",
        Takes.CHOICE: (*operator.names, None)[0],
        Takes.ANYTHING: {"get": 1},
        Takes.EXPRESSION: {"get": "log"},
        Takes.EXPRESSIONS: [1] * (operator.count or 1),
        Takes.PARTS: _PARTS.get(name),
        Takes.CALL: ["inner", 1],
        Takes.CALLS: [["inner", 1]],
    }[operator.takes]


def functional(body: list[Any]) -> dict[str, Any]:
    return {"entrypoint": {"body": body}, "tasks": {"inner": {"body": []}}, "store": True}


def graph(body: list[Any], where: Owner) -> dict[str, Any]:
    state = {"log": {"type": "list", "reducer": "add"}}
    inner: dict[str, Any] = {"state": state, "nodes": {"b": {"body": []}}, "entry": "b"}
    node: dict[str, Any] = {"body": body}
    if where is Owner.HANDLER:
        node = {"body": [], "error_handler": body}
    return {
        "state": state,
        "nodes": {"a": node},
        "entry": "a",
        "store": True,
        "subgraphs": {"inner": {"program": inner}},
    }


def source(program: dict[str, Any]) -> str:
    """Return the script of a run of a program."""
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    return script(Case(CaseId("by-hand"), subject, (Operation("invoke", {"input": None}),)))


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("owner", Owner)
def test_an_operator_is_allowed_where_the_table_says(name: str, owner: Owner) -> None:
    operator = OPERATORS[name]
    body = [{"let": {"x": {name: argument(name, operator)}}}]
    location = ProgramLocation("body", owner, ["inner"])
    if owner in operator.owners:
        check_body(body, location)
        return
    with pytest.raises(BadProgramError, match=f"no `{name}` in {owner}"):
        check_body(body, location)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_is_written_into_scripts(name: str) -> None:
    operator = OPERATORS[name]
    body = [{"return": {name: argument(name, operator)}}]
    handler = operator.owners == {Owner.HANDLER}
    program = (
        graph(body, Owner.HANDLER if handler else Owner.NODE)
        if Owner.HANDLER in operator.owners
        else functional(body)
    )
    compile(source(program), "script", "exec", dont_inherit=True)


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_every_instruction_is_checked_and_written_into_scripts(name: str) -> None:
    program = graph([{name: _INSTRUCTIONS[name]}], Owner.NODE)
    compile(source(program), "script", "exec", dont_inherit=True)


def test_cases_are_labelled_with_what_the_table_calls_a_feature() -> None:
    body: list[Any] = [{name: _INSTRUCTIONS[name]} for name in INSTRUCTIONS]
    body += [{"let": {"x": {name: argument(name, entry)}}} for name, entry in OPERATORS.items()]
    program = functional(body)
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    labels = {name for name, entry in OPERATORS.items() if entry.is_feature}
    labels |= {name for name, is_feature in INSTRUCTIONS.items() if is_feature}
    labelled = set(features_of(subject, ()))
    assert labelled & {*OPERATORS, *INSTRUCTIONS} == labels


def test_an_implementation_that_lacks_an_entry_is_refused() -> None:
    assert complete({"a": 1}, ["a"]) == {"a": 1}
    with pytest.raises(KitError, match=r"language: b, c$"):
        complete({"a": 1, "c": 1}, ["a", "b"])


def test_the_names_of_instructions_are_those_of_the_table() -> None:
    names = {name for alias in get_args(InstructionName) for name in get_args(alias)}
    assert names == set(INSTRUCTIONS)
