"""The programs of the interrupts corpus: `interrupt()` in every position, and breakpoints."""

from __future__ import annotations

from typing import Any

from ._graph_programs import ASK, END, INT, LINE, LOG, START, Program, chain, fail, nodes, note

TO = {"type": "any"}


def asking(question: Any = "?", *more: Any) -> Program:
    """Return a program of one node that asks, and notes the answer and more."""
    body = [{"let": {"answer": {"interrupt": question}}}, note({"var": "answer"}, *more)]
    return {"state": {"log": LOG}, "nodes": nodes(ask=body), "edges": chain("ask")}


def breaking(before: Any = (), after: Any = ()) -> Program:
    """Return a chain of three with breakpoints."""
    return LINE | {"interrupt_before": before, "interrupt_after": after}


AFTER_WRITES: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        ask=[
            {"write": {"n": 1, "log": ["lost unless the node ends"]}},
            {"let": {"answer": {"interrupt": {"get": "n"}}}},
            {"write": {"n": {"var": "answer"}}},
        ],
        end=[note({"get": "n"})],
    ),
    "edges": chain("ask", "end"),
}
LOOP: Program = {
    "state": {"n": INT, "said": TO, "log": LOG},
    "nodes": nodes(
        ask=[
            {"write": {"n": {"add": [{"get": "n"}, 1]}}},
            {"let": {"answer": {"interrupt": {"join": ["round", {"get": "n"}]}}}},
            {"write": {"said": {"var": "answer"}, "log": [{"var": "answer"}]}},
        ]
    ),
    "edges": [[START, "ask"]],
    "branches": {"ask": [{"if": [{"eq": [{"get": "said"}, "stop"]}, END, "ask"]}]},
}
THREE: Program = {
    "state": {"log": LOG},
    "nodes": nodes(ask=[note({"interrupt": 1}, {"interrupt": 2}, {"interrupt": 3})], after="after"),
    "edges": chain("ask", "after"),
}
FOLLOW_UP: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        ask=[
            {"let": {"sure": {"interrupt": "sure?"}}},
            {
                "when": [
                    {"var": "sure"},
                    [note("sure")],
                    [{"let": {"why": {"interrupt": "why not?"}}}, note({"var": "why"})],
                ]
            },
        ]
    ),
    "edges": chain("ask"),
}
DYNAMIC: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        look=[
            {
                "when": [
                    {"lt": [10, {"get": "n"}]},
                    [note({"interrupt": {"too much": {"get": "n"}}})],
                    [note("fine")],
                ]
            }
        ],
        end="end",
    ),
    "edges": chain("look", "end"),
}
SAME_QUESTION: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        a=[note("a", {"interrupt": "same"})],
        b=[note("b", {"interrupt": "same"})],
        c=[note("c", {"interrupt": "same"}, {"interrupt": "more"})],
        end="end",
    ),
    "edges": [[START, "a"], [START, "b"], [START, "c"], [["a", "b", "c"], "end"], ["end", END]],
}
IN_SENDS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        plan="plan", work=[note({"get": "k"}, {"interrupt": {"k": {"get": "k"}}})], sum="sum"
    ),
    "edges": [[START, "plan"], ["work", "sum"], ["sum", END]],
    "branches": {"plan": [{"send": {"to": "work", "each": ["x", "y", "z"], "as": "k"}}]},
}
SOME_SENDS: Program = IN_SENDS | {
    "nodes": nodes(
        plan="plan",
        work=[
            {
                "when": [
                    {"eq": [{"get": "k"}, "y"]},
                    [note({"interrupt": "y?"})],
                    [note({"get": "k"})],
                ]
            }
        ],
        sum="sum",
    )
}
ASK_AND_FAIL: Program = {
    "state": {"ok": {"type": "bool"}, "log": LOG},
    "nodes": nodes(
        ask=[note("ask", {"interrupt": "go?"})],
        bad=[{"when": [{"get": "ok"}, [note("mended")], [fail("ValueError", "not yet")]]}],
        end="end",
    ),
    "edges": [[START, "ask"], [START, "bad"], [["ask", "bad"], "end"], ["end", END]],
}
IN_A_ROW: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a=[note({"interrupt": "a?"})], b=[note({"interrupt": "b?"})]),
    "edges": chain("a", "b"),
}
UNEVEN: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        ask=[note({"interrupt": "ask?"})],
        quick="quick",
        then="then",
        end=[note({"len": {"get": "log"}})],
    ),
    "edges": [
        [START, "ask"],
        [START, "quick"],
        ["quick", "then"],
        [["ask", "then"], "end"],
        ["end", END],
    ],
}
DEFERRED: Program = {
    "state": {"log": LOG},
    "nodes": nodes(a="a", b="b")
    | {"last": {"body": [note("last", {"interrupt": "done?"})], "defer": True}},
    "edges": [[START, "a"], ["a", "b"], ["a", "last"], ["b", "last"]],
}
ROUTED: Program = {
    "state": {"to": TO, "log": LOG},
    "nodes": nodes(ask=[{"write": {"to": {"interrupt": "where?"}}}], a="a", b="b"),
    "edges": [[START, "ask"], ["a", END], ["b", END]],
    "branches": {"ask": [{"get": "to"}]},
}
BREAK_AND_ASK: Program = ASK | {"interrupt_before": ["ask"], "interrupt_after": ["ask"]}
COUNTED: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        ask=[
            {"let": {"nth": {"visits": None}, "one": {"interrupt": "one?"}}},
            {"let": {"two": {"interrupt": "two?"}}},
            note({"var": "one"}, {"var": "two"}, {"var": "nth"}),
        ]
    ),
    "edges": chain("ask"),
}
COUNTED_BESIDE: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        ask=[note({"interrupt": "?"}, {"visits": None})],
        beside=[note({"join": ["beside", {"visits": None}]})],
        end="end",
    ),
    "edges": [[START, "ask"], [START, "beside"], [["ask", "beside"], "end"], ["end", END]],
}
TOLD: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        ask=[
            {"return": {"command": {"goto": {"interrupt": "where?"}, "update": {"log": ["told"]}}}}
        ],
        a="a",
        b="b",
    ),
    "edges": [[START, "ask"], ["a", END], ["b", END]],
}
EMITS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(ask=[{"emit": "before"}, note({"interrupt": "?"}), {"emit": "after"}]),
    "edges": chain("ask"),
}
