"""Nodes that fail: what is raised and kept, retried, handled, and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case

from ._failing_parts import PARTS_THAT_RAISE
from ._failure_programs import (
    ALWAYS,
    ASK_THEN_RETRY,
    ATTEMPT,
    BREAKER,
    ERROR_IN_STATE,
    HANDLED,
    IN_A_SEND,
    LATE,
    MENDED_BREAKER,
    RETRIED_SENDS,
    RETRY_THEN_ASK,
    alone,
    beside,
    fails_until,
    guarded,
    handled,
)
from ._graph_programs import END, Program, fail, nodes, note
from ._logged_runs import PROGRESS, waits
from ._scripts import (
    GO_ON,
    STATE,
    Runs,
    cases_of,
    history,
    invoke,
    resume,
    stream,
    update,
    without_saver,
)

_KINDS = ("ValueError", "RuntimeError", "KeyError", "ConnectionError", "TimeoutError")
_TWICE: dict[str, Any] = {"max_attempts": 2}
_THRICE: dict[str, Any] = {"max_attempts": 3}
_ASYNC = {"async": True}

_RAISED: Runs = {
    **{f"raised/{kind}": (alone(fail(kind, f"a {kind}")), (invoke(), STATE)) for kind in _KINDS},
    "raised/empty-message": (alone(fail("ValueError", "")), (invoke(), STATE)),
    "raised/long-unicode-message": (alone(fail("KeyError", "é'\"\n" * 3)), (invoke(), STATE)),
    "raised/after-writes-and-emits": (
        alone(note("lost"), {"emit": "kept"}, ALWAYS),
        (stream(["custom", "updates", "tasks"]), STATE),
    ),
    "raised/in-the-middle": (guarded({"body": [ALWAYS]}), (stream(), STATE, GO_ON)),
    "raised/in-a-loop": (LATE, (invoke(input={"n": 0}), STATE, GO_ON)),
    "raised/in-a-send": (IN_A_SEND, (invoke(), STATE, GO_ON)),
    "raised/debug-events": (guarded({"body": [ALWAYS]}), (stream(["debug"]),)),
    "raised/first-of-two": (beside([ALWAYS], [note("b")]), (stream(["updates"]), STATE)),
    "raised/second-of-two": (beside([note("a")], [ALWAYS]), (stream(["updates"]), STATE)),
    "raised/both": (
        beside([fail("KeyError", "one")], [fail("ValueError", "two")]),
        (stream(["tasks"]), STATE),
    ),
    "raised/others-kept-for-resume": (
        beside(
            [note({"join": ["a", {"visits": None}]})],
            fails_until(1),
            [note({"join": ["c", {"visits": None}]})],
        ),
        (invoke(), STATE, GO_ON, STATE),
    ),
    "raised/then-skipped-by-update": (
        guarded({"body": [ALWAYS]}),
        (invoke(), update({"log": ["by hand"]}, "risky"), GO_ON, STATE),
    ),
    "raised/then-new-input": (
        guarded(fails_until(1)),
        (invoke(), invoke(input={"log": ["new"]}), STATE),
    ),
    "raised/then-resume": (guarded(fails_until(1)), (invoke(), resume("no question"), STATE)),
}
_UPDATES: Runs = {
    "update/number": (alone({"return": 5}), (invoke(), STATE)),
    "update/beside-a-good-one": (beside([{"return": 5}], [note("b")]), (invoke(), STATE, GO_ON)),
    "update/two-writes": (
        beside([{"write": {"n": 1}}], [{"write": {"n": 2}}]),
        (stream(["updates"]), STATE, GO_ON),
    ),
    "update/same-value-twice": (
        beside([{"write": {"n": 1}}], [{"write": {"n": 1}}]),
        (invoke(), STATE),
    ),
    "update/reducer-raises": (
        beside([{"write": {"sum": "text"}}], [{"write": {"sum": 1}}]),
        (stream(["updates"]), STATE, GO_ON),
    ),
    "update/reducer-of-input-raises": (
        beside([note("a")], [note("b")]),
        (invoke(input={"sum": "text"}), STATE),
    ),
    "update/two-overwrites": (
        beside([{"write": {"log": {"overwrite": [1]}}}], [{"write": {"log": {"overwrite": [2]}}}]),
        (invoke(), STATE),
    ),
    "update/not-a-message-list": (
        {
            "state": {"m": {"type": "messages", "reducer": "messages"}},
            "nodes": nodes(only=[{"write": {"m": 5}}]),
            "edges": [["__start__", "only"]],
        },
        (invoke(input={"m": []}), STATE),
    ),
}
_RETRY: dict[str, Program] = {
    "attempts-two": guarded(fails_until(1, retry=_TWICE)),
    "attempts-three": guarded(fails_until(2, retry=_THRICE)),
    "attempts-exhausted": guarded(fails_until(9, retry=_TWICE)),
    "attempts-only-one": guarded(fails_until(1, retry={"max_attempts": 1})),
    "attempts-by-default": guarded(fails_until(2, retry={})),
    "attempts-by-default-exhausted": guarded(fails_until(3, retry={})),
    "backoff-settings": guarded(
        fails_until(
            1,
            retry={
                "max_attempts": 2,
                "initial_interval": 0.1,
                "backoff_factor": 3.0,
                "max_interval": 0.2,
            },
        )
    ),
    "backoff-nothing": guarded(fails_until(1, retry=_TWICE | {"initial_interval": 0.0})),
    "backoff-constant": guarded(
        fails_until(2, retry=_THRICE | {"initial_interval": 0.5, "backoff_factor": 1.0})
    ),
    "backoff-capped": guarded(
        fails_until(4, retry={"max_attempts": 5, "initial_interval": 9.0, "max_interval": 0.1})
    ),
    **{
        f"predicate/{kind}": guarded(fails_until(1, kind, retry=_TWICE))
        for kind in _KINDS
        if kind != "ConnectionError"
    },
    "predicate/on-listed": guarded(
        fails_until(1, "ValueError", retry=_TWICE | {"on": ["ValueError"]})
    ),
    "predicate/on-not-listed": guarded(
        fails_until(1, "KeyError", retry=_TWICE | {"on": ["ValueError"]})
    ),
    "predicate/on-two-listed": guarded(
        fails_until(1, "KeyError", retry=_TWICE | {"on": ["ValueError", "KeyError"]})
    ),
    "policies/second-matches": guarded(
        fails_until(
            2,
            "KeyError",
            retry=[_TWICE | {"on": ["ValueError"]}, _THRICE | {"on": ["KeyError"]}],
        )
    ),
    "policies/first-match-counts": guarded(
        fails_until(2, "KeyError", retry=[_TWICE | {"on": ["KeyError"]}, _THRICE])
    ),
    "policies/none-matches": guarded(
        fails_until(1, "RuntimeError", retry=[_TWICE | {"on": ["KeyError"]}])
    ),
    "policies/empty-list": guarded(fails_until(1, retry=[])),
    "by-default": guarded(fails_until(1), defaults={"retry": _TWICE}),
    "own-before-default": guarded(
        fails_until(2, retry=_TWICE), defaults={"retry": {"max_attempts": 5}}
    ),
    "writes-of-failed-attempts-lost": alone(
        note({"info": "attempt"}),
        {"emit": {"info": "attempt"}},
        {"when": [{"lt": [{"info": "attempt"}, 3]}, [fail("ConnectionError", "again")]]},
        retry=_THRICE,
    ),
    "in-parallel": beside(
        fails_until(1, retry=_TWICE), fails_until(2, retry=_TWICE), [note("fine")]
    ),
    "sends": RETRIED_SENDS,
    "reducer-is-not-retried": alone({"emit": {"info": "attempt"}}, {"write": {"log": 5}}, retry={}),
}
_RETRY_RUNS: Runs = {
    "retry/exhausted-then-gone-on": (
        guarded(fails_until(3, retry=_TWICE)),
        (invoke(), STATE, GO_ON, STATE),
    ),
    "retry/then-interrupt": (RETRY_THEN_ASK, (invoke(), STATE, resume("yes"), STATE)),
    "retry/after-an-answer": (ASK_THEN_RETRY, (invoke(), resume("yes"), STATE)),
    "retry/command": (
        guarded(
            fails_until(1, retry=_TWICE)
            | {
                "body": [
                    {
                        "when": [
                            {"lt": [{"info": "attempt"}, 2]},
                            [fail("ConnectionError", "again")],
                            [{"return": {"command": {"update": {"log": ["c"]}, "goto": "after"}}}],
                        ]
                    }
                ]
            },
            edges=[["__start__", "before"], ["before", "risky"], ["after", END]],
        ),
        (invoke(), STATE),
    ),
}
_HANDLER: dict[str, Program] = {
    "writes": handled([HANDLED]),
    "reads-state": handled([note({"len": {"get": "log"}}, {"input": None})]),
    "writes-nothing": handled([{"let": {"x": 1}}]),
    "not-needed": handled([HANDLED], note("fine")),
    "goto": handled([{"return": {"command": {"goto": "other"}}}]),
    "goto-and-update": handled(
        [{"return": {"command": {"update": {"log": [{"error": "node"}]}, "goto": "other"}}}]
    ),
    "goto-end": handled([{"return": {"command": {"goto": END}}}]),
    "fails": handled([fail("RuntimeError", "in the handler")]),
    "after-retries": handled(
        [HANDLED], {"emit": {"info": "attempt"}}, fail("ConnectionError", "down"), retry=_TWICE
    ),
    "returns-a-number": handled([{"return": 5}]),
    "emits": handled([{"emit": {"error": "message"}}, HANDLED]),
    "counts-visits": handled([note({"visits": None}, {"info": "attempt"})]),
    "by-default": guarded({"body": [ALWAYS]}, defaults={"error_handler": [HANDLED]}),
    "own-before-default": handled([note("own")]) | {"defaults": {"error_handler": [HANDLED]}},
    "default-fails": guarded(
        {"body": [ALWAYS]}, defaults={"error_handler": [fail("KeyError", "default handler")]}
    ),
    "default-retry-of-handler": guarded(
        {
            "body": [ALWAYS],
            "error_handler": [
                {
                    "when": [
                        {"lt": [{"info": "attempt"}, 2]},
                        [fail("ConnectionError", "handler")],
                        [HANDLED],
                    ]
                }
            ],
        },
        defaults={"retry": _TWICE},
    ),
    "one-of-two": beside({"body": [ALWAYS], "error_handler": [HANDLED]}, [note("b")]),
    "both-of-two": beside(
        {"body": [fail("KeyError", "one")], "error_handler": [HANDLED]},
        {"body": [fail("ValueError", "two")], "error_handler": [HANDLED]},
    ),
    "beside-one-without": beside(
        {"body": [fail("KeyError", "one")], "error_handler": [HANDLED]},
        [fail("ValueError", "nobody's")],
    ),
}
_HANDLER_RUNS: Runs = {
    "error/circuit-breaker": (BREAKER, (stream(["updates"]), STATE)),
    "error/circuit-breaker-closes-again": (MENDED_BREAKER, (stream(["updates"]), STATE)),
    "error/circuit-breaker-tries-once-a-run": (BREAKER, (invoke(), invoke(), STATE)),
    "error/in-state": (ERROR_IN_STATE, (invoke(), STATE)),
    "error-handler/asks": (
        handled([note({"error": "type"}, {"interrupt": {"error": "message"}})]),
        (invoke(), STATE, resume("an answer"), STATE),
    ),
    "error-handler/of-a-node-that-asks": (
        handled([HANDLED], note({"interrupt": "?"}), ALWAYS),
        (invoke(), STATE, resume("yes"), STATE),
    ),
    "error-handler/fails-then-gone-on": (
        handled([{"when": [{"lt": [{"visits": None}, 2]}, [ALWAYS], [HANDLED]]}]),
        (invoke(), STATE, GO_ON, STATE),
    ),
    "error-handler/breakpoint-after": (
        handled([HANDLED]) | {"interrupt_after": ["risky"]},
        (invoke(), STATE, GO_ON),
    ),
    "error-handler/history": (handled([HANDLED]), (invoke(), history(limit=2))),
}
_SLOW: dict[str, Program] = {
    "exceeded": guarded({"body": [note("lost"), {"wait": 5}], "timeout": 0.02}),
    "kept": guarded({"body": [note("in time"), {"wait": 0.001}], "timeout": 5}),
    "retried": guarded(
        {
            "body": [{"when": [{"lt": [{"info": "attempt"}, 2]}, [{"wait": 5}], [ATTEMPT]]}],
            "timeout": {"run": 0.02},
            "retry": _TWICE,
        }
    ),
    "handled": handled([note({"error": "node"}, {"error": "type"})], {"wait": 5}, timeout=0.02),
    "idle": guarded({"body": [{"emit": 1}, {"wait": 5}], "timeout": {"idle": 0.02}}),
    "both": guarded({"body": [{"wait": 5}], "timeout": {"run": 0.02, "idle": 3}}),
    "by-default": guarded({"body": [{"wait": 5}]}, defaults={"timeout": 0.02}),
}
_ON_SQLITE = ("raised/others-kept-for-resume", "raised/in-a-send", "update/two-writes")


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    retried = {
        f"retry/{name}": (program, (stream(["updates", "custom"]), STATE))
        for name, program in _RETRY.items()
    }
    handlers = {
        f"error-handler/{name}": (program, (stream(["updates", "tasks", "custom"]), STATE))
        for name, program in _HANDLER.items()
    }
    for runs in (
        _RAISED,
        _UPDATES,
        PARTS_THAT_RAISE,
        retried,
        _RETRY_RUNS,
        waits(),
        handlers,
        _HANDLER_RUNS,
        _durable(),
    ):
        yield from cases_of("failures", runs, [name for name in _ON_SQLITE if name in runs])
    yield from cases_of("failures", _timeouts())
    yield from without_saver(
        "failures",
        {
            "raised/others-lost": (_RAISED["raised/others-kept-for-resume"][0], (invoke(),)),
            "error-handler/writes": (_HANDLER["writes"], (invoke(),)),
            "retry/exhausted": (_RETRY["attempts-exhausted"], (invoke(),)),
        },
    )


def _durable() -> Runs:
    """What a failed run leaves, by when it stores."""
    program, _ = _RAISED["raised/others-kept-for-resume"]
    return {
        f"durability/{mode}": (
            program,
            (invoke(durability=mode), STATE, invoke(input=None, durability=mode), STATE),
        )
        for mode in ("sync", "async", "exit")
    }


def _timeouts() -> Runs:
    """A node with a timeout runs asynchronously only."""
    runs: dict[str, Any] = {
        f"timeout/{name}": (program, (stream(["updates"], **_ASYNC), STATE))
        for name, program in _SLOW.items()
    }
    for name, program in PROGRESS.items():
        more = (resume("yes", **_ASYNC), invoke(input=None, **_ASYNC)) if "answer" in name else ()
        run = stream(["updates", "custom"], subgraphs=True, **_ASYNC)
        runs[f"timeout/progress/{name}"] = (program, (run, *more, STATE))
    return runs | {"timeout/not-asynchronous": (_SLOW["kept"], (invoke(), STATE))}
