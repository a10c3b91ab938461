"""What LangGraph itself gets wrong: each case shows one thing, and a feature says it in a sentence.

docs/upstream-findings.md lists them, with what cannot be made a case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import classified, codec, dump, envelope, graph
from parity_kit.programs.features import UPSTREAM

from ._failure_programs import ALWAYS, HANDLED, alone, beside, handled
from ._graph_programs import ASK, ASK_TWICE, LINE, LOG, Program, chain, nodes, note
from ._interrupt_programs import asking
from ._persistence_programs import COUNTED
from ._schema_programs import PRIVATE, channels, declared
from ._scripts import GO_ON, STATE, go_on, invoke, resume, resume_map, state, stream, update
from ._subgraph_programs import (
    ASKING,
    DRAINING,
    INNER,
    called,
    calling,
    child,
    parent,
    sent_to,
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the sentence that says it, and what shows it."""

    says: str
    program: Program
    operations: Sequence[Operation]


_EXIT: dict[str, Any] = {"thread": "u", "durability": "exit"}
_MAP_THAT_ASKS: Program = {
    "state": {"d": {"type": "dict", "reducer": "merge"}},
    "nodes": nodes(
        a=[{"write": {"d": {"lit": {"a": 1}}}}],
        b=[{"write": {"d": {"x": {"interrupt": "q"}}}}],
    ),
    "edges": chain("a", "b"),
}
_INTERRUPTS = {
    "stored-in-the-field-shown-alone": Finding(
        "where output_keys names one field and its value is a map, a question is written into that "
        "map and with durability exit stored in it",
        _MAP_THAT_ASKS,
        (
            invoke(input={"d": {"z": 1}}, output_keys="d", durability="exit"),
            STATE,
            resume("y"),
            STATE,
        ),
    ),
    "continued-with-the-answer-before": Finding(
        "continued with null after the first of two answers, a run gives the second question the "
        "first answer without asking; stored at exit it asks",
        ASK_TWICE,
        (
            *(invoke(), resume("one"), GO_ON),
            *(invoke(**_EXIT), resume("one", **_EXIT), go_on(**_EXIT)),
        ),
    ),
    "empty-map-answers-nothing": Finding(
        "an empty map is no answer: it is taken for a map of interrupt ids",
        asking(),
        (invoke(), resume({}), STATE),
    ),
    "null-is-no-answer": Finding(
        "an answer of null raises UnboundLocalError", asking(), (invoke(), resume(None), STATE)
    ),
    "old-question-keeps-its-answer": Finding(
        "resumed from an old checkpoint with another answer, a run takes the first answer",
        ASK,
        (invoke(), resume("yes"), resume("no", checkpoint=3), STATE),
    ),
    "empty-list-is-no-list": Finding(
        "an empty list of breakpoints for a run does not take the place of those compiled in, as "
        "any other list does",
        LINE | {"interrupt_before": ["b"]},
        (
            invoke(input={"n": 0}, interrupt_before=["c"]),
            invoke(thread="u", input={"n": 0}, interrupt_before=[]),
        ),
    ),
    "handlers-question-is-not-in-the-state": Finding(
        "a question that an error handler asks is in the run's result and not in the state, so "
        "that it cannot be answered by its id",
        handled([note({"interrupt": "what now?"})]),
        (invoke(), STATE, resume_map((0, "an answer"))),
    ),
    "second-call-is-asked-for-ever": Finding(
        "with durability exit a node that calls a subgraph twice never gets past the second "
        "question: what the first call did is not kept",
        calling({"write": {"log": [called(), called()]}}, program=ASKING),
        (
            invoke(**_EXIT),
            resume("one", **_EXIT),
            resume("two", **_EXIT),
            resume("three", **_EXIT),
            state(thread="u"),
        ),
    ),
}
_FAILURES = {
    "handler-is-given-a-text": Finding(
        "an error handler that runs again in a later run is given the repr of the error as a text "
        "instead of the error",
        handled([{"when": [{"lt": [{"visits": None}, 2]}, [ALWAYS], [HANDLED]]}]),
        (invoke(), GO_ON),
    ),
    "refused-writes-close-the-thread": Finding(
        "once two nodes have written to one value in a superstep, the state cannot be read and "
        "the thread cannot be gone on with, nor with new input: the refused writes are applied "
        "again each time; an update by a node ends it",
        beside([{"write": {"n": 1}}], [{"write": {"n": 2}}]),
        (invoke(), STATE, GO_ON, invoke(), update({"n": 5}, "a"), STATE),
    ),
    "refused-writes-end-a-run-stored-at-exit": Finding(
        "with durability exit a superstep whose writes are refused is stored as done with a part "
        "of them: nothing is left to run",
        beside(
            [{"write": {"log": {"overwrite": ["a"]}}}], [{"write": {"log": {"overwrite": ["b"]}}}]
        ),
        (invoke(**_EXIT), state(thread="u"), go_on(**_EXIT)),
    ),
    "refused-once-and-not-again": Finding(
        "two writes to a guarded UntrackedValue are refused in the run and dropped in silence when "
        "it is gone on with",
        channels({"class": "UntrackedValue", "type": "int"}, 1, 2),
        (invoke(), STATE, GO_ON),
    ),
    "update-forgets-finished-branches": Finding(
        "after a partial failure the state shows what the other branches wrote and an update "
        "drops it: their join never opens and the run is over",
        COUNTED,
        (invoke(), STATE, update({"log": ["by hand"]}, "bad"), STATE, GO_ON),
    ),
}
_STATE = {
    "update-that-cannot-be-read": Finding(
        "an update that the pydantic state refuses is stored; the state cannot be read afterwards",
        declared("pydantic"),
        (invoke(input={"int": 1}), update({"int": "five"}, "see"), STATE, GO_ON),
    ),
    "input-that-cannot-be-read": Finding(
        "an input that the pydantic state refuses is stored; the state cannot be read afterwards "
        "and a right input is refused too",
        declared("pydantic"),
        (invoke(input={"int": "five"}), STATE, invoke(input={"int": 5})),
    ),
    "update-of-a-command-is-dropped": Finding(
        "a command whose update is no map is obeyed and its update dropped in silence, where the "
        "same value returned by the node raises",
        alone({"return": {"command": {"update": "text"}}}),
        (stream(["updates"]), STATE),
    ),
    "cached-by-the-order-of-keys": Finding(
        "two inputs that are equal have two cache keys where their maps have their keys in another "
        "order, so that the task runs again",
        {
            "cache": True,
            "state": {"log": LOG},
            "nodes": {"work": {"body": [note({"visits": None})], "cache": {}}},
            "edges": [],
            "branches": {
                "__start__": [
                    {
                        "send": {
                            "to": "work",
                            "each": [{"a": {"get": "a"}, "b": 2}, {"b": 2, "a": {"get": "a"}}],
                            "as": "k",
                        }
                    }
                ]
            },
        },
        (invoke(), invoke(thread="u")),
    ),
    "streamed-values-hold-what-is-hidden": Finding(
        "values that are streamed hold private fields and those that the output schema leaves "
        "out; the result of the same run does not",
        PRIVATE | {"output": ["log"]},
        (invoke(), stream(["values"], thread="u")),
    ),
    "remaining-steps-depend-on-being-continued": Finding(
        "remaining_steps is one less than the recursion limit in the first superstep of a new run "
        "and one more in that of a continued one",
        {
            "state": {"left": {"managed": "remaining_steps"}, "log": LOG},
            "nodes": nodes(a=[note({"get": "left"})], b=[note({"get": "left"})]),
            "edges": chain("a", "b"),
            "interrupt_after": ["a"],
        },
        (invoke(recursion_limit=5), go_on(recursion_limit=5)),
    ),
    "recursion-limit-of-a-run-that-is-done": Finding(
        "a run that takes as many supersteps as the recursion limit allows raises "
        "GraphRecursionError though nothing is left to do",
        LINE,
        (invoke(input={"n": 0}, recursion_limit=3), STATE),
    ),
    "deferred-node-runs-twice": Finding(
        "a deferred node that comes after another deferred node runs twice: with it and after it",
        {
            "state": {"log": LOG},
            "nodes": nodes(a="a", b="b")
            | {
                "late": {"body": [note("late")], "defer": True},
                "later": {"body": [note("later")], "defer": True},
            },
            "edges": [
                ["__start__", "a"],
                ["a", "b"],
                ["a", "late"],
                ["late", "later"],
                ["b", "later"],
            ],
        },
        (stream(["updates"]),),
    ),
    "cached-once-of-two": Finding(
        "of two tasks with one cache key in a superstep only the last takes the cached result; the "
        "other runs again",
        {
            "cache": True,
            "state": {"log": LOG},
            "nodes": {
                "work": {
                    "body": [note({"join": [{"get": "k"}, {"visits": None}]})],
                    "cache": {"key": {"get": "k"}},
                }
            },
            "edges": [],
            "branches": {"__start__": [{"send": {"to": "work", "each": [1, 1], "as": "k"}}]},
        },
        (invoke(), invoke(thread="u"), invoke(thread="v")),
    ),
}
_SUBGRAPHS = {
    "sync-with-a-subgraph-that-keeps-nothing": Finding(
        "durability sync raises AttributeError where a subgraph keeps no checkpoints (and where a "
        "graph has no checkpointer)",
        parent(child("x"), checkpointer=False),
        (invoke(durability="sync"),),
    ),
    "packets-share-a-namespace": Finding(
        "packets to a subgraph that keeps its own checkpoints share one namespace: the second "
        "begins with what the first one left, whichever is first",
        sent_to(child([note({"get": "n"}, {"len": {"get": "log"}})]), checkpointer=True),
        (invoke(), STATE),
    ),
    "drained-for-ever-when-stored-at-exit": Finding(
        "with durability exit a subgraph that asked to stop begins again when the run is gone on "
        "with and asks again: the run never ends",
        parent(DRAINING),
        (invoke(**_EXIT), go_on(**_EXIT), go_on(**_EXIT), state(thread="u")),
    ),
    "copy-of-an-earlier-checkpoint": Finding(
        "gone on with from a copy of an earlier checkpoint a subgraph that keeps its own "
        "checkpoints goes on from its last one; from the checkpoint itself from what it had then",
        parent(child([note({"len": {"get": "log"}})]), checkpointer=True),
        (
            invoke(),
            go_on(checkpoint=2),
            update(None, "__copy__", checkpoint=2),
            GO_ON,
        ),
    ),
    "null-input-depends-on-being-continued": Finding(
        "a subgraph called with null raises EmptyInputError in a new run and gives null in a "
        "continued one",
        calling(note(called({"lit": None})), program=INNER),
        (invoke(), invoke(thread="u", interrupt_before=["call"]), go_on(thread="u")),
    ),
}


