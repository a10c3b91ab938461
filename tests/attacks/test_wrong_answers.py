"""Wrong answers of every kind are the candidate's verdict on a case, not the kit's failure."""

from __future__ import annotations

import json
import random
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Level, Trace, canonical, outcome_to_plain
from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.contract.plain import Ext
from parity_kit.corpora.folder import read_corpora
from parity_kit.gates.findings import case_judged, divergence
from parity_kit.judging.explanation import explain
from parity_kit.judging.judge import judge_answer
from parity_kit.judging.ledger import Ledger
from parity_kit.judging.verdicts import Divergent, label
from parity_kit.msgpack.values import order_sets
from parity_kit.report.detail import detail
from parity_kit.wire import shapes
from parity_kit.wire.messages import MessageError, Response, encode, parse
from parity_kit.wire.session import storable

FIXTURES = find_workspace(Path(__file__)).fixtures
MEMORY_KIB = 2 << 20


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


HELD: list[Any] = [1, [], {}]
CONTENTS: list[Any] = [1, None, {}]
ODD: list[Callable[[random.Random], Any]] = [
    lambda _: None,
    lambda rng: rng.choice([True, 0, -1, 1 << 63, -(1 << 63), 0.0, float("nan"), float("inf")]),
    lambda rng: "".join(rng.choice("a/|:.\n\x1b\u202e💥") for _ in range(rng.randrange(12))),
    lambda rng: rng.choice(
        ["a|b|c|d|e", "blob||x|y|z", "checkpoint", "[red]", "\x00", "x" * 70_000]
    ),
    lambda rng: rng.randbytes(rng.randrange(40)),
    lambda rng: nested(rng.choice([1, 20, 100, 200, 230, 247])),
    lambda rng: {rng.choice([1, True, 0.5, "a", b"a"]): rng.choice(HELD)},
    lambda rng: Ext(rng.randrange(128), rng.randbytes(rng.randrange(30))),
    lambda rng: Ext(rng.randrange(6), canonical.pack(nested(rng.choice([1, 100, 250])))),
    lambda rng: Ext(
        rng.randrange(6), canonical.pack(["builtins", "set", rng.choice(CONTENTS), "x"])
    ),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    listed = [path]
    if isinstance(value, dict):
        for key, item in cast("dict[Any, Any]", value).items():
            listed += places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            listed += places(item, (*path, index))
    return listed


def changed(value: Any, rng: random.Random) -> Any:
    """Return plain data with one thing changed in it."""
    listed = places(value)
    path = max(rng.choice(listed), rng.choice(listed), key=len)  # the shape is soon refused
    if not path:
        return rng.choice(ODD)(rng)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    old, odd = holder[path[-1]], rng.choice(ODD)(rng)
    match rng.randrange(5):
        case 0 if isinstance(old, bytes):
            holder[path[-1]] = flipped(old, rng)
        case 1 if isinstance(holder, dict):
            holder[rng.choice([odd if isinstance(odd, str) else "a|b|c|d|e", "|", ""])] = old
        case 2 if isinstance(holder, list):
            cast("list[Any]", holder).insert(path[-1], odd)
        case 3:
            del holder[path[-1]]
        case _:
            holder[path[-1]] = odd
    return value


def flipped(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return b"\xc1"
    at = rng.randrange(len(data))
    return rng.choice([data[:at], data[:at] + rng.randbytes(1) + data[at + 1 :], data + b"\xc0"])


def verdict_on(trace: Trace, answer: Any, folder: Path) -> str:
    """Take an answer all the way, from the wire to what a person reads; return the verdict."""
    try:
        response = parse(encode(Response(1, None, answer)))
        assert isinstance(response, Response)
        count = len(trace.case.operations)
        outcomes = storable(shapes.outcomes(response.result, count), response.result)
    except (shapes.ShapeError, MessageError, TypeError):
        return "protocol error"
    verdict = judge_answer(trace.case, trace.outcomes, outcomes, Level.BYTES)
    verdict = Ledger(Path()).held_against(trace.case.id, verdict)
    json.dumps(asdict(case_judged("it", "corpus x", trace.case, verdict)))
    if isinstance(verdict, Divergent):
        event = divergence(
            candidate="it", gate="x", case=trace.case, verdict=verdict, count=1, file="x"
        )
        json.dumps(asdict(event))
        kept = CaseFile(trace.case, "it", trace.outcomes, outcomes, Level.BYTES)
        kept.write(folder / "case.msgpack")
        kept = read_case(folder / "case.msgpack")
        json.dumps(detail(kept, asdict(event)))
        json.dumps(explain(kept).to_json())
    return label(verdict)


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 300), pytest.param(3, 2_500, marks=pytest.mark.slow)]
)
def test_no_answer_is_the_kits_failure(tmp_path: Path, seed: int, count: int) -> None:
    traces = [trace for corpus in read_corpora(FIXTURES) for trace in corpus.traces]
    rng, verdicts = random.Random(seed), Counter[str]()
    for number in range(count):
        trace = rng.choice(traces)
        answer: Any = canonical.unpack(
            canonical.pack([outcome_to_plain(outcome) for outcome in trace.outcomes])
        )
        answer = json_like(answer)
        for _ in range(rng.choice([1, 1, 2, 5])):
            answer = changed(answer, rng)
        try:
            verdicts[verdict_on(trace, answer, tmp_path)] += 1
        except Exception as error:
            error.add_note(f"seed {seed}, answer {number}, to {trace.case.id}")
            raise
    assert verdicts["divergent"] > count / 10
    assert verdicts["protocol error"] > count / 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEMORY_KIB


def json_like(value: Any) -> Any:
    """Return plain data as lists and dicts that can be changed."""
    if isinstance(value, dict):
        return {key: json_like(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [json_like(item) for item in cast("list[Any]", value)]
    return value


def test_a_set_with_more_than_its_parts_is_no_set() -> None:
    """The order of a set is not compared; whatever else an envelope holds is."""
    right = canonical.pack(Ext(0, canonical.pack(["builtins", "set", [1, 2]])))
    more = canonical.pack(Ext(0, canonical.pack(["builtins", "set", [2, 1], "more"])))
    assert order_sets(more) != order_sets(right)


@pytest.mark.parametrize("content", [1, None, {}, ["builtins"], ["builtins", "set", 5], []])
def test_a_set_that_holds_no_list_stays_as_it_is(content: Any) -> None:
    data = canonical.pack([Ext(0, canonical.pack(content)), "set"])
    assert order_sets(data) == data
