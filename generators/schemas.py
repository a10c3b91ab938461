"""How state, input, output and context are declared, and what each kind of channel makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op

from ._graph_programs import ASK, LINE, LOG, MAP, Program, chain, nodes, note, reduced
from ._root_states import ROOT_RUNS
from ._schema_programs import (
    CONTEXT,
    FORMS,
    FULL,
    INFO,
    NODE_INPUT,
    NODE_INPUT_SENT,
    PRIVATE,
    WRONG,
    bounded,
    channels,
    declared,
    message,
    overwriting,
    remove,
    talking,
    writing,
)
from ._scripts import GO_ON, STATE, Runs, cases_of, go_on, history, invoke, stream, update

_SEEN = stream(["values", "updates"])
_DELTA: dict[str, Any] = {"class": "DeltaChannel", "type": "list", "reducer": "add"}
_RUNS: Runs = {
    "input/subset": (bounded(input=["n"]), (invoke(input={"n": 1, "secret": 50}), STATE)),
    "input/two": (bounded(input=["n", "log"]), (invoke(input={"n": 1, "log": ["x"]}),)),
    "input/none-of-it": (bounded(input=["n"]), (invoke(input={"secret": 1}), STATE)),
    "input/continues": (
        bounded(input=["n"], interrupt_before=["b"]),
        (invoke(input={"n": 1}), update({"secret": 7}, "a"), GO_ON),
    ),
    "output/subset": (bounded(output=["n"]), (invoke(input={"n": 1}), STATE)),
    "output/streamed": (
        bounded(output=["log"]),
        (stream(["values", "updates", "checkpoints"], input={"n": 1}),),
    ),
    "output/never-written": (bounded(output=["secret"]), (invoke(thread="u", input={"n": 1}),)),
    "output/interrupted": (ASK | {"output": ["log"]}, (invoke(), STATE)),
    "input-and-output": (
        bounded(input=["n"], output=["log"]),
        (stream(["values"], input={"n": 1}), invoke(input={"n": 2})),
    ),
    "private/between-nodes": (PRIVATE, (stream(["values", "updates"]), STATE, history(limit=2))),
    "private/not-an-input": (PRIVATE, (invoke(input={"draft": "from outside"}), STATE)),
    "private/updated": (PRIVATE, (invoke(), update({"count": 10}, "c"), GO_ON, STATE)),
    "private/update-without-node": (
        PRIVATE | {"interrupt_before": ["c"]},
        (invoke(), update({"draft": "by hand"}), GO_ON),
    ),
    "node-input/subset": (NODE_INPUT, (invoke(input={"n": 1, "m": 2}), STATE)),
    "node-input/missing": (NODE_INPUT, (invoke(input={"log": []}), STATE)),
    "node-input/of-a-send": (NODE_INPUT_SENT, (invoke(input={"n": 1, "m": 2}),)),
    "node-input/tasks-show-it": (
        NODE_INPUT,
        (stream(["tasks", "debug"], input={"n": 1, "m": 2}),),
    ),
    "context/given": (CONTEXT, (invoke(context={"user": "ann", "level": 5}), STATE)),
    "context/partly": (CONTEXT, (invoke(context={"level": 1}),)),
    "context/none": (CONTEXT, (invoke(), STATE)),
    "context/unknown-key": (CONTEXT, (invoke(context={"zz": 1}), STATE)),
    "context/not-declared": (LINE, (invoke(input={"n": 0}, context={"user": "ann"}),)),
    "context/another-when-gone-on": (
        CONTEXT | {"interrupt_before": ["b"]},
        (
            invoke(context={"user": "ann", "level": 1}),
            go_on(context={"user": "bob", "level": 9}),
            STATE,
        ),
    ),
    "context/not-kept": (
        CONTEXT | {"interrupt_before": ["b"]},
        (invoke(context={"user": "ann", "level": 1}), GO_ON),
    ),
    "info/of-tasks": (INFO, (invoke(), STATE)),
    "info/other-thread": (INFO, (invoke(thread="u/1"),)),
}
_MESSAGES: Runs = {
    "messages/append": (
        talking([message("ai", "hi", "2")]),
        (invoke(input={"m": []}), STATE),
    ),
    "messages/kinds": (
        talking(
            [message("human", "h", "1"), message("ai", "a", "2"), message("system", "s", "3")],
            [message("tool", "t", "4", tool_call_id="call-1")],
        ),
        (_SEEN, STATE),
    ),
    "messages/replace-by-id": (
        talking([message("ai", "first", "1")], [message("ai", "second", "1")]),
        (_SEEN, STATE),
    ),
    "messages/replace-keeps-its-place": (
        talking(
            [message("human", "a", "1"), message("ai", "b", "2")], [message("human", "c", "1")]
        ),
        (_SEEN,),
    ),
    "messages/same-id-in-one-write": (
        talking([message("ai", "first", "1"), message("ai", "second", "1")]),
        (_SEEN,),
    ),
    "messages/remove": (
        talking([message("human", "a", "1"), message("ai", "b", "2")], [remove("1")]),
        (_SEEN, STATE),
    ),
    "messages/remove-then-add-again": (
        talking([message("human", "a", "1")], [remove("1")], [message("human", "b", "1")]),
        (_SEEN,),
    ),
    "messages/remove-and-add-in-one-write": (
        talking([message("human", "a", "1")], [remove("1"), message("human", "b", "2")]),
        (_SEEN,),
    ),
    "messages/remove-what-is-added-in-one-write": (
        talking([message("human", "a", "1")], [message("ai", "b", "2"), remove("2")]),
        (_SEEN,),
    ),
    "messages/remove-unknown": (
        talking([message("human", "a", "1")], [remove("9")]),
        (invoke(), STATE),
    ),
    "messages/remove-all": (
        talking(
            [message("human", "a", "1"), message("ai", "b", "2")],
            [remove("__remove_all__"), message("ai", "only", "3")],
        ),
        (_SEEN, STATE),
    ),
    "messages/one-not-in-a-list": (talking(message("ai", "single", "1")), (_SEEN,)),
    "messages/content-blocks": (
        talking([message("ai", [{"type": "text", "text": "block"}, "plain"], "1")]),
        (_SEEN, STATE),
    ),
    "messages/empty-write": (talking([message("ai", "a", "1")], []), (_SEEN,)),
    "messages/overwrite": (
        talking([message("ai", "a", "1")], {"overwrite": [message("ai", "b", "2")]}),
        (_SEEN, STATE),
    ),
    "messages/updated-by-hand": (
        talking([message("ai", "a", "1")]) | {"interrupt_before": ["count"]},
        (invoke(), update({"m": []}, "w0"), STATE, GO_ON),
    ),
}
_CHANNELS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "last": ({"class": "LastValue", "type": "int"}, 1, 2),
    "last-after-finish": ({"class": "LastValueAfterFinish", "type": "int"}, 1, 2),
    "any": ({"class": "AnyValue", "type": "int"}, 1, 1),
    "any-different": ({"class": "AnyValue", "type": "int"}, 1, 2),
    "ephemeral": ({"class": "EphemeralValue", "type": "int"}, 1, 2),
    "ephemeral-unguarded": ({"class": "EphemeralValue", "type": "int", "guard": False}, 1, 2),
    "untracked": ({"class": "UntrackedValue", "type": "int"}, 1, 2),
    "untracked-unguarded": ({"class": "UntrackedValue", "type": "int", "guard": False}, 1, 2),
    "topic": ({"class": "Topic", "type": "int"}, [1, 2], 3),
    "topic-accumulate": ({"class": "Topic", "type": "int", "accumulate": True}, [1, 2], 3),
    "reduced": ({"class": "BinaryOperatorAggregate", "type": "int", "reducer": "add"}, 1, 2),
    "reduced-max": ({"class": "BinaryOperatorAggregate", "type": "int", "reducer": "max"}, 3, 2),
    "barrier": ({"class": "NamedBarrierValue", "names": ["l", "r"]}, "l", "r"),
    "barrier-half": ({"class": "NamedBarrierValue", "names": ["l", "r"]}, "l", "l"),
    "barrier-unknown-name": ({"class": "NamedBarrierValue", "names": ["l", "r"]}, "l", "zz"),
    "barrier-after-finish": (
        {"class": "NamedBarrierValueAfterFinish", "names": ["l", "r"]},
        "l",
        "r",
    ),
    "delta": (_DELTA, [1], [2]),
    "delta-snapshot-each-time": (_DELTA | {"snapshot_frequency": 1}, [1], [2]),
    "delta-snapshot-by-two": (_DELTA | {"snapshot_frequency": 2}, [1], [2]),
    "delta-snapshot-by-three": (_DELTA | {"snapshot_frequency": 3}, [1], [2]),
    "delta-overwrite": (_DELTA, [1], {"overwrite": [9]}),
    "delta-two-overwrites": (_DELTA, {"overwrite": [1]}, {"overwrite": [9]}),
    "delta-of-maps": (
        {"class": "DeltaChannel", "type": "dict", "reducer": "merge", "snapshot_frequency": 2},
        {"a": 1},
        {"b": 2},
    ),
}
_REDUCERS: dict[str, tuple[str, str, Any, Any, Any]] = {
    "union": ("set", "union", [1], [2, 3], [3, 1]),
    "union-empty": ("set", "union", [], [], []),
    "merge-nested": ("dict", "merge", {"a": {"x": 1}}, {"a": {"y": 2}}, {"b": 1}),
    "add-null": ("int", "add", 1, None, 2),
    "max-text": ("str", "max", "b", "a", "c"),
    "max-mixed": ("any", "max", 1, "a", 2),
    "min-float": ("float", "min", 1.5, 0.5, 2.5),
    "last-list": ("list", "last", [0], [1], [2]),
}
_OVERWRITE: dict[str, Program] = {
    "list": overwriting("list", "add", [1], {"overwrite": [2]}, [3]),
    "empty": overwriting("list", "add", [1], {"overwrite": []}),
    "null": overwriting("list", "add", [1], {"overwrite": None}, [2]),
    "of-an-overwrite": overwriting("list", "add", [1], {"overwrite": {"overwrite": [2]}}),
    "other-type": overwriting("int", "add", 1, {"overwrite": "text"}, "more"),
    "as-a-map": overwriting("list", "add", [1], {"lit": {"__overwrite__": [2]}}),
    "without-a-reducer": overwriting("any", None, 1, {"overwrite": 2}),
    "first-write": overwriting("list", "add", {"overwrite": [1]}, [2]),
    "in-a-list": overwriting("list", "add", [1], [{"overwrite": [2]}]),
}
_SETTINGS = {
    f"delta/snapshot-by-{count}": _DELTA | {"snapshot_frequency": count} for count in (1, 2, 3, 5)
}
_ON_SQLITE = ("private/between-nodes", "messages/replace-by-id", "channel/delta-snapshot-by-two")


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    channel = {
        f"channel/{name}": (channels(settings, left, right), (stream(["values"]), STATE))
        for name, (settings, left, right) in _CHANNELS.items()
    }
    reducer = {
        f"reducer/{name}": (reduced(kind, which, left, right), (invoke(input={"x": given}), STATE))
        for name, (kind, which, given, left, right) in _REDUCERS.items()
    }
    overwrite = {
        f"overwrite/{name}": (program, (stream(["values"]), STATE))
        for name, program in _OVERWRITE.items()
    }
    for runs in (
        _forms(),
        _RUNS,
        _MESSAGES,
        channel,
        reducer,
        overwrite,
        _more(),
        _delta_messages(),
    ):
        yield from cases_of("schemas", runs, [name for name in _ON_SQLITE if name in runs])
    yield from cases_of("schemas", ROOT_RUNS, ["root/list", "root/map-asks"])


def _forms() -> Runs:
    runs: dict[str, Any] = {}
    for form in FORMS:
        program = declared(form)
        runs[f"{form}/full"] = (program, (stream(["values", "updates"], input=FULL), STATE))
        runs[f"{form}/nothing"] = (program, (invoke(input={}), STATE))
        runs[f"{form}/unknown-field"] = (program, (invoke(input={"zz": 1, "int": 1}), STATE))
        runs[f"{form}/not-a-map"] = (program, (invoke(input=5), invoke(input=[1])))
        runs[f"{form}/node-writes-another-type"] = (writing(form, "int", "five"), (_SEEN, STATE))
        runs[f"{form}/update-of-another-type"] = (
            program,
            (update({"int": "five"}, "see"), STATE, GO_ON),
        )
        runs[f"{form}/sends"] = (MAP | {"schema": form}, (invoke(), STATE))
        runs[f"{form}/asks"] = (ASK | {"schema": form}, (invoke(), STATE))
    for name, given in WRONG.items():
        runs[f"pydantic/input/{name}"] = (declared("pydantic"), (invoke(input=given), STATE))
    return runs


def _more() -> Runs:
    """Overwrites from outside, and delta channels through several runs."""
    added = overwriting("list", "add", [1])
    runs: dict[str, Any] = {
        "overwrite/by-command": (
            added,
            (
                invoke(input={"x": [0]}),
                op("command", thread="t", command={"update": {"x": {"__overwrite__": [9]}}}),
                STATE,
            ),
        ),
        "overwrite/by-update": (
            added,
            (invoke(input={"x": [0]}), update({"x": {"__overwrite__": [9]}}, "w0"), STATE),
        ),
        "overwrite/by-input": (
            added,
            (invoke(input={"x": [0]}), invoke(input={"x": {"__overwrite__": [9]}}), STATE),
        ),
    }
    for name, settings in _SETTINGS.items():
        program = overwriting("list", "add", [1], [2], [3])
        program["state"] = {"x": {"type": "list", "channel": settings}, "log": LOG}
        runs[name] = (
            program,
            (invoke(), update({"x": [20]}, "w2"), STATE, go_on(checkpoint=3), STATE),
        )
    return runs


def _delta_messages() -> Runs:
    """Messages in a delta channel, with the reducer that LangGraph brings for it.

    A thread that removes all messages reads back those after the removal, live and restored.
    """
    settings = {"class": "DeltaChannel", "type": "messages", "reducer": "messages_delta"}
    said = [message("human", "one", "1"), message("ai", "two", "2")]
    everything = remove("__remove_all__")
    writes: dict[str, list[Any]] = {
        "append": [said, [message("human", "three", "3")]],
        "replace": [said, [message("ai", "two again", "2")]],
        "remove": [said, [remove("1")]],
        "remove-unknown": [said, [remove("9")]],
        "without-id": [[{"message": {"type": "human", "content": "one"}}], said],
        "one-message": [message("human", "one", "1"), message("ai", "two", "2")],
        "remove-all": [said, [everything, message("human", "three", "3")]],
        "remove-all-and-nothing-more": [said, [everything]],
        "remove-all-in-between": [said, [message("ai", "gone", "3"), everything, said[0]]],
        "remove-all-twice": [said, [everything, said[0], everything, said[1]]],
    }
    runs: dict[str, Any] = {}
    for name, (first, second) in writes.items():
        program: Program = {
            "state": {"m": {"type": "messages", "channel": settings}, "log": LOG},
            "nodes": nodes(
                a=[{"write": {"m": first}}], b=[{"write": {"m": second}}], c=[note("c")]
            ),
            "edges": chain("a", "b", "c"),
        }
        runs[f"delta-messages/{name}"] = (
            program | {"interrupt_before": ["c"]},
            (stream(["values"]), STATE, GO_ON, STATE, history(limit=3)),
        )
    return runs
