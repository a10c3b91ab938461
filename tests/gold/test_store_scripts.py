"""A case on a store or a cache prints as a script that does what the reference did.

A script has no pins, so cases whose results follow the clock are left out: what expires, and
searches in SQLite, which put the newest item first.
"""

from __future__ import annotations

from typing import Any, cast

import pytest

from parity_kit.contract import Raised, Returned, SubjectKind, Trace
from parity_kit.contract.canonical import unpack
from parity_kit.corpora.corpus import read_corpus
from parity_kit.programs.script import script
from parity_kit.reference import postgres_server
from tests.gold.test_scripts import ROOT, run_scripts

KINDS = {SubjectKind.STORE, SubjectKind.CACHE}
TIMES = {"created_at", "updated_at"}


def traces() -> list[Trace]:
    return [
        trace
        for name in ("stores", "caches")
        for trace in read_corpus(ROOT / "fixtures" / f"{name}.msgpack").traces
        if not follows_the_clock(trace)
    ]


def follows_the_clock(trace: Trace) -> bool:
    spec, names = trace.case.subject.spec, {operation.name for operation in trace.case.operations}
    newest_first = spec.get("store", spec.get("cache")) != "memory"
    return (
        "expiry" in trace.case.id
        or any(f"/{part}/" in trace.case.id for part in ("ttl", "omitted", "minutes"))
        or (newest_first and bool({"search", "batch"} & names))
    )


@pytest.mark.slow
def test_scripts_on_postgresql_do_what_the_reference_did() -> None:
    if reason := postgres_server.missing():
        pytest.skip(reason)
    import psycopg  # noqa: PLC0415  # an optional extra

    address = postgres_server.server().address
    corpus = read_corpus(ROOT / "fixtures" / "stores_postgres.msgpack")
    for trace in [trace for trace in corpus.traces if not follows_the_clock(trace)][::60]:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        (blocks,) = run_scripts([script(trace.case)], address)
        check(trace, blocks)


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value).items()
        return {key: without_times(part) for key, part in entries if key not in TIMES}
    if isinstance(value, list):
        return [without_times(part) for part in cast("list[Any]", value)]
    return round(value, 5) if isinstance(value, float) else value


def test_scripts_on_stores_and_caches_do_what_the_reference_did() -> None:
    chosen = traces()
    assert {trace.case.subject.kind for trace in chosen} == KINDS
    assert len(chosen) > 150
    sources = [script(trace.case) for trace in chosen]
    for trace, blocks in zip(chosen, run_scripts(sources), strict=True):
        check(trace, blocks)


def check(trace: Trace, blocks: Any) -> None:
    for outcome, (title, typed, error) in zip(trace.outcomes, blocks, strict=True):
        if isinstance(outcome, Raised):
            assert error == [outcome.error, outcome.message], (trace.case.id, title)
            continue
        assert isinstance(outcome, Returned)
        assert error is None, (trace.case.id, title, error)
        printed = decoded(*typed[0]) if typed else None
        shown = repr(without_times(printed)), repr(without_times(outcome.value))
        assert shown[0] == shown[1], (trace.case.id, title)


def decoded(kind: str, data: bytes) -> Any:

    return None if kind == "null" else unpack(data)
