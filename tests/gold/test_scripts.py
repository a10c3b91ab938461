"""Every case prints as a script that does in a clean process what the reference did.

Ids and versions are the script's own, so both sides' are renamed by their first appearance.
"""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Raised,
    Returned,
    SubjectKind,
    Trace,
    outcome_to_plain,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext
from parity_kit.corpora.corpus import read_corpus
from parity_kit.judging.renaming import SHAPES
from parity_kit.msgpack.parser import describe, parse
from parity_kit.msgpack.tree_difference import differences
from parity_kit.msgpack.values import open_value, order_sets_in
from parity_kit.programs.admission import on_postgresql
from parity_kit.programs.script import script
from parity_kit.reference import postgres_server

ROOT = Path(__file__).parents[2]
LISTS = {"get_state_history", "list"}
"""Operations whose value is a list, which a script prints one by one."""
_SET = "its message holds a set's repr, which is in the order of declaration only where pinned"
_VERSION = "two versions made while no checkpoint is are equal only where chance is pinned"
_ID = "a question's id is made from its checkpoint's, which has that id only where ids are pinned"
_NAMES = "a chain has the name of its function, which a script chooses for its readers"
_MODULE = "a dataclass that a script makes belongs to another module"
_JOIN = "a join of PostgreSQL decides the order of its channels"
PINNED_ONLY = {
    "savers_postgres/async/put/value-of-each-kind": _JOIN,
    "savers_postgres/shallow/put/value-of-each-kind": _JOIN,
    "savers_postgres/async-shallow/put/value-of-each-kind": _JOIN,
    "streams/callbacks/branch": _NAMES,
    "streams/callbacks/sends": _NAMES,
    "prebuilt/sent/observed": _NAMES,
    "prebuilt/plain/observed": _NAMES,
    "streams/version-2/dataclass": _MODULE,
    "streams/version-2/debug-dataclass": _MODULE,
    "streams/version-2/debug-dataclass-async": _MODULE,
    "crossings/questions/second-by-the-id-of-the-first": _ID,
    "schemas/channel/barrier-unknown-name": _SET,
    "channels/named-barrier-value/unknown-name": _SET,
    "channels/named-barrier-value-after-finish/unknown-name": _SET,
    "savers/memory/version/of-other-forms": _VERSION,
    "savers/sqlite/version/of-other-forms": _VERSION,
    "savers_async/version/of-other-forms": _VERSION,
}
"""Cases that no script can show, and why."""
_ORIGIN = re.compile(r"^(asynchronous|savers_async/graphs)/")
KINDS = {SubjectKind.GRAPH, SubjectKind.CHANNEL, SubjectKind.SAVER}


@functools.cache
def traces() -> list[Trace]:
    """Return the committed cases but those of the codec, whose scripts print Python objects."""
    return [
        trace
        for path in sorted((ROOT / "fixtures").glob("*.msgpack"))
        for trace in read_corpus(path).traces
        if trace.case.subject.kind in KINDS
        and not on_postgresql(trace.case.subject)
        and _ORIGIN.sub("", trace.case.id) not in PINNED_ONLY
        # A script does not count what a killed process did.
        and not trace.case.id.startswith("crashes/")
    ]


def sample(traces: Sequence[Trace]) -> list[Trace]:
    """Return the smallest cases that show each key and word of programs and operations."""
    known: set[str] = set()
    chosen: list[Trace] = []
    for trace in sorted(traces, key=lambda trace: len(pack(trace.case.to_plain()))):
        labels = set(words(trace.case.to_plain()))
        if not labels <= known:
            known |= labels
            chosen.append(trace)
    return chosen


def words(value: Any) -> Iterator[str]:
    """Yield the keys in a case, and its features."""
    if isinstance(value, Mapping):
        for key, entry in cast("Mapping[Any, Any]", value).items():
            yield str(key)
            yield from entry if key == "features" else words(entry)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from words(item)


def run_scripts(sources: Iterable[str], *arguments: str) -> list[Any]:
    """Run scripts in one clean process; `arguments` are what each finds in `sys.argv`."""
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-W", "ignore"),
            *(str(Path(__file__).with_name("run_scripts.py")), str(ROOT), *arguments),
        ],
        input=pack(list(sources)),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return cast("list[Any]", unpack(done.stdout))


