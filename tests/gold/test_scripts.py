"""Every case prints as a script that does in a clean process what the reference did.

Ids and versions are each side's own, so both are renamed by their first appearance.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from parity_kit.canonical import pack, unpack
from parity_kit.contract import Operation, Outcome, Raised, Returned, SubjectKind, Trace
from parity_kit.corpora.corpus import read_corpus
from parity_kit.renaming import Renamer
from parity_kit.script import script
from parity_kit.values import order_sets_in

ROOT = Path(__file__).parents[2]
LISTS = {"get_state_history", "list"}
"""Operations whose value is a list, which a script prints one by one."""


def graph_traces() -> list[Trace]:
    return [
        trace
        for path in sorted((ROOT / "fixtures").glob("*.msgpack"))
        for trace in read_corpus(path).traces
        if trace.case.subject.kind is SubjectKind.GRAPH
        and trace.case.subject.spec.get("saver") != "postgres"
    ]


def run_scripts(sources: Iterable[str]) -> list[Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-W", "ignore"),
            *(str(Path(__file__).with_name("run_scripts.py")), str(ROOT)),
        ],
        input=pack(list(sources)),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return cast("list[Any]", unpack(done.stdout))


def expected(outcome: Outcome) -> list[Any]:
    """What an outcome says: its events, and its value or its error."""
    assert isinstance(outcome, Raised | Returned)
    events: list[Any] = [each.to_plain() for each in outcome.events]
    if isinstance(outcome, Raised):
        return [events, outcome.error.rpartition(".")[2], outcome.message]
    return [events, outcome.value]


def printed(operation: Operation, block: list[Any]) -> list[Any]:
    """What a script printed for an operation, in the same form."""
    title, typed, error = block
    assert title.endswith(f": {operation.name}")
    values = [decoded(kind, data) for kind, data in typed]
    if operation.args.get("modes") is not None:
        events: list[Any] = [
            [item[-2], item[0] if len(item) == 3 else [], item[-1]] for item in values
        ]
        return [events, *(error or [None])]
    if error is not None:
        return [[], *error]
    if operation.name in LISTS:
        return [[], values]
    assert len(values) < 2, values
    return [[], values[0] if values else None]


def decoded(kind: str, data: bytes) -> Any:
    if kind == "null":
        return None
    return order_sets_in(unpack(data)) if kind == "msgpack" else data


def check(trace: Trace, blocks: list[Any]) -> None:
    assert len(blocks) == len(trace.outcomes), script(trace.case)
    ours, theirs = Renamer(), Renamer()
    for operation, outcome, block in zip(
        trace.case.operations, trace.outcomes, blocks, strict=True
    ):
        said, shown = ours.value(expected(outcome)), theirs.value(printed(operation, block))
        assert pack(said) == pack(shown), (trace.case.id, said, shown)


def test_every_graph_case_prints_as_a_script_that_does_the_same() -> None:
    traces = graph_traces()
    sources = [script(trace.case) for trace in traces]
    assert not any("parity_kit" in source for source in sources)
    for trace, blocks in zip(traces, run_scripts(sources), strict=True):
        check(trace, blocks)
