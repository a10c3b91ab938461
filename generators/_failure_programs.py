"""The programs of the failures corpus: nodes that fail, some of the time or always."""

from __future__ import annotations

from typing import Any

from ._graph_programs import (
    ADD_ONE,
    END,
    INT,
    LOG,
    START,
    SUM,
    Program,
    chain,
    fail,
    nodes,
    note,
)

ATTEMPT = note({"join": ["attempt", {"info": "attempt"}]})
HANDLED = note({"join": [{"error": "node"}, {"error": "type"}]}, {"error": "message"})
ALWAYS = fail("ValueError", "always")


def fails_until(count: int, kind: str = "ConnectionError", **parts: Any) -> dict[str, Any]:
    """Return a node that fails in its first `count` attempts in a session."""
    return {
        "body": [
            {"when": [{"lt": [{"visits": None}, count + 1]}, [fail(kind, "again")], [ATTEMPT]]}
        ]
    } | parts


def guarded(node: dict[str, Any], **more: Any) -> Program:
    """Return a chain of `before`, a node that may fail, and `after`."""
    program: Program = {
        "state": {"log": LOG},
        "nodes": nodes(before="before") | {"risky": node} | nodes(after="after"),
        "edges": chain("before", "risky", "after"),
    }
    return program | more


def handled(handler: list[Any], *body: Any, **parts: Any) -> Program:
    """Return a chain whose middle node has an error handler; `other` is there to go to."""
    node = {"body": list(body) or [ALWAYS], "error_handler": handler} | parts
    program = guarded(node)
    return program | {"nodes": program["nodes"] | nodes(other="other")}


def alone(*body: Any, **parts: Any) -> Program:
    """Return a program of one node."""
    return {
        "state": {"n": INT, "log": LOG},
        "nodes": {"only": {"body": list(body)} | parts},
        "edges": chain("only"),
    }


def beside(*bodies: Any, **more: Any) -> Program:
    """Return a program of parallel nodes `a`, `b`, `c`…, each a body or a whole node."""
    named: dict[str, Any] = {
        chr(ord("a") + at): {"body": body} if isinstance(body, list) else body
        for at, body in enumerate(bodies)
    }
    program: Program = {
        "state": {"n": INT, "sum": SUM, "log": LOG},
        "nodes": named | nodes(end="end"),
        "edges": [*([START, name] for name in named), [list(named), "end"], ["end", END]],
    }
    return program | more


LATE: Program = {
    "state": {"n": INT, "log": LOG},
    "nodes": nodes(
        step=[
            {"write": {"n": ADD_ONE, "log": [{"get": "n"}]}},
            {"when": [{"eq": [{"get": "n"}, 2]}, [fail("RuntimeError", "at two")]]},
        ]
    ),
    "edges": [[START, "step"]],
    "branches": {"step": [{"if": [{"lt": [{"get": "n"}, 4]}, "step", END]}]},
}
IN_A_SEND: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        plan="plan",
        work=[
            {
                "when": [
                    {"eq": [{"get": "k"}, 1]},
                    [fail("KeyError", "one")],
                    [note({"get": "k"})],
                ]
            }
        ],
    ),
    "edges": [[START, "plan"], ["work", END]],
    "branches": {"plan": [{"send": {"to": "work", "each": {"range": 3}, "as": "k"}}]},
}
RETRIED_SENDS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(plan="plan")
    | {
        "work": {
            "body": [
                {
                    "when": [
                        {"lt": [{"info": "attempt"}, {"add": [{"get": "k"}, 1]}]},
                        [fail("ConnectionError", "again")],
                        [note({"join": [{"get": "k"}, {"info": "attempt"}]})],
                    ]
                }
            ],
            "retry": {"max_attempts": 2},
        }
    },
    "edges": [[START, "plan"], ["work", END]],
    "branches": {"plan": [{"send": {"to": "work", "each": [0, 1, 2], "as": "k"}}]},
}
BREAKER: Program = {
    "state": {"failures": SUM, "log": LOG},
    "nodes": {
        "call": {
            "body": [fail("ConnectionError", "down")],
            # What comes after a node does not come after its handler: that says itself where to go.
            "error_handler": [
                {
                    "return": {
                        "command": {
                            "update": {"failures": 1, "log": [{"error": "type"}]},
                            "goto": "check",
                        }
                    }
                }
            ],
        }
    }
    | nodes(check=[note({"join": ["failures", {"get": "failures"}]})], fallback="fallback"),
    "edges": [[START, "call"], ["fallback", END]],
    "branches": {"check": [{"if": [{"lt": [{"get": "failures"}, 3]}, "call", "fallback"]}]},
}
MENDED_BREAKER: Program = BREAKER | {
    "nodes": BREAKER["nodes"]
    | {
        "call": BREAKER["nodes"]["call"]
        | {
            "body": [
                {"when": [{"lt": [{"visits": None}, 3]}, [fail("ConnectionError", "down")]]},
                {"write": {"failures": {"overwrite": 0}, "log": ["up"]}},
            ]
        }
    }
}
ERROR_IN_STATE: Program = {
    "state": {"problem": {"type": "any"}, "log": LOG},
    "nodes": {
        "risky": {
            "body": [fail("KeyError", "k")],
            "error_handler": [
                {
                    "return": {
                        "command": {
                            "update": {
                                "problem": {
                                    "type": {"error": "type"},
                                    "message": {"error": "message"},
                                }
                            },
                            "goto": "look",
                        }
                    }
                }
            ],
        }
    }
    | nodes(look="look", mend=[note({"get": "problem"})], fine="fine"),
    "edges": [[START, "risky"], ["risky", "look"], ["mend", END], ["fine", END]],
    "branches": {"look": [{"if": [{"get": "problem"}, "mend", "fine"]}]},
}
RETRY_THEN_ASK: Program = {
    "state": {"log": LOG},
    "nodes": {
        "risky": {
            "body": [
                {
                    "when": [
                        {"lt": [{"info": "attempt"}, 2]},
                        [fail("ConnectionError", "again")],
                        [
                            note(
                                {"join": ["visit", {"visits": None}, {"info": "attempt"}]},
                                {"interrupt": "sure?"},
                            )
                        ],
                    ]
                }
            ],
            "retry": {"max_attempts": 3},
        }
    },
    "edges": chain("risky"),
}
ASK_THEN_RETRY: Program = {
    "state": {"log": LOG},
    "nodes": {
        "risky": {
            "body": [
                {"let": {"answer": {"interrupt": "sure?"}}},
                {
                    "when": [
                        {"lt": [{"info": "attempt"}, 3]},
                        [fail("ConnectionError", "again")],
                        [note({"var": "answer"}, {"info": "attempt"})],
                    ]
                },
            ],
            "retry": {"max_attempts": 3},
        }
    },
    "edges": chain("risky"),
}
