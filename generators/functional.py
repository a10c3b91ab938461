"""Functional programs: an entrypoint, its tasks, and what a thread keeps of them between runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import op

from ._graph_programs import Program, fail
from ._scripts import (
    GO_ON,
    HISTORY,
    STATE,
    Runs,
    cases_of,
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

_N, _INPUT, _VISITS = {"get": "n"}, {"input": None}, {"visits": None}
_PREVIOUS = {"previous": None}
_MODES = ["values", "updates", "tasks", "checkpoints"]


def flow(*body: Any, tasks: dict[str, Any] | None = None, **more: Any) -> Program:
    """Return a program with this entrypoint; a task that is a list is a body."""
    parts: dict[str, dict[str, Any]] = {
        name: {"body": task} if isinstance(task, list) else task
        for name, task in (tasks or {}).items()
    }
    policies = {name: more.pop(name) for name in ("retry", "cache", "timeout") if name in more}
    own = {"cache": True} if "cache" in policies or _cached(parts) else {}
    return {"entrypoint": {"body": list(body), **policies}, "tasks": parts} | own | more


def _cached(tasks: Mapping[str, Mapping[str, Any]]) -> bool:
    return any("cache" in task for task in tasks.values())


def give(value: Any) -> dict[str, Any]:
    """Return the instruction that ends a body."""
    return {"return": value}


def let(**values: Any) -> dict[str, Any]:
    """Return the instruction that sets variables."""
    return {"let": values}


def call(name: str, argument: Any = _INPUT) -> dict[str, Any]:
    """Return a call of a task."""
    return {"call": [name, argument]}


def join(*parts: Any) -> dict[str, Any]:
    """Return an expression for a text."""
    return {"join": list(parts)}


def run(**args: Any) -> Operation:
    """Return an invocation with the input `{n: 1}` unless another is given."""
    return invoke(**({"input": {"n": 1}} | args))


def shown(modes: list[str] = _MODES, **args: Any) -> Operation:
    """Return a stream with the input `{n: 1}` unless another is given."""
    return stream(modes, **({"input": {"n": 1}} | args))


_TELL = [give(join("told", _INPUT, _VISITS))]
_ADD = [give({"add": [_INPUT, 1]})]
_ASK = [let(answer={"interrupt": join("answer for", _INPUT)}), give([{"var": "answer"}, _VISITS])]
_FAIL_ONCE = [
    {"when": [{"lt": [_VISITS, 2]}, [fail("ConnectionError", "lost")]]},
    give(join("well", _VISITS)),
]

ALONE = flow(give({"got": _INPUT, "visits": _VISITS}))
SEQUENCE = flow(
    let(a=call("plus", _N), b=call("plus", {"add": [_N, 10]})),
    let(c=call("tell", {"var": "b"})),
    give([{"var": "a"}, {"var": "b"}, {"var": "c"}]),
    tasks={"plus": _ADD, "tell": _TELL},
)
PARALLEL = flow(
    let(all={"call_all": [["plus", 1], ["tell", "x"], ["plus", 3], ["plus", 1]]}),
    give({"var": "all"}),
    tasks={"plus": _ADD, "tell": _TELL},
)
NESTED = flow(
    give([call("outer", _N), _VISITS]),
    tasks={"outer": [let(inner=call("plus")), give(join("outer", {"var": "inner"}))], "plus": _ADD},
)
ASK = flow(
    let(before=call("tell", "before")),
    let(answer={"interrupt": {"before": {"var": "before"}}}),
    let(after=call("tell", "after")),
    give([{"var": "before"}, {"var": "answer"}, {"var": "after"}, _VISITS]),
    tasks={"tell": _TELL},
)
ASK_IN_TASK = flow(
    let(before=call("tell", "before")),
    give([{"var": "before"}, call("ask", _N), _VISITS]),
    tasks={"tell": _TELL, "ask": _ASK},
)
ASK_IN_TASKS = flow(
    let(all={"call_all": [["ask", 1], ["tell", "x"], ["ask", 2]]}),
    give({"var": "all"}),
    tasks={"tell": _TELL, "ask": _ASK},
)
ASK_TWICE = flow(
    let(first={"interrupt": "first?"}),
    let(second={"interrupt": join("after", {"var": "first"})}),
    give([{"var": "first"}, {"var": "second"}, _VISITS]),
)
COUNT = flow(
    let(total={"add": [{"if": [_PREVIOUS, _PREVIOUS, 0]}, _N]}),
    give({"var": "total"}),
)
FINAL = flow(
    give({"final": {"value": [_PREVIOUS, _N], "save": join("saved", _N)}}),
)
FAILS = flow(
    let(before=call("tell", "before")),
    give([{"var": "before"}, call("bad", _N)]),
    tasks={
        "tell": _TELL,
        "bad": [{"when": [{"lt": [_VISITS, 2]}, [fail("ValueError", "no")]]}, give("mended")],
    },
)
RETRY = flow(
    give([call("shaky", _N), {"info": "attempt"}]),
    tasks={"shaky": {"body": _FAIL_ONCE, "retry": {"max_attempts": 3}}},
)
CACHED = flow(
    let(all=[call("slow", _N), call("slow", _N), call("slow", 2)]),
    give([{"var": "all"}, _VISITS]),
    tasks={"slow": {"body": _TELL, "cache": {}}},
)
CUSTOM = flow(
    {"emit": {"from": "workflow"}},
    let(told=call("talk", _N)),
    {"emit": "end"},
    give({"var": "told"}),
    tasks={"talk": [{"emit": join("talk", _INPUT)}, give("said")]},
)
STORE = flow(
    {"store_put": [["notes"], "mine", {"n": _N}]},
    let(told=call("keep", _N)),
    give([{"store_search": ["notes"]}, {"var": "told"}]),
    tasks={
        "keep": [
            {"store_put": [["notes", "task"], join("k", _INPUT), {"of": _INPUT}]},
            {"store_delete": [["notes"], "nothing"]},
            give({"store_get": [["notes"], "mine"]}),
        ]
    },
    store=True,
)
CONTEXT = flow(
    give([{"context": "user"}, {"context": "other"}, call("who", 0)]),
    tasks={"who": [give({"context": "user"})]},
    context={"user": "str"},
)
INFO = flow(
    give([{"info": "thread_id"}, {"info": "checkpoint_ns"}, call("where", 0)]),
    tasks={"where": [give([{"info": "attempt"}, {"info": "task_id"}, {"info": "checkpoint_ns"}])]},
)
CHOOSES = flow(
    {"when": [{"lt": [_N, 2]}, [give(call("small", _N))]]},
    {"when": [{"eq": [_N, 2]}, [], [fail("RuntimeError", "too much")]]},
    tasks={"small": [give(join("small", _INPUT))]},
)
SLOW = flow(
    let(a=call("waits", 1)),
    give([{"var": "a"}]),
    tasks={"waits": {"body": [{"wait": 2}, give("waited")], "timeout": 1}},
)
IN_TIME = flow(
    {"wait": 1},
    give({"call_all": [["waits", 2], ["waits", 1]]}),
    tasks={"waits": {"body": [{"wait": 0.5}, give(_INPUT)], "timeout": {"run": 3, "idle": 1}}},
)

_RUNS: Runs = {
    "alone/map": (ALONE, (run(), STATE)),
    "alone/text": (ALONE, (run(input="text"),)),
    "alone/list": (ALONE, (run(input=[1, "two"]),)),
    "alone/null-input": (ALONE, (GO_ON, STATE)),
    "alone/nothing-returned": (flow(let(x=1)), (shown(), STATE)),
    "alone/twice": (ALONE, (run(), run(input={"n": 2}), HISTORY)),
    "tasks/sequence": (SEQUENCE, (shown(), STATE, HISTORY)),
    "tasks/parallel": (PARALLEL, (shown(), STATE)),
    "tasks/in-a-task": (NESTED, (shown(), STATE)),
    "tasks/none-called": (CHOOSES, (run(input={"n": 2}), STATE)),
    "tasks/of-a-choice": (CHOOSES, (run(), run(input={"n": 2}), run(input={"n": 3}))),
    "tasks/in-a-list": (
        flow(give({"a": call("plus", 1), "b": [call("plus", 2), 0]}), tasks={"plus": _ADD}),
        (shown(["updates", "tasks"]),),
    ),
    "interrupt/in-entrypoint": (ASK, (shown(), STATE, resume("yes", modes=_MODES), STATE, HISTORY)),
    "interrupt/in-task": (
        ASK_IN_TASK,
        (shown(), STATE, resume("yes", modes=_MODES), STATE, HISTORY),
    ),
    "interrupt/in-parallel-tasks": (
        ASK_IN_TASKS,
        (run(), STATE, resume("one"), STATE, resume("two"), STATE),
    ),
    "interrupt/in-parallel-tasks-by-id": (
        ASK_IN_TASKS,
        (run(), resume_map((0, "one")), STATE, resume_map((0, "two")), STATE),
    ),
    "interrupt/two-in-a-row": (ASK_TWICE, (run(), resume("a"), STATE, resume("b"), STATE)),
    "interrupt/finished-task-not-run-again": (ASK, (run(), GO_ON, resume("yes"))),
    "interrupt/new-input-starts-over": (ASK, (run(), run(input={"n": 2}), STATE, resume("yes"))),
    "interrupt/other-thread": (
        ASK_IN_TASK,
        (run(), run(thread="u"), resume("for u", thread="u"), STATE, state(thread="u")),
    ),
    "previous/counts": (COUNT, (run(), run(input={"n": 2}), run(input={"n": 3}), HISTORY)),
    "previous/other-thread": (COUNT, (run(), run(thread="u"), run())),
    "previous/at-checkpoint": (COUNT, (run(), run(), run(checkpoint=2), HISTORY)),
    "previous/in-task": (
        flow(give([_PREVIOUS, call("tell", 0)]), tasks={"tell": [give(_PREVIOUS)]}),
        (run(), run()),
    ),
    "previous/after-failure": (FAILS, (run(), STATE, run(), STATE, run())),
    "final/value-and-save": (FINAL, (shown(), STATE, run(input={"n": 2}), HISTORY)),
    "final/save-null": (
        flow(give({"final": {"value": _PREVIOUS, "save": None}})),
        (run(), run(), STATE),
    ),
    "error/in-task-then-go-on": (FAILS, (shown(), STATE, GO_ON, STATE)),
    "error/in-entrypoint": (flow(fail("KeyError", "k")), (shown(), STATE, HISTORY)),
    "error/of-one-in-parallel": (
        flow(
            give({"call_all": [["plus", 1], ["bad", 2], ["plus", 3]]}),
            tasks={"plus": _ADD, "bad": [fail("RuntimeError", "bad")]},
        ),
        (shown(["updates", "tasks"]), STATE),
    ),
    "error/not-caught-of-value": (CHOOSES, (run(input={"n": 9}), STATE)),
    "retry/task": (RETRY, (shown(["updates", "tasks"]), STATE)),
    "retry/task-gives-up": (
        flow(
            give(call("shaky", _N)),
            tasks={
                "shaky": {"body": [fail("ConnectionError", "lost")], "retry": {"max_attempts": 2}}
            },
        ),
        (run(), STATE),
    ),
    "retry/not-on-this-error": (
        flow(
            give(call("shaky", _N)),
            tasks={"shaky": {"body": _FAIL_ONCE, "retry": {"on": ["ValueError"]}}},
        ),
        (run(), GO_ON),
    ),
    "retry/entrypoint": (
        flow(
            let(told=call("tell", "kept")),
            {"when": [{"lt": [_VISITS, 3]}, [fail("ConnectionError", "lost")]]},
            give([{"var": "told"}, _VISITS, {"info": "attempt"}]),
            tasks={"tell": _TELL},
            retry={"max_attempts": 3, "initial_interval": 0.1},
        ),
        (shown(["updates", "tasks"]), STATE),
    ),
    "cache/task": (CACHED, (shown(["updates", "tasks"]), run(), STATE)),
    "cache/cleared": (
        CACHED,
        (run(), op("clear_cache"), run(), op("clear_cache", nodes=["slow"]), run()),
    ),
    "cache/task-key": (
        flow(
            give([call("slow", {"k": 1, "n": 1}), call("slow", {"k": 1, "n": 2})]),
            tasks={"slow": {"body": _TELL, "cache": {"key": {"get": "k"}}}},
        ),
        (run(), run()),
    ),
    # The default key is the pickled input, in which the order of a map's keys stays.
    "cache/task-order-of-keys": (
        flow(
            give([call("slow", {"a": 1, "b": 2}), call("slow", {"b": 2, "a": 1})]),
            tasks={"slow": {"body": [give(_VISITS)], "cache": {}}},
        ),
        (run(),),
    ),
    "cache/task-ttl": (
        flow(
            give([call("slow", 1), call("slow", 1)]),
            tasks={"slow": {"body": _TELL, "cache": {"ttl": 3}}},
        ),
        (run(), run(), run()),
    ),
    "cache/entrypoint": (
        flow(give(join("visit", _VISITS)), cache={}),
        (run(), run(), run(input={"n": 2}), shown(["updates", "values"])),
    ),
    "stream/custom": (CUSTOM, (shown(["custom"]),)),
    "stream/updates": (SEQUENCE, (shown(["updates"]),)),
    "stream/values": (SEQUENCE, (shown(["values"]),)),
    "stream/tasks": (PARALLEL, (shown(["tasks"]),)),
    "stream/debug": (SEQUENCE, (shown(["debug"]),)),
    "stream/several": (CUSTOM, (shown([*_MODES, "custom"]),)),
    "store": (STORE, (run(), op("store_items", namespace=["notes"]), run(input={"n": 2}))),
    "store/none": (STORE | {"store": False}, (run(),)),
    "context": (CONTEXT, (run(context={"user": "ada"}), run())),
    "info": (INFO, (run(), run(thread="u"))),
    "drain": (
        flow({"drain": "enough"}, give(call("plus", _N)), tasks={"plus": _ADD}),
        (run(), STATE, GO_ON),
    ),
    "limit/recursion-limit-one": (NESTED, (run(recursion_limit=1), STATE)),
    "limit/max-concurrency": (PARALLEL, (run(max_concurrency=1),)),
    "breakpoint/before": (SEQUENCE, (run(interrupt_before=["workflow"]), STATE, GO_ON)),
    "breakpoint/after": (SEQUENCE, (run(interrupt_after=["workflow"]), STATE, GO_ON)),
    "update-state": (COUNT, (run(), update(50), STATE, run())),
    "update-state/as-node": (COUNT, (run(), update(50, "workflow"), STATE, run())),
    "update-state/while-it-waits": (ASK, (run(), update("by hand", "workflow"), STATE, GO_ON)),
    "fork/replay": (SEQUENCE, (run(), go_on(checkpoint=1), HISTORY)),
    "fork/answer-again": (ASK, (run(), resume("yes"), resume("no", checkpoint=1), HISTORY)),
    "history/limit-and-filter": (
        COUNT,
        (run(), run(), history(limit=1), history(filter={"source": "input"}), history(before=3)),
    ),
    "durability/exit": (ASK_IN_TASK, (run(durability="exit"), STATE, resume("yes"), HISTORY)),
    "durability/sync": (SEQUENCE, (shown(durability="sync"), HISTORY)),
    "thread/deleted": (COUNT, (run(), op("delete_thread", thread="t"), STATE, run())),
    "timeout/synchronous": (SLOW, (run(),)),
}
_ASYNC: dict[str, Any] = {"async": True}
_ASYNC_RUNS: Runs = {
    "sequence": (SEQUENCE, (shown(**_ASYNC), state(**_ASYNC), history(**_ASYNC))),
    "parallel": (PARALLEL, (shown(**_ASYNC),)),
    "in-a-task": (NESTED, (shown(**_ASYNC),)),
    "interrupt-in-task": (ASK_IN_TASK, (run(**_ASYNC), STATE, resume("yes", **_ASYNC))),
    "interrupt-in-parallel-tasks": (
        ASK_IN_TASKS,
        (run(**_ASYNC), STATE, resume_map((0, "one"), (1, "two"), **_ASYNC)),
    ),
    "final": (FINAL, (run(**_ASYNC), run(**_ASYNC))),
    "error": (FAILS, (shown(**_ASYNC), go_on(**_ASYNC), STATE)),
    "retry": (RETRY, (run(**_ASYNC),)),
    "cache": (CACHED, (run(**_ASYNC), op("clear_cache", **_ASYNC), run(**_ASYNC))),
    "custom": (CUSTOM, (shown(["custom", "updates"], **_ASYNC),)),
    "context": (CONTEXT, (run(context={"user": "ada"}, **_ASYNC),)),
    "timeout/too-slow": (SLOW, (run(**_ASYNC), STATE)),
    "timeout/in-time": (IN_TIME, (shown(["updates"], **_ASYNC), STATE)),
    "timeout/entrypoint": (
        flow({"wait": 5}, give("late"), timeout=2.5),
        (run(**_ASYNC), STATE),
    ),
    "answered-after-synchronous-run": (ASK, (run(), resume("yes", **_ASYNC), STATE)),
}
_WITHOUT_SAVER: Runs = {
    "sequence": (SEQUENCE, (shown(["updates", "tasks"]),)),
    "interrupt": (ASK, (run(),)),
    "previous": (COUNT, (run(),)),
    "error": (FAILS, (run(),)),
}
_ON_SQLITE_TOO = (
    "tasks/sequence",
    "interrupt/in-task",
    "interrupt/in-parallel-tasks-by-id",
    "previous/counts",
    "final/value-and-save",
    "error/in-task-then-go-on",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    yield from cases_of("functional", _RUNS, _ON_SQLITE_TOO)
    yield from cases_of("functional/async", _ASYNC_RUNS)
    yield from without_saver("functional", _WITHOUT_SAVER)