_OLD_DATE = {
    "lc": 2,
    "type": "constructor",
    "id": ["datetime", "datetime"],
    "args": ["2024-01-01T00:00:00+00:00"],
    "method": "fromisoformat",
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    groups = {
        "interrupt": _INTERRUPTS,
        "failure": _FAILURES,
        "state": _STATE,
        "subgraph": _SUBGRAPHS,
    }
    for group, findings in groups.items():
        for name, finding in findings.items():
            yield graph(
                f"upstream_findings/{group}/{name}",
                finding.program,
                *finding.operations,
                features=[UPSTREAM + finding.says],
            )
    yield from _stored_values()


def _stored_values() -> Iterator[Case]:
    kind, data = dump({(1, "a")})
    yield codec(
        "upstream_findings/value/set-of-tuples",
        data,
        UPSTREAM + "a set of tuples comes back as a list of lists",
        type=kind,
    )
    yield classified(
        "upstream_findings/value/date-in-old-json",
        json.dumps(_OLD_DATE).encode(),
        UPSTREAM + "the JSON that LangGraph stored before MessagePack loses every datetime: null",
        type="json",
    )
    yield classified(
        "upstream_findings/value/nested-300-deep",
        b"\x91" * 300 + b"\xc0",
        UPSTREAM + "values nested 256 to 1022 deep load and can never be stored again",
    )
    dates = envelope(6, "<M8[D]", [1], "C", bytes(8))
    yield classified(
        "upstream_findings/value/array-of-dates",
        dates,
        UPSTREAM + "a numpy array of dates loads and cannot be stored again",
    )
