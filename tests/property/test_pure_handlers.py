"""`pure` ends failures beside each other as LangGraph does, with handlers and without."""

from __future__ import annotations

import itertools
from typing import Any

import pure_engine
import pytest

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind, run
from parity_kit.reference import Engine
from parity_kit.reference.logs import silence_langgraph

FAILS: dict[str, Any] = {"body": [{"raise": {"type": "ValueError", "message": "always"}}]}
ASKS: dict[str, Any] = {"body": [{"write": {"log": [{"interrupt": "who?"}]}}]}
HANDLED: dict[str, Any] = FAILS | {"error_handler": [{"write": {"log": ["handled"]}}]}
BADLY: dict[str, Any] = FAILS | {"error_handler": FAILS["body"]}
KINDS = {"fails": FAILS, "asks": ASKS, "handled": HANDLED, "handled badly": BADLY}


def case(kinds: tuple[str, ...], *, awaited: bool) -> Case:
    """Return a run of parallel nodes of these kinds, and the run that goes on after it."""
    nodes = {f"n{number}": KINDS[kind] for number, kind in enumerate(kinds)}
    program: Any = {
        "state": {"log": {"type": "list", "reducer": "add"}},
        "nodes": nodes,
        "edges": [["__start__", name] for name in nodes],
    }
    more: Any = {"thread": "t", "modes": ["values", "updates", "tasks"], "async": awaited}
    begin = Operation("stream", {"input": {"log": []}, **more})
    go_on = Operation("stream", {"input": None, **more})
    spec = {"program": program, "saver": "memory"}
    return Case(CaseId("-".join(kinds)), Subject(SubjectKind.GRAPH, spec), (begin, go_on))


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_failures_beside_each_other_end_as_in_langgraph(*, awaited: bool) -> None:
    reference, pure = Engine(), pure_engine.Engine()
    with silence_langgraph():
        for kinds in itertools.product(KINDS, repeat=3):
            tried = case(kinds, awaited=awaited)
            assert run(pure, tried) == run(reference, tried), kinds
