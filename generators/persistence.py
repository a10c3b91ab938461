"""Checkpoints in use: when they are stored, forks, updates, history, threads, partial failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op

from ._graph_programs import ASK, FAN, LINE, LOOP, MAP
from ._persistence_programs import COUNTED, COUNTED_LINE, COUNTED_SENDS, FORKED, PAIR, kept
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
    state,
    stream,
    update,
)

_N = invoke(input={"n": 0})
_DURABILITY = ("sync", "async", "exit")


def _bulk(*supersteps: Any, **args: Any) -> Any:
    return op("bulk_update_state", **({"thread": "t", "supersteps": list(supersteps)} | args))


def _by(node: str | None, **values: Any) -> dict[str, Any]:
    return {"values": values} | ({} if node is None else {"as_node": node})


_PARTIAL: Runs = {
    "partial/finished-task-is-not-run-again": (COUNTED, (invoke(), STATE, GO_ON, STATE)),
    "partial/sends": (COUNTED_SENDS, (invoke(), STATE, GO_ON, STATE)),
    "partial/new-input-runs-all-again": (COUNTED, (invoke(), invoke(), STATE)),
    "partial/history-shows-error": (COUNTED, (invoke(), history(limit=1), GO_ON, history(limit=2))),
    "partial/update-drops-what-was-done": (
        COUNTED,
        (invoke(), update({"log": ["by hand"]}, "bad"), STATE, GO_ON),
    ),
    "partial/copy-of-a-failed-thread": (
        COUNTED,
        (
            invoke(),
            op("copy_thread", source="t", target="u"),
            state(thread="u"),
            go_on(thread="u"),
            STATE,
        ),
    ),
    "partial/fork-of-the-failed-step": (COUNTED, (invoke(), go_on(checkpoint=2), STATE)),
}
_FORK: Runs = {
    "fork/each-checkpoint": (
        COUNTED_LINE,
        (_N, go_on(checkpoint=1), go_on(checkpoint=4), go_on(checkpoint=5), STATE),
    ),
    "fork/of-a-fork": (
        COUNTED_LINE,
        (_N, go_on(checkpoint=3), go_on(checkpoint=6), history(limit=4)),
    ),
    "fork/last-checkpoint": (COUNTED_LINE, (_N, go_on(checkpoint=5), STATE)),
    "fork/does-not-exist": (LINE, (_N, go_on(checkpoint=99), state(checkpoint=99))),
    "fork/of-nothing": (LINE, (go_on(checkpoint=1),)),
    "fork/update-then-run": (
        FORKED,
        (
            invoke(input={"n": 1}),
            update({"n": 9}, "__start__", checkpoint=2),
            GO_ON,
            STATE,
        ),
    ),
    "fork/update-takes-the-other-branch": (
        FORKED,
        (invoke(input={"n": 1}), update({"n": 9}, "a", checkpoint=2), STATE, GO_ON),
    ),
    "fork/input-on-a-fork": (
        COUNTED_LINE,
        (_N, invoke(input={"n": 70}, checkpoint=3), STATE, history(limit=3)),
    ),
    "fork/sends-again": (MAP, (invoke(), go_on(checkpoint=3), STATE)),
    "fork/before-a-question-asked-and-answered": (
        ASK,
        (invoke(), resume("yes"), go_on(checkpoint=3), state(checkpoint=3), STATE),
    ),
    "fork/stream": (
        COUNTED_LINE,
        (_N, stream(["updates", "checkpoints"], input=None, checkpoint=4)),
    ),
    "fork/loop": (LOOP, (_N, go_on(checkpoint=4), STATE)),
}
_UPDATE: Runs = {
    "update-state/first-on-a-new-thread": (LINE, (update({"n": 5}, "a"), STATE, GO_ON, STATE)),
    "update-state/as-start": (LINE, (update({"n": 5}, "__start__"), STATE, GO_ON)),
    "update-state/as-input": (LINE, (update({"n": 5}, "__input__"), STATE, GO_ON)),
    "update-state/as-end": (
        LINE | {"interrupt_before": ["b"]},
        (_N, update(None, "__end__"), STATE),
    ),
    "update-state/as-copy": (
        LINE | {"interrupt_before": ["b"]},
        (_N, update(None, "__copy__"), STATE, GO_ON, history(limit=3)),
    ),
    "update-state/as-copy-of-an-earlier-one": (
        LINE,
        (_N, update(None, "__copy__", checkpoint=3), STATE, GO_ON, history(limit=2)),
    ),
    "update-state/null-without-a-node": (
        LINE | {"interrupt_before": ["b"]},
        (_N, update(None), STATE),
    ),
    "update-state/unknown-field": (LINE, (_N, update({"zz": 1}, "a"), STATE)),
    "update-state/empty": (LINE, (_N, update({}, "b"), STATE, GO_ON)),
    "update-state/reduces": (FAN, (_N, update({"n": 100, "log": ["by hand"]}, "d"), STATE)),
    "update-state/overwrites": (FAN, (_N, update({"n": 1}, "d"), update({"log": []}, "d"), STATE)),
    "update-state/not-a-map": (LINE, (_N, update(5, "a"), update("text", "a"), update([1], "a"))),
    "update-state/runs-the-branch": (FORKED, (update({"n": 9}, "a"), STATE, GO_ON)),
    "update-state/makes-sends": (MAP, (update({"size": 2}, "plan"), STATE, GO_ON)),
    "update-state/as-a-node-sent-to": (
        MAP,
        (invoke(), update({"log": ["x"]}, "work"), STATE, GO_ON),
    ),
    "update-state/node-inferred-after-run": (LINE, (_N, update({"n": 7}), STATE, history(limit=2))),
    "update-state/node-inferred-in-a-fan": (FAN, (_N, update({"n": 7}), STATE)),
    "update-state/one-of-a-join": (
        FAN,
        (update({"n": 1}, "b"), STATE, update({"n": 1}, "c"), GO_ON),
    ),
    "update-state/twice": (
        LINE,
        (_N, update({"n": 1}, "a"), update({"n": 2}, "a"), history(limit=3)),
    ),
    "update-state/wrong-type-for-reducer": (FAN, (_N, update({"n": "text"}, "b"), STATE)),
}
_BULK: Runs = {
    "bulk-update/one": (LINE, (_bulk([_by("a", n=1)]), STATE, GO_ON)),
    "bulk-update/two-steps": (
        LINE,
        (_bulk([_by("a", n=1)], [_by("b", n=2)]), STATE, history(limit=3)),
    ),
    "bulk-update/two-nodes-in-a-step": (FAN, (_bulk([_by("b", n=1), _by("c", n=2)]), STATE, GO_ON)),
    "bulk-update/two-writes-one-value": (LINE, (_bulk([_by("a", n=1), _by("b", n=2)]), STATE)),
    "bulk-update/input-then-node": (LINE, (_bulk([_by("__input__", n=1)], [_by("a", n=2)]), STATE)),
    "bulk-update/same-node-twice": (FAN, (_bulk([_by("b", n=1), _by("b", n=2)]), STATE)),
    "bulk-update/none": (LINE, (_bulk(), STATE)),
    "bulk-update/empty-step": (LINE, (_bulk([]), STATE)),
    "bulk-update/node-not-named": (LINE, (_bulk([_by(None, n=1), _by("b", n=2)]), STATE)),
    "bulk-update/unknown-node": (LINE, (_bulk([_by("a", n=1)], [_by("zz", n=2)]), STATE)),
    "bulk-update/copy-with-others": (
        LINE,
        (_N, _bulk([{"values": None, "as_node": "__copy__"}, _by("a", n=2)]), STATE),
    ),
    "bulk-update/at-checkpoint": (
        LINE,
        (_N, _bulk([_by("a", n=10)], [_by("b", n=20)], checkpoint=2), STATE, GO_ON),
    ),
}
_READ: Runs = {
    "history/limit-zero": (PAIR, (_N, history(limit=0))),
    "history/limit-and-before": (PAIR, (_N, history(before=4, limit=2))),
    "history/before-the-first": (PAIR, (_N, history(before=1))),
    "history/before-unknown": (PAIR, (_N, history(before=99, limit=1))),
    "history/filter-source": (
        PAIR,
        (_N, update({"n": 5}, "a"), history(filter={"source": "update"})),
    ),
    "history/filter-two-keys": (PAIR, (_N, history(filter={"source": "loop", "step": 2}))),
    "history/filter-and-limit": (PAIR, (_N, history(filter={"source": "loop"}, limit=2))),
    "history/filter-before-limit": (
        PAIR,
        (_N, _N, history(filter={"source": "loop"}, before=6, limit=2)),
    ),
    "history/filter-no-match": (PAIR, (_N, history(filter={"source": "fork"}))),
    "history/filter-unknown-key": (PAIR, (_N, history(filter={"zz": 1}))),
    "history/filter-null": (PAIR, (_N, history(filter={"source": None}))),
    "history/of-runs-after-each-other": (PAIR, (_N, _N, history(limit=5))),
    "state/of-unknown-thread": (PAIR, (state(thread="none"), history(thread="none"))),
    "state/of-each-checkpoint": (
        FORKED,
        (invoke(input={"n": 1}), *(state(checkpoint=number) for number in (1, 2, 3, 4))),
    ),
    "state/thread-names": (
        PAIR,
        tuple(
            item
            for name in ("", "a/b", "100%", "é")
            for item in (invoke(thread=name, input={"n": 1}), state(thread=name))
        ),
    ),
}
_THREADS: Runs = {
    "thread/copy": (
        PAIR,
        (
            _N,
            op("copy_thread", source="t", target="u"),
            update({"n": 50}, "a", thread="u"),
            go_on(thread="u"),
            STATE,
            state(thread="u"),
        ),
    ),
    "thread/copy-while-waiting": (
        ASK,
        (
            invoke(),
            op("copy_thread", source="t", target="u"),
            resume("u's", thread="u"),
            STATE,
        ),
    ),
    "thread/copy-nothing": (
        PAIR,
        (op("copy_thread", source="none", target="u"), state(thread="u")),
    ),
    "thread/copy-onto-another": (
        PAIR,
        (
            _N,
            invoke(thread="u", input={"n": 90}),
            op("copy_thread", source="t", target="u"),
            state(thread="u"),
            history(thread="u", limit=2),
        ),
    ),
    "thread/delete-unknown": (PAIR, (op("delete_thread", thread="none"), STATE)),
    "thread/delete-then-checkpoint": (
        PAIR,
        (_N, op("delete_thread", thread="t"), state(checkpoint=3), go_on(checkpoint=3)),
    ),
    "thread/three": (
        PAIR,
        (
            _N,
            invoke(thread="u", input={"n": 10}),
            invoke(thread="v", input={"n": 20}),
            op("delete_thread", thread="u"),
            STATE,
            state(thread="v"),
            history(thread="u"),
        ),
    ),
    "thread/checkpoint-of-another": (
        PAIR,
        (_N, invoke(thread="u", input={"n": 10}), state(thread="u", checkpoint=2)),
    ),
}
_CHANNELS: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "untracked": ({"class": "UntrackedValue", "type": "int"}, (1, 2)),
    "ephemeral": ({"class": "EphemeralValue", "type": "int"}, (1, 2)),
    "topic": ({"class": "Topic", "type": "int", "accumulate": True}, (1, [2, 3])),
    "delta": (
        {"class": "DeltaChannel", "type": "list", "reducer": "add", "snapshot_frequency": 2},
        ([1], [2], [3], [4]),
    ),
    "delta-overwritten": (
        {"class": "DeltaChannel", "type": "list", "reducer": "add", "snapshot_frequency": 3},
        ([1], {"overwrite": [9]}, [3]),
    ),
}
_ON_SQLITE = (
    "partial/finished-task-is-not-run-again",
    "partial/sends",
    "fork/of-a-fork",
    "fork/update-takes-the-other-branch",
    "update-state/as-copy",
    "bulk-update/two-steps",
    "history/filter-two-keys",
    "history/filter-unknown-key",
    "history/filter-null",
    "history/limit-zero",
    "history/filter-before-limit",
    "thread/three",
    "channel/delta/fork",
    "state/thread-names",
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for runs in (_PARTIAL, _FORK, _UPDATE, _BULK, _READ, _THREADS, _durable(), _channels()):
        named = [name for name in _ON_SQLITE if name in runs]
        yield from cases_of("persistence", runs, named)


def _durable() -> Runs:
    """When a checkpoint is stored: at each superstep, in the background, or at the end."""
    programs = {
        "failure": (COUNTED, (invoke(), go_on())),
        "loop": (LOOP, (_N, invoke(input={"n": 2}))),
        "limit-reached": (LOOP, (invoke(input={"n": 0}, recursion_limit=2), GO_ON)),
        "fork": (COUNTED_LINE, (_N, go_on(checkpoint=2))),
        "breakpoint": (LINE | {"interrupt_after": ["a", "b"]}, (_N, GO_ON, GO_ON)),
    }
    return {
        f"durability/{mode}/{name}": (
            program,
            (*(op(run.name, **{**run.args, "durability": mode}) for run in runs), history(limit=3)),
        )
        for mode in _DURABILITY
        for name, (program, runs) in programs.items()
    }


def _channels() -> Runs:
    """What comes back of a channel when a thread is gone on with, or forked."""
    runs: dict[str, Any] = {}
    for name, (settings, values) in _CHANNELS.items():
        program = kept(settings, *values)
        stopped = program | {"interrupt_before": ["see"]}
        runs[f"channel/{name}/go-on"] = (stopped, (invoke(), STATE, GO_ON))
        runs[f"channel/{name}/fork"] = (program, (invoke(), go_on(checkpoint=3), HISTORY))
    return runs
