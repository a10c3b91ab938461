"""What docs/contract.md says of values is what real LangGraph, and `pure`, do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from langgraph.checkpoint.serde._msgpack import SAFE_MSGPACK_METHODS, SAFE_MSGPACK_TYPES
from pure_engine import Engine as Pure

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Returned,
    Subject,
    SubjectKind,
    run,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.model import Engine
from parity_kit.contract.plain import Ext
from parity_kit.corpora.folder import read_corpora
from parity_kit.msgpack.values import close_value, open_value
from parity_kit.reference import Engine as Reference

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
METHODS = {3: "fromisoformat", 5: "model_validate_json"}
ENGINES = pytest.mark.parametrize("engine", [Reference(), Pure()], ids=["langgraph", "pure"])


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    section = PAGE.partition(f"{heading}\n")[2]
    (table,) = re.findall(r"\A.*?\n\|[^\n]*\n\| ---[^\n]*\n((?:\|[^\n]*\n)+)", section, re.DOTALL)
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]


def stored(cell: str) -> bytes:
    """Return the bytes that a cell says: of an ext, or in hexadecimal."""
    text = cell.strip("`")
    ext = re.fullmatch(r"(\d) ([\w.]+\.\w+) (.+)", text)
    if ext is None:
        return bytes.fromhex(text)
    code = int(ext[1])
    method = {"method": METHODS[code]} if code in METHODS else {}
    return pack(
        close_value({"$ext": code, "type": ext[2], "payload": json.loads(ext[3]), **method})
    )


def apply(engine: Engine, kind: SubjectKind, spec: Any, *operations: Operation) -> list[Outcome]:
    return list(run(engine, Case(CaseId("docs"), Subject(kind, spec), operations)))


def test_the_list_of_safe_types_is_langgraphs() -> None:
    listed = {
        (module.strip("`"), name)
        for module, names in rows("### Safe types")
        for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == SAFE_MSGPACK_TYPES
    assert {("datetime", "datetime", "fromisoformat")} == SAFE_MSGPACK_METHODS


NORMALIZED = rows("### What decoding normalizes")


@ENGINES
@pytest.mark.parametrize("row", NORMALIZED, ids=[row[0] for row in NORMALIZED])
def test_decoding_normalizes_what_the_page_says(engine: Engine, row: list[str]) -> None:
    before, after = stored(row[1]), stored(row[2])
    assert before != after
    args = {"type": "msgpack", "data": before}
    operations = [Operation(name, args) for name in ("decode", "round_trip")]
    spec = {"strict": True, "paths": "pathlib"}
    decoded, again = apply(engine, SubjectKind.CODEC, spec, *operations)
    assert isinstance(decoded, Returned)
    assert decoded.value == open_value(unpack(after))
    assert isinstance(again, Returned)
    assert again.stored == {"data": after}


@ENGINES
@pytest.mark.parametrize(
    ("spec", "neutral", "fresh"),
    [
        ({"class": "Topic", "type": "int", "accumulate": False}, [], []),
        ({"class": "BinaryOperatorAggregate", "type": "int", "reducer": "add"}, [0], 0),
    ],
    ids=["Topic", "BinaryOperatorAggregate"],
)
def test_what_a_channel_stores_is_relative_to_the_fresh_channel(
    engine: Engine, spec: Any, neutral: list[int], fresh: Any
) -> None:
    updates = [Operation("update", {"values": values}) for values in (neutral, [5])]
    first, second = apply(engine, SubjectKind.CHANNEL, spec, *updates)
    assert isinstance(first, Returned)
    assert first.stored == {}
    assert isinstance(second, Returned)
    assert second.stored == {"checkpoint/msgpack": pack([5] if fresh == [] else 5)}


def ext_codes(value: Any) -> Iterator[int | str]:
    """Yield the codes of exts in a value, and `opened` for each that is a `$ext` map."""
    if isinstance(value, Ext):
        yield value.code
        yield from ext_codes(unpack(value.data))
    elif isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        if "$ext" in entries:
            yield "opened"
            yield entries["$ext"]
        for entry in entries.values():
            yield from ext_codes(entry)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from ext_codes(item)


def test_exts_cross_the_wire_in_the_form_that_the_page_says() -> None:
    crossed: dict[str, set[int | str]] = {}
    for corpus in read_corpora(ROOT / "fixtures"):
        for trace in corpus.traces:
            kind = trace.case.subject.kind
            for operation, outcome in zip(trace.case.operations, trace.outcomes, strict=True):
                parts: list[Any] = [operation.args]
                if isinstance(outcome, Returned):
                    parts += [outcome.value, *(event.payload for event in outcome.events)]
                place = {
                    SubjectKind.CODEC: operation.name,
                    SubjectKind.CHANNEL: "channel",
                }.get(kind, "graphs and savers")
                crossed.setdefault(place, set()).update(*map(ext_codes, parts))
    assert crossed["decode"] == crossed["encode"] == {"opened", *range(8)}
    assert crossed["round_trip"] == crossed["classify"] == crossed["is_allowed"] == set()
    assert crossed["channel"] == {0, 2, 7}
    assert crossed["graphs and savers"] == {0, 1, 2, 5, 7}
