"""Interrupts in every position: where they stop a run, what is kept, and how it is resumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op

from ._graph_programs import ASK, ASK_BOTH, ASK_TWICE, FAN, LINE
from ._interrupt_programs import (
    AFTER_WRITES,
    ASK_AND_FAIL,
    BREAK_AND_ASK,
    COUNTED,
    COUNTED_BESIDE,
    DEFERRED,
    DYNAMIC,
    EMITS,
    FOLLOW_UP,
    IN_A_ROW,
    IN_SENDS,
    LOOP,
    ROUTED,
    SAME_QUESTION,
    SOME_SENDS,
    THREE,
    TOLD,
    UNEVEN,
    asking,
    breaking,
)
from ._scripts import (
    GO_ON,
    STATE,
    Runs,
    cases_of,
    command,
    go_on,
    history,
    invoke,
    resume,
    resume_map,
    state,
    stream,
    update,
    without_saver,
)

_N = invoke(input={"n": 0})
_WHERE: Runs = {
    "where/first-node": (asking(), (invoke(), STATE, resume("yes"), STATE)),
    "where/after-writes": (AFTER_WRITES, (invoke(input={"n": 7}), STATE, resume(3), STATE)),
    "where/loop": (LOOP, (_N, resume("more"), STATE, resume("stop"), history(limit=4))),
    "where/loop-recursion-limit": (LOOP, (_N, resume("more", recursion_limit=1), STATE)),
    "where/routes": (ROUTED, (invoke(), resume("b"), STATE)),
    "where/row-of-nodes": (IN_A_ROW, (invoke(), resume(1), STATE, resume(2), STATE)),
    "where/deferred-node": (DEFERRED, (invoke(), STATE, resume("yes"))),
    "where/uneven-branches": (UNEVEN, (invoke(), STATE, resume("yes"), STATE)),
    "where/all-sends": (
        IN_SENDS,
        (invoke(), STATE, resume_map((0, "a"), (1, "b"), (2, "c")), STATE),
    ),
    "where/some-sends": (SOME_SENDS, (invoke(), STATE, resume("yes"), STATE)),
    "where/beside-a-failure": (ASK_AND_FAIL, (invoke(), STATE, GO_ON, STATE)),
    "where/dynamic-not": (DYNAMIC, (invoke(input={"n": 3}), STATE)),
    "where/dynamic": (DYNAMIC, (invoke(input={"n": 30}), STATE, resume("let it"))),
    "where/no-node-left": (LINE, (_N, resume("nobody asked"), STATE)),
}
_SEVERAL: Runs = {
    "several/three-in-one-node": (
        THREE,
        (invoke(), resume("one"), resume("two"), STATE, resume("three"), STATE),
    ),
    "several/three-one-id": (
        THREE,
        (invoke(), resume_map((0, "one")), resume_map((0, "two")), resume_map((0, "three"))),
    ),
    "several/asks-again-when-continued": (ASK_TWICE, (invoke(), resume("one"), GO_ON, STATE)),
    "several/new-input-forgets-answers": (
        ASK_TWICE,
        (invoke(), resume("one"), invoke(input={"log": ["new"]}), STATE),
    ),
    "several/follow-up": (FOLLOW_UP, (invoke(), resume(value=False), STATE, resume("because"))),
    "several/no-follow-up": (FOLLOW_UP, (invoke(), resume(value=True))),
    "several/same-question": (
        SAME_QUESTION,
        (invoke(), STATE, resume_map((0, 1), (1, 2), (2, 3)), resume("last")),
    ),
}
_ORDERS: Runs = {
    "order/second-then-first": (
        ASK_BOTH,
        (invoke(), resume_map((1, "r")), resume_map((0, "l")), STATE),
    ),
    "order/map-reversed": (ASK_BOTH, (invoke(), resume_map((1, "r"), (0, "l")))),
    "order/one-by-map-then-plain": (ASK_BOTH, (invoke(), resume_map((0, "l")), resume("r"), STATE)),
    "order/same-twice": (ASK_BOTH, (invoke(), resume_map((0, "l")), resume_map((0, "r")))),
    "order/none-of-them": (ASK_BOTH, (invoke(), resume_map((7, "x")), STATE)),
    "order/continue-between": (
        ASK_BOTH,
        (invoke(), resume_map((1, "r")), GO_ON, STATE, resume_map((0, "l"))),
    ),
    "order/last-send-first": (
        IN_SENDS,
        (
            invoke(),
            resume_map((2, "c")),
            STATE,
            resume_map((1, "b"), (0, "a")),
            history(limit=2),
        ),
    ),
    "order/send-by-send": (
        IN_SENDS,
        (invoke(), resume_map((0, "a")), resume_map((0, "b")), resume_map((0, "c")), STATE),
    ),
    "order/two-threads": (
        ASK,
        (
            invoke(),
            invoke(thread="u"),
            resume("u's", thread="u"),
            STATE,
            resume("t's"),
            state(thread="u"),
        ),
    ),
}
_OTHERWISE: Runs = {
    "otherwise/update-as-the-node": (
        ASK,
        (invoke(), update({"log": ["by hand"]}, "ask"), STATE, GO_ON),
    ),
    "otherwise/update-then-resume": (
        ASK,
        (invoke(), update({"log": ["by hand"]}, "before"), STATE, resume("yes"), STATE),
    ),
    "otherwise/update-node-inferred": (
        ASK,
        (invoke(), update({"log": ["by hand"]}), STATE, resume("yes")),
    ),
    "otherwise/update-with-one-answered": (
        ASK_BOTH,
        (
            invoke(),
            resume_map((0, "l")),
            update({"log": ["by hand"]}, "plain"),
            STATE,
            GO_ON,
        ),
    ),
    "otherwise/resume-twice": (ASK, (invoke(), resume("one"), resume("two"), STATE)),
    "otherwise/resume-on-a-new-thread": (ASK, (resume("early"), STATE)),
    "otherwise/fork-before-the-question": (
        ASK,
        (invoke(), resume("yes"), go_on(checkpoint=2), STATE, resume("no"), history(limit=3)),
    ),
    "otherwise/fork-then-resume": (
        ASK,
        (invoke(), resume("at an earlier one", checkpoint=2), STATE),
    ),
    "otherwise/delete-while-waiting": (
        ASK,
        (invoke(), op("delete_thread", thread="t"), STATE, resume("too late")),
    ),
    "otherwise/mended-then-resumed": (
        ASK_AND_FAIL,
        (invoke(), update({"ok": True}, "bad"), STATE, GO_ON, STATE),
    ),
    "otherwise/failure-then-resume": (ASK_AND_FAIL, (invoke(), resume("yes"), STATE)),
}
_BREAKPOINTS: Runs = {
    "breakpoint/first-node": (breaking(before=["a"]), (_N, STATE, GO_ON, STATE)),
    "breakpoint/last-node-after": (breaking(after=["c"]), (_N, STATE, GO_ON, STATE)),
    "breakpoint/before-and-after": (
        breaking(before=["b"], after=["b"]),
        (_N, GO_ON, STATE, GO_ON, STATE),
    ),
    "breakpoint/resume-instead-of-null": (breaking(before=["b"]), (_N, resume("not asked"), STATE)),
    "breakpoint/new-input": (breaking(before=["b"]), (_N, invoke(input={"n": 9}), STATE)),
    "breakpoint/update-moves-on": (
        breaking(before=["b"]),
        (_N, update({"n": 50}, "b"), STATE, GO_ON),
    ),
    "breakpoint/update-does-not-pass-it": (
        breaking(before=["b"]),
        (_N, update({"n": 50}, "a"), GO_ON, STATE),
    ),
    "breakpoint/in-one-of-two": (
        FAN | {"interrupt_before": ["c"]},
        (_N, STATE, GO_ON, STATE),
    ),
    "breakpoint/around-a-question": (
        BREAK_AND_ASK,
        (invoke(), GO_ON, STATE, resume("yes"), STATE, GO_ON, STATE),
    ),
    "breakpoint/in-a-loop": (
        LOOP | {"interrupt_before": ["ask"]},
        (_N, GO_ON, resume("more"), GO_ON, resume("stop"), STATE),
    ),
    "breakpoint/before-a-send": (
        IN_SENDS | {"interrupt_before": ["work"]},
        (invoke(), STATE, GO_ON, STATE),
    ),
    "breakpoint/fork-stops-again": (
        breaking(before=["b"]),
        (_N, GO_ON, go_on(checkpoint=2), STATE),
    ),
}
_AT_RUN_TIME: Runs = {
    "run-time/before": (
        LINE,
        (invoke(input={"n": 0}, interrupt_before=["b"]), STATE, GO_ON, STATE),
    ),
    "run-time/after": (LINE, (invoke(input={"n": 0}, interrupt_after=["a"]), STATE, GO_ON)),
    "run-time/before-all": (
        LINE,
        (
            invoke(input={"n": 0}, interrupt_before="*"),
            go_on(interrupt_before="*"),
            go_on(interrupt_before="*"),
            STATE,
        ),
    ),
    "run-time/after-all": (
        FAN,
        (invoke(input={"n": 0}, interrupt_after="*"), STATE, go_on(interrupt_after="*"), STATE),
    ),
    "run-time/another-each-time": (
        LINE,
        (
            invoke(input={"n": 0}, interrupt_before=["b"]),
            go_on(interrupt_before=["c"]),
            STATE,
            go_on(interrupt_after=["c"]),
        ),
    ),
    "run-time/instead-of-those-compiled": (
        breaking(before=["b"]),
        (invoke(input={"n": 0}, interrupt_before=["c"]), STATE, GO_ON, STATE),
    ),
    "run-time/none-instead-of-those-compiled": (
        breaking(before=["b"]),
        (invoke(input={"n": 0}, interrupt_before=[]), STATE),
    ),
    "run-time/same-again": (
        LINE,
        (
            invoke(input={"n": 0}, interrupt_before=["b"]),
            go_on(interrupt_before=["b"]),
            STATE,
        ),
    ),
    "run-time/around-a-question": (
        ASK,
        (
            invoke(interrupt_before=["ask"]),
            go_on(),
            resume("yes", interrupt_after=["ask"]),
            STATE,
            GO_ON,
        ),
    ),
    "run-time/packets": (
        IN_SENDS,
        (invoke(interrupt_before=["work"]), STATE, go_on(interrupt_before=["work"]), STATE),
    ),
    "run-time/unknown-node": (LINE, (invoke(input={"n": 0}, interrupt_before=["zz"]), STATE)),
    "run-time/fork": (
        LINE,
        (_N, go_on(checkpoint=2, interrupt_before=["c"]), STATE, GO_ON),
    ),
}
_AGAIN: Runs = {
    "again/begins-anew-with-each-answer": (
        COUNTED,
        (invoke(), resume("one"), resume("two"), STATE),
    ),
    "again/others-do-not": (
        COUNTED_BESIDE,
        (invoke(), STATE, resume("yes"), STATE),
    ),
    "again/as-often-as-continued": (COUNTED, (invoke(), GO_ON, GO_ON, resume("one"))),
    "again/goes-where-it-is-told": (TOLD, (invoke(), resume("b"), STATE)),
    "again/goes-where-there-is-nothing": (TOLD, (invoke(), resume("nowhere"), STATE)),
    "again/emits-twice": (
        EMITS,
        (
            stream(["custom", "updates"]),
            resume("yes", modes=["custom", "updates"]),
        ),
    ),
    "again/answer-and-update": (
        ASK,
        (invoke(), command({"resume": "yes", "update": {"log": ["u"]}}), STATE),
    ),
    "again/answer-by-id-of-an-old-question": (
        LOOP,
        (_N, resume_map((0, "more")), resume_map((0, "more")), resume_map((0, "stop")), STATE),
    ),
}
_ANSWERS: dict[str, Any] = {
    "false": False,
    "zero": 0,
    "empty-text": "",
    "empty-list": [],
    "empty-map": {},
    "list": [1, [2, None]],
    "nested-map": {"a": {"b": [1.5]}},
    "id-of-nothing": {"0" * 32: "an answer to no question"},
}
_QUESTIONS: dict[str, Any] = {
    "null": None,
    "list": [1, "two", {"lit": {"three": 3}}],
    "from-state": {"log": {"get": "log"}},
    "float": 0.1,
    "nested-question": {"interrupt": "inner?"},
}
_DURABILITY = ("sync", "async", "exit")
_ON_SQLITE = (
    "where/loop",
    "where/all-sends",
    "several/three-in-one-node",
    "several/same-question",
    "order/second-then-first",
    "order/continue-between",
    "otherwise/update-then-resume",
    "otherwise/mended-then-resumed",
    "breakpoint/around-a-question",
    "run-time/another-each-time",
    "again/others-do-not",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    parts = (_WHERE, _SEVERAL, _ORDERS, _OTHERWISE, _BREAKPOINTS, _AT_RUN_TIME, _AGAIN)
    for runs in (*parts, _values(), _durable()):
        named = [name for name in _ON_SQLITE if name in runs]
        yield from cases_of("interrupts", runs, named)
    yield from without_saver(
        "interrupts",
        {"where/first-node": (asking(), (invoke(),)), "breakpoint/first-node": (LINE, (_N,))},
    )


def _values() -> Runs:
    answers = {
        f"answer/{name}": (
            asking("?", {"not": {"var": "answer"}}),
            (invoke(), resume(value), STATE),
        )
        for name, value in _ANSWERS.items()
    }
    questions = {
        f"question/{name}": (asking(question), (stream(["updates"]), STATE, resume("a")))
        for name, question in _QUESTIONS.items()
    }
    return answers | questions


def _durable() -> Runs:
    return {
        f"durability/{mode}/{name}": (
            program,
            (
                invoke(durability=mode),
                STATE,
                resume_map((1, "second"), durability=mode),
                resume_map((0, "first"), durability=mode),
                history(limit=3),
            ),
        )
        for mode in _DURABILITY
        for name, program in {"parallel": ASK_BOTH, "several": ASK_TWICE}.items()
    }
