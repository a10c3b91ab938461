"""The programs of the schemas corpus: how state is declared, and what its channels do with it."""

from __future__ import annotations

from typing import Any

from ._graph_programs import END, INT, LOG, START, Program, chain, nodes, note

FORMS = ("typed_dict", "dataclass", "pydantic")
EVERY = {
    "int": {"type": "int"},
    "float": {"type": "float"},
    "str": {"type": "str"},
    "bool": {"type": "bool"},
    "list": {"type": "list"},
    "map": {"type": "dict"},
    "any": {"type": "any"},
    "log": LOG,
}
ROWS = {"m": {"type": "messages", "reducer": "messages"}}


def declared(form: str) -> Program:
    """Return a program whose state is declared in a form; its first node notes what it is given."""
    return {
        "schema": form,
        "state": EVERY,
        "nodes": nodes(
            see=[note({"get": "int"}, {"get": "str"}, {"get": "any"}, {"get": "map"})],
            fill=[{"write": {"int": 1, "float": 0.5, "str": "é", "list": [1], "map": {"a": 1}}}],
            end=[note({"get": "float"}, {"get": "list"}, {"get": "bool"})],
        ),
        "edges": chain("see", "fill", "end"),
    }


def writing(form: str, field: str, value: Any) -> Program:
    """Return a program whose first node writes a value, so that the second is given it."""
    return {
        "schema": form,
        "state": EVERY,
        "nodes": nodes(bad=[{"write": {field: value}}], see=[note({"get": field})]),
        "edges": chain("bad", "see"),
    }


def bounded(**schemas: Any) -> Program:
    """Return a program with an input or an output schema."""
    return {
        "state": {"n": INT, "secret": INT, "log": LOG},
        "nodes": nodes(
            a=[{"write": {"secret": {"add": [{"get": "n"}, 1]}, "log": ["a"]}}],
            b=[note({"get": "secret"}, {"get": "n"})],
        ),
        "edges": chain("a", "b"),
    } | schemas


PRIVATE: Program = {
    "state": {"log": LOG},
    "private": {"draft": {"type": "str"}, "count": {"type": "int", "reducer": "add"}},
    "nodes": nodes(
        a=[{"write": {"draft": "from a", "count": 1}}],
        b=[note({"get": "draft"}, {"get": "count"})],
    )
    | {
        "c": {
            "body": [note({"get": "draft"}, {"get": "count"}), {"write": {"count": 2}}],
            "input": ["draft", "count"],
        },
        "d": {"body": [note({"get": "count"}, {"get": "log"})], "input": ["count"]},
    },
    "edges": chain("a", "b", "c", "d"),
}
NODE_INPUT: Program = {
    "state": {"n": INT, "m": INT, "log": LOG},
    "nodes": {
        "a": {"body": [note({"input": None})], "input": ["n"]},
        "b": {"body": [{"write": {"m": 9}}, note({"get": "m"}, {"get": "n"})], "input": ["m"]},
        "c": {"body": [note({"input": None})], "input": ["m", "n"]},
    },
    "edges": chain("a", "b", "c"),
}
NODE_INPUT_SENT: Program = NODE_INPUT | {
    "edges": [[START, "a"], ["a", END]],
    "branches": {START: [{"send": {"to": "b", "each": [1, 2], "as": "m"}}]},
}
CONTEXT: Program = {
    "state": {"log": LOG},
    "context": {"user": "str", "level": "int"},
    "nodes": nodes(
        a=[note({"context": "user"}, {"context": "level"})],
        b=[{"when": [{"lt": [{"context": "level"}, 3]}, [note("low")], [note("high")]]}],
    ),
    "edges": chain("a", "b"),
}
INFO: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        a=[
            note(*({"info": name} for name in ("attempt", "task_id", "checkpoint_ns", "thread_id")))
        ],
        work=[note({"info": "task_id"}, {"info": "checkpoint_ns"}, {"input": None})],
    ),
    "edges": [[START, "a"], ["work", END]],
    "branches": {"a": [{"send": {"to": "work", "each": [1, 2], "as": "k"}}]},
}


def message(kind: str, content: Any, key: str, **more: Any) -> dict[str, Any]:
    """Return the expression that makes a LangChain message."""
    return {"message": {"type": kind, "content": content, "id": key, **more}}


def remove(key: str) -> dict[str, Any]:
    """Return the expression that makes the removal of a message."""
    return {"message": {"type": "remove", "id": key}}


def talking(*bodies: Any) -> Program:
    """Return a chain of nodes, each of which writes to the messages."""
    names = [f"w{at}" for at in range(len(bodies))]
    return {
        "state": ROWS | {"log": LOG},
        "nodes": nodes(
            **{name: [{"write": {"m": body}}] for name, body in zip(names, bodies, strict=True)},
            count=[note({"len": {"get": "m"}})],
        ),
        "edges": chain(*names, "count"),
    }


def channels(settings: dict[str, Any], left: Any, right: Any) -> Program:
    """Return a program whose two parallel nodes write to one channel, read in the next two."""
    return {
        "state": {"x": {"type": settings.get("type", "any"), "channel": settings}, "log": LOG},
        "nodes": nodes(
            a=[{"write": {"x": left}}],
            b=[{"write": {"x": right}}],
            see=[note({"get": "x"})],
            later=[note({"get": "x"})],
        ),
        "edges": [[START, "a"], [START, "b"], [["a", "b"], "see"], ["see", "later"]],
    }


def overwriting(kind: str, reducer: str | None, *values: Any) -> Program:
    """Return a program whose nodes write one after another to a field."""
    names = [f"w{at}" for at in range(len(values))]
    field = {"type": kind} | ({} if reducer is None else {"reducer": reducer})
    bodies = {name: [{"write": {"x": value}}] for name, value in zip(names, values, strict=True)}
    return {"state": {"x": field, "log": LOG}, "nodes": nodes(**bodies), "edges": chain(*names)}


FULL = {"int": 5, "float": 1.5, "str": "s", "bool": True, "list": [1], "map": {"k": 1}, "any": 0}
WRONG: dict[str, Any] = {
    "int-from-text": {"int": "5"},
    "int-from-word": {"int": "five"},
    "int-from-whole-float": {"int": 5.0},
    "int-from-float": {"int": 5.5},
    "float-from-int": {"float": 5},
    "str-from-int": {"str": 5},
    "bool-from-int": {"bool": 1},
    "bool-from-word": {"bool": "yes"},
    "list-from-text": {"list": "abc"},
    "map-from-list": {"map": [1]},
    "null": {"int": None},
    "several": {"int": "five", "float": "x", "log": 5},
}
"""Inputs that a pydantic state takes as something else, or refuses."""
