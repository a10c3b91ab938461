"""LangGraph's prebuilt `ToolNode`: which state its tools see, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case

from ._graph_programs import END, INT, LOG, START, Program
from ._schema_programs import FORMS
from ._scripts import MODES, STATE, Runs, cases_of, invoke, stream

_SEES = {
    "join": [{"var": "query"}, {"get": "n"}, {"get": "m"}, {"len": {"get": "log"}}],
}
_FIELDS = {"join": [{"var": "query"}, {"len": {"input": None}}]}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    yield from cases_of("prebuilt", _sent(), ["sent/pydantic/one", "sent/typed_dict/two"])
    yield from cases_of("prebuilt", _plain())


def _call(tool: str, query: str, key: str) -> dict[str, Any]:
    return {"lit": {"name": tool, "args": {"query": query}, "id": key, "type": "tool_call"}}


def _program(calls: list[Any], **parts: Any) -> Program:
    """Return a program that sends tool calls to its node of tools, each in a packet of its own."""
    tools = {"tools": {"look": _SEES, "count": _FIELDS}} | parts.pop("tools", {})
    return {
        "state": {
            "messages": {"type": "messages", "reducer": "messages"},
            "n": INT,
            "m": INT,
            "log": LOG,
        },
        "nodes": {"plan": {"body": [{"write": {"n": 7, "log": ["plan"]}}]}, "act": tools},
        "edges": [[START, "plan"], ["act", END]],
        "branches": {"plan": [{"send": {"to": "act", "each": [[call] for call in calls]}}]},
    } | parts


def _sent() -> Runs:
    one = [_call("look", "where", "c1")]
    two = [*one, _call("count", "how many", "c2")]
    runs: dict[str, Any] = {}
    for form in FORMS:
        runs[f"sent/{form}/one"] = (_program(one, schema=form), (stream(), STATE))
        runs[f"sent/{form}/two"] = (_program(two, schema=form), (stream(), STATE))
        runs[f"sent/{form}/input-schema"] = (
            _program(two, schema=form, tools={"input": ["messages", "n"]}),
            (invoke(), STATE),
        )
        runs[f"sent/{form}/other-state"] = (
            _program(two, schema=form, tools={"tools_state": {"n": 50, "log": []}}),
            (invoke(), STATE),
        )
        runs[f"sent/{form}/async"] = (_program(two, schema=form), (invoke(**{"async": True}),))
    runs["sent/unknown-tool"] = (_program([_call("no_such", "x", "c1")]), (invoke(), STATE))
    runs["sent/unknown-argument"] = (
        _program([{"lit": {"name": "look", "args": {}, "id": "c1", "type": "tool_call"}}]),
        (invoke(), STATE),
    )
    runs["sent/several-in-a-packet"] = (
        _program(two) | {"branches": {"plan": [{"send": {"to": "act", "each": [two]}}]}},
        (stream(), STATE),
    )
    context = {"__type": "tool_call_with_context", "tool_call": two[0]["lit"], "state": {"n": 9}}
    runs["sent/with-context"] = (
        _program(two)
        | {"branches": {"plan": [{"send": {"to": "act", "each": [{"lit": context}]}}]}},
        (stream(), STATE),
    )
    runs["sent/observed"] = (_program(two), (invoke(callbacks=True),))
    runs["sent/nothing"] = (_program([]), (stream(), STATE))
    return runs


def _asking(*calls: Any, **parts: Any) -> Program:
    """Return a program whose node of tools answers the calls of the last message in its state."""
    says = {"role": "assistant", "content": "", "tool_calls": [call["lit"] for call in calls]}
    plan = [{"write": {"n": 7, "messages": {"lit": [says | {"id": "m1"}]}}}]
    program = _program([], **parts)
    return program | {
        "nodes": program["nodes"] | {"plan": {"body": plan}},
        "edges": [[START, "plan"], ["plan", "act"], ["act", END]],
        "branches": {},
    }


def _plain() -> Runs:
    look, count = _call("look", "where", "c1"), _call("count", "how many", "c2")
    lacking: dict[str, Any] = {"lit": {"name": "look", "args": {}, "id": "c1", "type": "tool_call"}}
    talk = {"messages": [{"role": "user", "content": "hi"}]}
    runs: dict[str, Any] = {}
    for form in FORMS:
        runs[f"plain/{form}/one"] = (_asking(look, schema=form), (stream(), STATE))
        runs[f"plain/{form}/two"] = (
            _asking(look, count, schema=form),
            (stream([*MODES, "messages"], input=talk), invoke(input=talk)),
        )
        runs[f"plain/{form}/async"] = (
            _asking(look, count, schema=form),
            (invoke(**{"async": True}),),
        )
        runs[f"plain/{form}/no-message"] = (
            _program([], schema=form) | {"edges": [[START, "act"]], "branches": {}},
            (invoke(), invoke(**{"async": True})),
        )
    runs["plain/unknown-tool"] = (_asking(_call("no_such", "x", "c1"), count), (stream(), STATE))
    runs["plain/unknown-argument"] = (_asking(lacking, count), (stream(), STATE))
    runs["plain/unknown-argument-async"] = (_asking(lacking), (invoke(**{"async": True}),))
    runs["plain/no-calls"] = (_asking(), (invoke(), STATE))
    runs["plain/not-an-answer"] = (
        _program([]) | {"edges": [[START, "act"]], "branches": {}},
        (invoke(input=talk), STATE),
    )
    runs["plain/other-state"] = (
        _asking(look, count, tools={"tools_state": {"n": 50, "log": []}}),
        (invoke(), STATE),
    )
    runs["plain/observed"] = (_asking(look, count), (invoke(callbacks=True),))
    return runs
