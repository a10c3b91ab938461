"""The pure engine's node language does what docs/programs.md says."""

from __future__ import annotations

from typing import Any

import pytest
from pure_engine.program.language import Scope, compile_body, compile_expression
from pure_engine.types import Overwrite, Send

from parity_kit.contract import UnsupportedSubjectError

STATE: dict[str, Any] = {"n": 2, "log": ["a"]}


class Asked:
    """A host that answers a question with the question."""

    def ask(self, question: Any) -> Any:
        return {"asked": question}


HOST: Any = Asked()


def value_of(expression: Any, state: Any = STATE) -> Any:
    return compile_expression(expression)(Scope(state, HOST, {"v": 7}))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ([1, {"get": "n"}, "a"], [1, 2, "a"]),
        ({"a": {"get": "n"}, "b": 1}, {"a": 2, "b": 1}),
        ({"nothing known": 1}, {"nothing known": 1}),
        ({}, {}),
        ({"get": "absent"}, None),
        ({"var": "v"}, 7),
        ({"var": "absent"}, None),
        ({"lit": {"get": "n"}}, {"get": "n"}),
        ({"add": [1, 2]}, 3),
        ({"add": [1, 2.0]}, None),
        ({"add": [True, 1]}, None),
        ({"add": ["a", "b"]}, "ab"),
        ({"add": [{"lit": [1]}, {"get": "log"}]}, [1, "a"]),
        ({"add": [2**63 - 1, 1]}, 2**63 - 1),
        ({"add": [-(2**63), -1]}, -(2**63)),
        ({"join": ["w", 3, None, True, 1.5, {"get": "log"}]}, "w-3-?-?-?-?"),
        ({"join": []}, ""),
        ({"len": "é🦜"}, 2),
        ({"len": 5}, 0),
        ({"eq": [1, 1.0]}, False),
        ({"eq": [1, True]}, False),
        ({"eq": [{"lit": [1]}, [1]]}, True),
        ({"eq": [None, ""]}, False),
        ({"lt": [1, 2]}, True),
        ({"lt": ["a", "b"]}, False),
        ({"not": 0.0}, True),
        ({"not": []}, True),
        ({"not": "0"}, False),
        ({"if": [{"get": "n"}, "yes", {"interrupt": "unasked"}]}, "yes"),
        ({"if": [None, {"interrupt": "unasked"}, "no"]}, "no"),
        ({"range": 3}, [0, 1, 2]),
        ({"range": 99}, list(range(64))),
        ({"range": -1}, []),
        ({"range": True}, []),
        ({"overwrite": [1]}, Overwrite([1])),
        ({"interrupt": {"q": {"get": "n"}}}, {"asked": {"q": 2}}),
        (
            {"send": {"to": "w", "each": {"range": 2}, "as": "k"}},
            [Send("w", {"k": 0}), Send("w", {"k": 1})],
        ),
        ({"send": {"to": "w", "each": 5, "as": "k"}}, []),
    ],
    ids=str,
)
def test_an_expression_has_its_value(expression: Any, expected: Any) -> None:
    value = value_of(expression)
    assert (type(value), value) == (type(expected), expected)


def test_a_field_of_an_input_that_is_no_map_is_null() -> None:
    assert value_of({"get": "n"}, [1]) is None


def test_fields_keep_the_order_of_their_first_write() -> None:
    scope = Scope(STATE, HOST)
    compile_body([{"write": {"b": 1, "a": 2}}, {"write": {"b": 3}}])(scope)
    assert list(scope.update.items()) == [("b", 3), ("a", 2)]


def test_only_the_chosen_part_runs() -> None:
    body: list[Any] = [
        {"let": {"x": {"len": {"get": "log"}}}},
        {"when": [{"eq": [{"var": "x"}, 1]}, [{"write": {"a": 1}}], [{"write": {"a": 2}}]]},
        {"when": [0, [{"raise": {"type": "ValueError", "message": "no"}}]]},
    ]
    scope = Scope(STATE, HOST)
    compile_body(body)(scope)
    assert scope.update == {"a": 1}


def test_a_body_raises_what_it_says() -> None:
    body = compile_body([{"raise": {"type": "KeyError", "message": "gone"}}])
    with pytest.raises(KeyError, match=r"^'gone'$"):
        body(Scope(STATE, HOST))


def test_an_unknown_instruction_is_named() -> None:
    with pytest.raises(UnsupportedSubjectError, match="novel"):
        compile_body([{"novel": {}}])
