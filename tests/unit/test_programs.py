"""Programs: the rules are checked, the language is total, and scripts behave as the reference."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_kit.contract import Case, Raised, run
from parity_kit.contract.errors import BadProgramError
from parity_kit.programs.admission import on_postgresql
from parity_kit.programs.language import Scope, evaluate
from parity_kit.programs.parsing import parse, parse_graph
from parity_kit.programs.script import script
from parity_kit.reference import Engine
from parity_kit.search.choices import seeded
from parity_kit.search.generate import SUITES


class Answers:
    """What the expressions here ask of their engine, and no more."""

    def interrupt(self, value: Any) -> Any:
        return ("interrupt", value)

    def send(self, node: str, argument: Any) -> Any:
        return ("send", node, argument)

    def overwrite(self, value: Any) -> Any:
        return ("overwrite", value)

    def encode(self, value: Any) -> bytes:
        return repr(value).encode()


HOST: Any = Answers()


def scope(**state: Any) -> Scope:
    return Scope(HOST, state, {"x": 5})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"get": "n"}, 3),
        ({"get": "nowhere"}, None),
        ({"var": "x"}, 5),
        ({"lit": {"get": "n"}}, {"get": "n"}),
        ({"add": [{"get": "n"}, 1]}, 4),
        ({"add": [2**63 - 1, 5]}, 2**63 - 1),
        ({"add": ["a", "b"]}, "ab"),
        ({"add": [[1], [2]]}, [1, 2]),
        ({"add": [1, "b"]}, None),
        ({"add": [True, 1]}, None),
        ({"join": ["a", 1, None]}, "a-1-?"),
        ({"len": [1, 2]}, 2),
        ({"len": 7}, 0),
        ({"eq": [1, 1.0]}, False),
        ({"lt": [1, 2]}, True),
        ({"lt": ["a", 2]}, False),
        ({"not": []}, True),
        ({"not": "x"}, False),
        ({"if": [{"get": "n"}, "yes", "no"]}, "yes"),
        ({"range": 3}, [0, 1, 2]),
        ({"range": -1}, []),
        ({"range": 10**9}, list(range(64))),
        ({"send": {"to": "b", "each": [1], "as": "k"}}, [("send", "b", {"k": 1})]),
        ({"q": 1, "r": {"get": "n"}}, {"q": 1, "r": 3}),
        ({"q": {"get": "n"}}, {"q": 3}),
    ],
)
def test_operators(expression: Any, value: Any) -> None:
    assert evaluate(expression, scope(n=3)) == value


_ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
_BINARY = st.sampled_from(["add", "eq", "lt"])
_UNARY = st.sampled_from(["len", "not", "range", "overwrite"])
_EXPRESSIONS: st.SearchStrategy[Any] = st.recursive(
    _ATOMS | st.just({"get": "n"}) | st.just({"var": "x"}),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(_BINARY, inner, inner).map(
            lambda operands: {operands[0]: [operands[1], operands[2]]}
        ),
        st.tuples(_UNARY, inner).map(lambda operands: {operands[0]: operands[1]}),
        st.tuples(inner, inner, inner).map(lambda operands: {"if": [*operands]}),
        st.lists(inner, max_size=3).map(lambda operands: {"join": operands}),
    ),
    max_leaves=8,
)


@given(_EXPRESSIONS)
def test_an_expression_never_raises(expression: Any) -> None:
    evaluate(expression, scope(n=3))


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"nodes": {}}, "needs a state field and a node"),
    ({"colour": 1}, "unknown key 'colour'"),
    ({"edges": [["__start__", "nowhere"]]}, "no node 'nowhere'"),
    ({"edges": [["a"]]}, "an edge is"),
    ({"state": {"n": {"type": "quaternion"}}}, "no type 'quaternion'"),
    ({"state": {"n": {"reducer": "divide"}}}, "no reducer 'divide'"),
    ({"state": {"n": {"channel": {"class": "Pipe"}}}}, "no channel class 'Pipe'"),
    ({"state": {"n": {"channel": {"class": "NamedBarrierValue"}}}}, "'names' is missing"),
    ({"nodes": {"a": {"body": [{"fly": 1}]}}}, "no instruction 'fly'"),
    ({"nodes": {"a": {"body": [{"write": {"n": {"add": [1]}}}]}}}, "takes 2 expressions"),
    ({"nodes": {"a": {"body": [], "retry": 3}}}, "expected a list"),
    ({"nodes": {"a": {"body": [], "speed": 3}}}, "unknown key 'speed'"),
    ({"nodes": {"a": {"body": [{"raise": {"type": "Exit", "message": ""}}]}}}, "raises one of"),
    ({"branches": {"a": [{"send": {"to": "a"}}]}}, "is missing"),
    ({"interrupt_before": ["b"]}, "no node 'b'"),
    ({"nodes": {"a": {}}}, "a body, a subgraph or tools"),
    ({"nodes": {"a": {"body": [], "tools": {}}}}, "a body, a subgraph or tools"),
    ({"nodes": {"a": {"tools": {"t": {"interrupt": 1}}}}}, "no `interrupt` in a branch"),
    ({"nodes": {"a": {"body": [], "tools_state": 1}}}, "unknown key 'tools_state'"),
    ({"state": {"m": {"reducer": "messages_delta"}}}, "no reducer 'messages_delta'"),
    (
        {
            "state": {
                "m": {"channel": {"class": "BinaryOperatorAggregate", "reducer": "messages_delta"}}
            }
        },
        "no reducer 'messages_delta'",
    ),
    ({"nodes": {"a": {"subgraph": "kid"}}}, "no subgraph 'kid'"),
    ({"nodes": {"a": {"body": [], "input": ["m"]}}}, "no field 'm'"),
    ({"nodes": {"a": {"body": [], "metadata": {"k": []}}}}, "metadata holds scalars"),
    ({"nodes": {"a": {"body": [], "retry": {"on": ["Exit"]}}}}, "no error 'Exit'"),
    ({"nodes": {"a": {"body": [], "retry": {"max_attempts": 1.5}}}}, "is an integer"),
    ({"nodes": {"a": {"body": [], "timeout": 0}}}, "more than 0 seconds"),
    ({"nodes": {"a": {"body": [], "cache": {"key": {"visits": None}}}}}, "no `visits` in"),
    ({"nodes": {"a": {"body": [{"return": {"error": "type"}}]}}}, "no `error` in a node"),
    ({"nodes": {"a": {"body": [{"return": {"call": ["kid", 1]}}]}}}, "no subgraph 'kid'"),
    ({"nodes": {"a": {"body": [{"return": {"len": {"call": []}}}]}}}, "another operator"),
    ({"nodes": {"a": {"body": [{"return": {"info": "age"}}]}}}, "no info 'age'"),
    ({"nodes": {"a": {"body": [{"return": {"input": "n"}}]}}}, "`input` takes null"),
    ({"nodes": {"a": {"body": [{"return": {"command": {"graph": "up"}}}]}}}, "is `parent`"),
    ({"nodes": {"a": {"body": [{"return": {"message": {"type": "tool"}}}]}}}, "is missing"),
    ({"nodes": {"a": {"body": [{"wait": -1}]}}}, "a number of seconds"),
    ({"nodes": {"a": {"body": [{"when": [True]}]}}}, "one or two bodies"),
    ({"branches": {"a": [{"interrupt": 1}]}}, "no `interrupt` in a branch"),
    ({"branches": {"a": [{"path": 1, "map": {"1": "b"}}]}}, "no node 'b'"),
    ({"sequence": ["a", "a"]}, "once in a sequence"),
    ({"state": {"n": {"managed": "is_last_step", "type": "bool"}}}, "takes no other settings"),
    ({"schema": "yaml"}, "no schema 'yaml'"),
    ({"context": {"user": "person"}}, "no type 'person'"),
    ({"subgraphs": {"kid": {"program": {"state": {}, "nodes": {}}}}}, "needs a state field"),
    ({"defaults": {"speed": 3}}, "unknown key 'speed'"),
]


@pytest.mark.parametrize(("change", "problem"), BROKEN)
def test_a_broken_program_is_named(change: dict[str, Any], problem: str) -> None:
    program: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {"a": {"body": []}},
        "edges": [],
    }
    with pytest.raises(BadProgramError, match=problem):
        parse_graph({**program, **change})


BROKEN_FUNCTIONAL: list[tuple[dict[str, Any], str]] = [
    ({"entrypoint": {"body": [{"write": {}}]}}, "no fields to write"),
    ({"entrypoint": {"body": [{"return": {"call": ["up", 1]}}]}}, "no task 'up'"),
    ({"entrypoint": {"body": [{"return": {"command": {}}}]}}, "no `command` in a functional"),
    ({"tasks": {"t": {"body": [], "error_handler": []}}}, "unknown key 'error_handler'"),
    ({"nodes": {}}, "unknown key 'nodes'"),
]


@pytest.mark.parametrize(("change", "problem"), BROKEN_FUNCTIONAL)
def test_a_broken_functional_program_is_named(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadProgramError, match=problem):
        parse({"entrypoint": {"body": []}, **change})


def test_the_place_of_a_broken_rule_is_reported() -> None:
    kid: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {"a": {"body": [{"when": [True, [{"let": {"x": [{"add": [1]}]}}]]}]}},
    }
    program: dict[str, Any] = {
        **kid,
        "nodes": {"a": {"body": []}},
        "subgraphs": {"kid": {"program": kid}},
    }
    with pytest.raises(BadProgramError) as caught:
        parse(program)
    place = "subgraphs.kid.program.nodes.a.body[0].when[0].let.x[0].add"
    assert caught.value.where == place


def _sample(suite: str, count: int) -> list[Case]:
    reference = Engine()
    cases = [SUITES[suite](seeded(number, []), reference).case for number in range(count)]
    # A script on PostgreSQL needs a server.
    return [case for case in cases if not on_postgresql(case.subject)]


# A script has no pins: how much it stored before it is killed depends on LangGraph's threads.
@pytest.mark.parametrize("suite", [suite for suite in SUITES if suite != "crash"])
def test_a_script_does_in_a_clean_process_what_the_reference_does(suite: str) -> None:
    case = max(_sample(suite, 30), key=lambda sample: len(sample.operations))
    source = script(case)
    assert "parity_kit" not in source
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    blocks = done.stdout.split("\noperation ")[1:]
    outcomes = run(Engine(), case)
    assert len(blocks) == len(outcomes)
    for block, outcome in zip(blocks, outcomes, strict=True):
        assert ("raised" in block) == isinstance(outcome, Raised), block
        if isinstance(outcome, Raised):
            assert outcome.error.rpartition(".")[2] in block
