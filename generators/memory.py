"""What nodes keep outside the state: the store, and the node cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import op

from ._graph_programs import INT, LOG, START, Program, chain, fail, nodes, note
from ._scripts import (
    GO_ON,
    STATE,
    Runs,
    cases_of,
    go_on,
    invoke,
    resume,
    state,
    stream,
    update,
    without_saver,
)

_N = invoke(input={"n": 0})
VISIT = note({"join": ["visit", {"visits": None}]})


def _items(*namespace: str) -> Any:
    return op("store_items", namespace=list(namespace))


def _put(namespace: Any, key: Any, value: Any) -> dict[str, Any]:
    return {"store_put": [namespace, key, value]}


def _get(namespace: Any, key: Any) -> dict[str, Any]:
    return note({"store_get": [namespace, key]})


def storing(*body: Any, **more: Any) -> Program:
    """Return a program of one node that uses the store."""
    return {
        "store": True,
        "state": {"n": INT, "log": LOG},
        "nodes": nodes(only=list(body)),
        "edges": chain("only"),
    } | more


def caching(settings: Any, *body: Any, **more: Any) -> Program:
    """Return a program whose second node is cached; it notes how often it ran."""
    return {
        "cache": True,
        "state": {"n": INT, "log": LOG},
        "nodes": nodes(first=[{"write": {"log": []}}])
        | {"slow": {"body": list(body) or [VISIT], "cache": settings}},
        "edges": chain("first", "slow"),
    } | more


A = {"a": 1}
_STORE: Runs = {
    "store/put": (storing(_put(["p"], "k", A)), (invoke(), _items("p"), _items())),
    "store/put-then-get": (storing(_put(["p"], "k", A), _get(["p"], "k")), (invoke(),)),
    "store/put-replaces": (
        storing(_put(["p"], "k", A), _put(["p"], "k", {"b": 2}), _get(["p"], "k")),
        (invoke(), _items("p")),
    ),
    "store/put-from-state": (
        storing(_put(["p", {"join": ["n", {"get": "n"}]}], "k", {"n": {"get": "n"}})),
        (_N, invoke(input={"n": 1}), _items("p")),
    ),
    "store/put-nested-value": (
        storing(_put(["p"], "k", {"list": [1, None, 0.5], "map": {"x": {"y": True}}})),
        (invoke(), _items("p")),
    ),
    "store/put-not-a-map": (storing(_put(["p"], "k", 5)), (invoke(), _items("p"))),
    "store/put-empty-namespace": (storing(_put([], "k", A)), (invoke(), _items())),
    "store/put-odd-namespaces": (
        storing(_put(["a.b"], "k", A)),
        (invoke(), _items()),
    ),
    "store/put-reserved-namespace": (storing(_put(["langgraph"], "k", A)), (invoke(), _items())),
    "store/put-empty-label": (storing(_put([""], "k", A)), (invoke(), _items())),
    "store/put-null": (
        storing(_put(["p"], "k", A), _put(["p"], "k", None), _get(["p"], "k")),
        (invoke(), _items("p")),
    ),
    "store/get-nothing": (storing(_get(["p"], "k")), (invoke(),)),
    "store/get-other-namespace": (
        storing(_put(["p", "q"], "k", A), _get(["p"], "k")),
        (invoke(),),
    ),
    "store/get-of-another-thread": (
        storing({"when": [{"get": "n"}, [_put(["p"], "k", A)], [_get(["p"], "k")]]}),
        (invoke(input={"n": 1}), invoke(thread="u", input={"n": 0})),
    ),
    "store/get-changed-map-is-a-copy": (
        storing(
            {"let": {"map": {"x": [1]}}},
            _put(["p"], "k", {"var": "map"}),
            _get(["p"], "k"),
        ),
        (invoke(), _items("p")),
    ),
    "store/delete": (
        storing(_put(["p"], "k", A), {"store_delete": [["p"], "k"]}, _get(["p"], "k")),
        (invoke(), _items("p")),
    ),
    "store/delete-nothing": (storing({"store_delete": [["p"], "k"]}), (invoke(), _items())),
    "store/search-by-prefix": (
        storing(
            _put(["p", "q"], "k", A),
            _put(["p"], "k", {"b": 2}),
            _put(["pq"], "k", {"c": 3}),
            note({"store_search": ["p"]}),
        ),
        (invoke(), _items("p"), _items("p", "q"), _items("x")),
    ),
    "store/search-order": (
        storing(
            _put(["p"], "b", A),
            _put(["p"], "a", A),
            _put(["p"], "b", {"again": 1}),
            note({"store_search": ["p"]}),
        ),
        (invoke(), _items("p")),
    ),
    "store/search-more-than-ten": (
        storing(*(_put(["p"], f"k{number}", {"n": number}) for number in range(12))),
        (invoke(), _items("p")),
    ),
    "store/kept-of-a-failed-node": (
        storing(_put(["p"], "k", A), fail("ValueError", "after")),
        (invoke(), _items("p")),
    ),
    "store/put-again-when-resumed": (
        storing(_put(["p"], {"join": [{"visits": None}]}, A), note({"interrupt": "?"})),
        (invoke(), _items("p"), resume("yes"), _items("p")),
    ),
    "store/not-part-of-a-fork": (
        storing(_put(["p"], "k", {"n": {"get": "n"}}), _get(["p"], "k")),
        (invoke(input={"n": 1}), invoke(input={"n": 2}), go_on(checkpoint=2), _items("p")),
    ),
    "store/outlives-its-thread": (
        storing(_put(["p"], "k", A)),
        (invoke(), op("delete_thread", thread="t"), _items("p")),
    ),
    "store/in-parallel": (
        storing()
        | {
            "nodes": nodes(a=[_put(["p"], "a", A)], b=[_put(["p"], "b", A)]),
            "edges": [[START, "a"], [START, "b"]],
        },
        (invoke(), _items("p")),
    ),
    "store/in-a-subgraph": (
        storing()
        | {
            "subgraphs": {
                "child": {
                    "program": {
                        "state": {"log": LOG},
                        "nodes": nodes(x=[_put(["p"], "inside", A), _get(["p"], "inside")]),
                        "edges": chain("x"),
                    }
                }
            },
            "nodes": {"sub": {"subgraph": "child"}},
            "edges": chain("sub"),
        },
        (invoke(), _items("p")),
    ),
    "store/none": (storing(_get(["p"], "k"), store=False), (invoke(), STATE)),
    "store/none-to-put-into": (storing(_put(["p"], "k", A), store=False), (invoke(),)),
}
_TWICE = (_N, _N, STATE)
_CACHE: Runs = {
    "cache/key-input": (caching({}), _TWICE),
    "cache/key-input-differs": (caching({}), (_N, invoke(input={"n": 1}), _N)),
    "cache/key-own": (
        caching({"key": {"get": "n"}}),
        (
            invoke(thread="a", input={"n": 1, "log": ["x"]}),
            invoke(thread="b", input={"n": 1, "log": ["y"]}),
            invoke(thread="c", input={"n": 2}),
        ),
    ),
    "cache/key-constant": (
        caching({"key": "same"}),
        (_N, invoke(input={"n": 1}), invoke(thread="u", input={"n": 2})),
    ),
    "cache/key-other-threads": (caching({}), (_N, invoke(thread="u", input={"n": 0}))),
    "cache/key-of-two-nodes": (
        caching({"key": "same"})
        | {
            "nodes": {
                "a": {"body": [note("a")], "cache": {"key": "same"}},
                "b": {"body": [note("b")], "cache": {"key": "same"}},
            },
            "edges": chain("a", "b"),
        },
        (_N, invoke(thread="u")),
    ),
    "cache/ttl-long": (caching({"ttl": 3600, "key": "same"}), _TWICE),
    "cache/ttl-null": (caching({"ttl": None, "key": "same"}), _TWICE),
    "cache/streamed": (
        caching({"key": "same"}),
        tuple(stream(["updates", "tasks", "debug"], thread=name) for name in "tu"),
    ),
    "cache/custom-events-not-again": (
        caching({"key": "same"}, {"emit": "ran"}, VISIT),
        tuple(stream(["custom", "updates"], thread=name) for name in "tu"),
    ),
    "cache/failure-is-not-kept": (
        caching(
            {"key": "same"},
            {"when": [{"lt": [{"visits": None}, 2]}, [fail("ValueError", "once")], [VISIT]]},
        ),
        (_N, GO_ON, invoke(thread="u", input={"n": 0})),
    ),
    "cache/question-is-not-kept": (
        caching({"key": "same"}, note({"interrupt": "?"}), VISIT),
        (_N, resume("yes"), invoke(thread="u", input={"n": 0})),
    ),
    "cache/goto-is-kept": (
        caching({"key": "same"})
        | {
            "nodes": {
                "slow": {
                    "body": [{"return": {"command": {"update": {"n": 9}, "goto": "end"}}}],
                    "cache": {"key": "same"},
                }
            }
            | nodes(end=[note({"get": "n"})]),
            "edges": [[START, "slow"]],
        },
        (_N, invoke(thread="u", input={"n": 0})),
    ),
    "cache/sends": (
        caching({})
        | {
            "nodes": nodes(plan="plan")
            | {
                "work": {
                    "body": [note({"join": [{"get": "k"}, {"visits": None}]})],
                    "cache": {"key": {"get": "k"}},
                }
            },
            "edges": [[START, "plan"]],
            "branches": {"plan": [{"send": {"to": "work", "each": [1, 2, 1], "as": "k"}}]},
        },
        (_N, invoke(thread="u", input={"n": 0})),
    ),
    "cache/by-default": (
        caching({})
        | {"nodes": nodes(slow=[VISIT]), "edges": chain("slow")}
        | {"defaults": {"cache": {"key": "same"}}},
        (_N, invoke(thread="u", input={"n": 0})),
    ),
    "cache/none-to-keep-it": (caching({"key": "same"}, cache=False), _TWICE),
    "cache/fork": (caching({"key": "same"}), (_N, go_on(checkpoint=3), STATE)),
    "cache/update-between": (
        caching({"key": "same"}),
        (_N, update({"n": 5}, "first"), GO_ON, STATE),
    ),
    "cache/clear": (caching({"key": "same"}), (_N, op("clear_cache"), _N)),
    "cache/clear-a-node": (
        caching({"key": "same"}),
        (_N, op("clear_cache", nodes=["slow"]), _N),
    ),
    "cache/clear-another-node": (
        caching({"key": "same"}),
        (_N, op("clear_cache", nodes=["first"]), _N),
    ),
    "cache/clear-without-one": (
        caching({"key": "same"}, cache=False),
        (_N, op("clear_cache"), op("clear_cache", nodes=["zz"])),
    ),
}

_EITHER_WAY: Program = {
    "cache": True,
    "state": {"k": INT, "log": LOG},
    "nodes": nodes(plan="plan") | {"work": {"body": [VISIT], "cache": {}}},
    "edges": [[START, "plan"]],
    "branches": {
        "plan": [
            {
                "if": [
                    {"get": "k"},
                    "work",
                    {"send": {"to": "work", "each": [{"k": 1, "log": ["plan"]}]}},
                ]
            }
        ]
    },
}
_PULLED, _SENT = invoke(input={"k": 1}), invoke(thread="u", input={"k": 0})
_STARTED_TWICE: Runs = {
    "cache/by-an-edge-then-sent": (_EITHER_WAY, (_PULLED, _SENT, state(thread="u"))),
    "cache/sent-then-by-an-edge": (_EITHER_WAY, (_SENT, _PULLED, STATE)),
    "cache/sent-then-cleared": (
        _EITHER_WAY,
        (_SENT, op("clear_cache", nodes=["work"]), _SENT, state(thread="u")),
    ),
}
_ON_SQLITE = ("store/put-again-when-resumed", "cache/key-own")


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for runs in (_STORE, {**_CACHE, **_STARTED_TWICE}):
        yield from cases_of("memory", runs, [name for name in _ON_SQLITE if name in runs])
    yield from without_saver(
        "memory",
        {
            "store/put": (_STORE["store/put"][0], (invoke(), _items())),
            "cache/key-constant": (caching({"key": "same"}), (_N, _N)),
        },
    )
