"""Branches that read an input schema of their own, for the control corpus."""

from __future__ import annotations

from typing import Any

from ._graph_programs import END, INT, LOG, START, Program, nodes, note
from ._schema_programs import FORMS
from ._scripts import STATE, Runs, invoke, stream

_ALONE = {"if": [{"eq": [{"len": {"input": None}}, 1]}, "b", "c"]}
_DRAFTED = {"if": [{"eq": [{"get": "draft"}, "new"]}, "b", "c"]}


def _routed(form: str, *routes: Any, source: str = "a") -> Program:
    """Return a program whose branches choose `b` or `c`, after `a` has written every field."""
    written = {"n": 1, "m": 2, "draft": "new", "log": ["a"]}
    return {
        "schema": form,
        "state": {"n": INT, "m": INT, "log": LOG},
        "private": {"draft": {"type": "str"}},
        "nodes": nodes(a=[{"write": written}], b=[note("b")], c=[note("c")]),
        "edges": [[START, "a"], ["b", END], ["c", END]],
        "branches": {source: list(routes)},
    }


_ROUTES: dict[str, list[dict[str, Any]]] = {
    "one-field": [{"path": _ALONE, "input": ["n"]}],
    "private-field": [{"path": _DRAFTED, "input": ["draft", "m"]}],
    "mapped": [{"path": _ALONE, "map": {"b": "c", "c": "b"}, "input": ["n"]}],
    "two-inputs": [{"path": _ALONE, "input": ["n"]}, {"path": _DRAFTED, "input": ["n", "m"]}],
    "no-fields": [{"path": _ALONE, "input": []}],
}


def branch_inputs() -> Runs:
    """Return the runs by name."""
    runs: dict[str, Any] = {
        f"branch-input/{form}/{name}": (
            _routed(form, *routes),
            (stream(["updates", "checkpoints"]), STATE),
        )
        for form in FORMS
        for name, routes in _ROUTES.items()
    }
    runs["branch-input/of-the-start"] = (
        _routed("typed_dict", {"path": _ALONE, "input": ["n"]}, source=START),
        (invoke(input={"n": 1}), invoke(thread="u"), STATE),
    )
    narrow = _routed("typed_dict", {"path": _DRAFTED, "input": ["draft"]})
    narrow["nodes"]["a"]["input"] = ["n"]
    runs["branch-input/beside-that-of-the-node"] = (narrow, (stream(["updates", "tasks"]), STATE))
    return runs