def printed(operation: Operation, block: list[Any]) -> Outcome:
    """What a script printed for an operation, as an outcome."""
    title, typed, error = block
    assert title.endswith(f": {operation.name}")
    values = [_decoded(kind, data) for kind, data in typed]
    streams = operation.args.get("modes") is not None
    events = tuple(_event(item) for item in values if streams or _is_told(item))
    values = [] if streams else [item for item in values if not _is_told(item)]
    if error is not None:
        return Raised(error[0], error[1], events)
    if operation.name in LISTS:
        return Returned(values, events)
    assert len(values) < 2, values
    return Returned(values[0] if values else None, events)


def _is_told(item: Any) -> bool:
    return _is_callback(item) or _is_logged(item)


def _is_callback(item: Any) -> bool:
    return isinstance(item, dict) and "callback" in item


def _is_logged(item: Any) -> bool:
    return isinstance(item, dict) and [*cast("dict[str, Any]", item)] == ["kind", "text"]


def _event(item: Any) -> Event:
    """Return what a script printed of a stream, or of what callbacks and logs got, as an event."""
    if _is_callback(item):
        return Event("callbacks", (), item)
    if _is_logged(item):
        return Event("logs", (), item)
    if isinstance(item, dict):  # of the second version
        parts = dict(cast("dict[str, Any]", item))
        return Event(parts.pop("type"), tuple(parts.pop("ns")), parts)
    # With subgraphs an item says first where it comes from.
    return Event(item[-2], tuple(item[0]) if len(item) == 3 else (), item[-1])


def _decoded(kind: str, data: bytes) -> Any:
    if kind == "null":
        return None
    return order_sets_in(unpack(data)) if kind == "msgpack" else data


def check(trace: Trace, blocks: list[Any]) -> None:
    case = trace.case
    assert len(blocks) == len(case.operations), script(case)
    # A script counts its checkpoints, by which its clock goes, from the first one of its own.
    goes_on = case.operations[0].name == "load_stored"
    ours, theirs = Names(times=goes_on), Names(times=goes_on)
    for operation, outcome, block in zip(case.operations, trace.outcomes, blocks, strict=True):
        assert isinstance(outcome, Raised | Returned)
        result = ours.renamed(outcome_to_plain(replace(outcome, stored={}, dropped=())))
        shown = theirs.renamed(outcome_to_plain(printed(operation, block)))
        if pack(result) != pack(shown):
            difference = next(differences(parse(pack(result)), parse(pack(shown))))
            sides = " not ".join(
                "nothing" if item is None else describe(item) for item in difference.sides[::-1]
            )
            where = f"{case.id}, {block[0]}, {difference.path}"
            raise AssertionError(f"{where}: {sides}\n{script(case)}")


class Names:
    """Renames ids and versions by their first appearance; with `times`, all times to one."""

    def __init__(self, *, times: bool = False) -> None:
        self._names: dict[str, str] = {}
        self._times = times

    def renamed(self, value: Any) -> Any:
        if isinstance(value, str):
            return SHAPES.sub(self._name, value)
        if isinstance(value, Ext):
            opened = open_value(value)
            return value if isinstance(opened, Ext) else self.renamed(opened)
        if isinstance(value, Mapping):
            entries = cast("Mapping[Any, Any]", value).items()
            return {self.renamed(key): self.renamed(entry) for key, entry in entries}
        if isinstance(value, list | tuple):
            return [self.renamed(item) for item in cast("list[Any]", value)]
        return value

    def _name(self, match: re.Match[str]) -> str:
        if match.lastgroup == "time":
            return "<time>" if self._times else match[0]
        return self._names.setdefault(match[0], f"<{match.lastgroup} {len(self._names)}>")


def run_and_check(traces: Sequence[Trace]) -> None:
    sources = [script(trace.case) for trace in traces]
    assert not any("parity_kit" in source for source in sources)
    for trace, blocks in zip(traces, run_scripts(sources), strict=True):
        check(trace, blocks)


def test_scripts_of_all_constructs_do_what_the_reference_did() -> None:
    """tests/gold/test_constructs.py sees to it that the fixtures show every construct."""
    chosen = sample(traces())
    assert len(chosen) > 100
    run_and_check(chosen)


@pytest.mark.slow
def test_the_script_of_every_second_case_does_what_the_reference_did() -> None:
    run_and_check([*traces()][::2])


@pytest.mark.slow
def test_scripts_on_postgresql_do_what_the_reference_did() -> None:
    if reason := postgres_server.missing():
        pytest.skip(reason)
    import psycopg  # noqa: PLC0415  # an optional extra

    address = postgres_server.server().address
    traces = read_corpus(ROOT / "fixtures" / "savers_postgres.msgpack").traces
    for trace in traces[::30]:
        if trace.case.id in PINNED_ONLY:
            continue
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        (blocks,) = run_scripts([script(trace.case)], address)
        check(trace, blocks)
