"""Scripts: names that mean something in Python, long lines, and what a reader is told first."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.programs.script import script
from parity_kit.programs.script.layout import LONGEST, wrapped
from parity_kit.programs.script.source import Uses, identifiers, literal

ODD = ["add", "class", "print", "State", "two words", "1st", "größe", "_", "__x", "", "graph", "-"]


def graph(program: dict[str, Any], *operations: Operation, saver: str | None = "memory") -> str:
    spec = {"program": program, "saver": saver}
    return script(Case(CaseId("by-hand"), Subject(SubjectKind.GRAPH, spec), operations))


def run(source: str, **names: Any) -> dict[str, Any]:
    """Run source with these names; return all that it knows afterwards."""
    # Without this test's own `__future__`, under which annotations are text.
    exec(compile(source, "script", "exec", dont_inherit=True), names)  # noqa: S102  # to be run
    return names


def printed(source: str) -> list[str]:
    """Run a script; return what it prints."""
    lines: list[str] = []

    def keep(*values: object) -> None:
        lines.append(" ".join(map(str, values)))

    run(source, __name__="script", print=keep)
    return lines


@given(st.lists(st.text() | st.sampled_from(ODD), unique=True))
def test_every_text_gets_a_name_of_its_own(texts: list[str]) -> None:
    names = identifiers(texts)
    assert list(names) == texts
    assert len(set(names.values())) == len(texts)
    for name in names.values():
        assert ast.dump(ast.parse(f"{name} = 1")).count("Name(") == 1


def test_nodes_fields_and_variables_may_be_named_like_anything() -> None:
    names = [name for name in ODD if name]
    program = {
        "state": {name: {"type": "list", "reducer": "add"} for name in ODD},
        "nodes": {
            name: {"body": [{"let": {name: [name]}}, {"write": {name: {"var": name}}}]}
            for name in names
        },
        "sequence": names,
        "entry": names[0],
    }
    source = graph(program, Operation("invoke", {"thread": "t", "input": {"add": ["given"]}}))
    expected = {name: [name] if name else [] for name in ODD} | {"add": ["given", "add"]}
    assert printed(source) == ["\noperation 0: invoke", str(expected)]


@pytest.mark.parametrize("schema", ["dataclass", "pydantic"])
def test_a_field_may_be_named_like_a_type(schema: str) -> None:
    program = {
        "schema": schema,
        "state": {"int": {"type": "int"}, "list": {"type": "list"}, "n": {"type": "int"}},
        "nodes": {"a": {"body": [{"write": {"n": {"get": "int"}, "list": [{"input": None}]}}]}},
        "edges": [["__start__", "a"]],
    }
    *_, last = printed(graph(program, Operation("invoke", {"input": {"int": 4}}), saver=None))
    assert last == str({"int": 4, "list": [{"int": 4, "list": None, "n": None}], "n": 4})


_LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_LITERALS)
def test_a_literal_is_the_value_also_when_it_is_broken(value: Any) -> None:
    source = literal(value, Uses())
    line = f"    shown = call({source}, key={source})[0]"
    lines = list(wrapped(line))
    assert ast.dump(ast.parse("if 1:\n" + "\n".join(lines))) == ast.dump(
        ast.parse("if 1:\n" + line)
    )
    assert len(line) > LONGEST or lines == [line]
    names = run("if 1:\n" + "\n".join(lines), call=lambda given, key: [(given, key)])  # pyright: ignore[reportUnknownLambdaType]  # any call
    assert names["shown"] == (value, value)


def test_a_script_on_postgresql_says_what_it_needs() -> None:
    case = Case(CaseId("pg"), Subject(SubjectKind.SAVER, {"saver": "postgres"}), ())
    head = script(case).split('"""')[1]
    assert "langgraph-checkpoint-postgres" in head
    assert "first argument" in head


def test_equality_is_that_of_stored_bytes() -> None:
    pairs = [[1, 1], [1, 1.0], [1, True], [[1], [1]], ["a", "a"], [None, None], [False, None]]
    program = {
        "state": {"x": {"type": "any"}},
        "nodes": {
            "a": {
                "body": [
                    {"let": {f"v{number}": pair[0] for number, pair in enumerate(pairs)}},
                    {
                        "write": {
                            "x": [
                                {"eq": [{"var": f"v{number}"}, pair[1]]}
                                for number, pair in enumerate(pairs)
                            ]
                        }
                    },
                ]
            }
        },
        "edges": [["__start__", "a"]],
    }
    *_, last = printed(graph(program, Operation("invoke", {"input": {"x": 0}}), saver=None))
    assert last == str({"x": [True, False, False, True, True, True, False]})


@pytest.mark.parametrize("awaited", [False, True])
def test_a_first_event_is_printed_alone_and_a_database_may_be_a_file(*, awaited: bool) -> None:
    program: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {name: {"body": [{"write": {"n": 1}}]} for name in ("a", "b")},
        "sequence": ["a", "b"],
        "entry": "a",
    }
    first = {"input": {"n": 0}, "modes": ["updates"], "async": awaited}
    operations = (Operation("compile"), Operation("first_event", first))
    *_, last = printed(graph(program, *operations, saver=None))
    assert last == "('updates', {'a': {'n': 1}})"
    assert "tempfile.mkstemp()[1]" in graph(program, *operations, saver="sqlite-file")


def test_what_a_graph_has_not_is_nothing_in_its_script_either() -> None:
    program: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {"a": {"body": []}},
        "entry": "a",
    }
    source = graph(program, Operation("store_items", {"namespace": []}), Operation("clear_cache"))
    _, items, _, error = printed(source)
    assert items == "[]"
    assert error.startswith("raised ValueError No cache is set")
