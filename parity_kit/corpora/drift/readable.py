"""Tries whether one release reads what another stored, in both environments."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parity_kit.candidates import environment
from parity_kit.candidates.launch import REFERENCE, server_command
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Returned,
    Subject,
    SubjectKind,
    Trace,
    Unsupported,
    split_stored_name,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import UsageError
from parity_kit.corpora.corpus import Corpus
from parity_kit.corpora.drift.baselines import origin_of
from parity_kit.corpora.drift.places import TraceDifference, differences
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.regenerate import oracle
from parity_kit.msgpack.parser import parse
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch

_AT_ONCE = 200  # blobs in one round trip
_TYPES = {"msgpack", "json", "bytes", "bytearray", "null"}
_STRICT = Subject(SubjectKind.CODEC, {"strict": True})


@dataclass(slots=True)
class Reading:
    """How one release reads the other's bytes.

    `same` counts byte strings that give the same value, `other` those read with more or fewer
    fields, `lost` those in which a part became something else (a map or None instead of an object),
    `refused` those that raise. `how` counts the differences by place, `examples`
    names a case for each of lost and refused.
    """

    tried: int = 0
    same: int = 0
    other: int = 0
    lost: int = 0
    refused: int = 0
    how: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, Any]:
        """Return the reading as a JSON object."""
        return {
            "tried": self.tried,
            "same": self.same,
            "other": self.other,
            "lost": self.lost,
            "refused": self.refused,
            "how": dict(self.how.most_common()),
            "examples": self.examples,
        }

    def __str__(self) -> str:
        if not self.tried:
            return "no byte string differs"
        parts = [f"{self.tried} byte strings: {self.same} the same value"]
        words = (
            (self.other, "with more or fewer fields"),
            (self.lost, "with a part that became something else"),
            (self.refused, "refused"),
        )
        return ", ".join([*parts, *(f"{count} {word}" for count, word in words if count)])


def engine_of(workspace: Workspace, folder: Path) -> RemoteEngine:
    """Return the engine that made a folder's corpora, not yet started.

    Raises:
        UsageError: If its environment does not exist.
    """
    origin = origin_of(folder)
    if origin is not None:
        name = origin.name
        python = environment.python_of(origin.recipe, workspace)
        there = environment.is_ready(origin.recipe, workspace)
    else:
        name, python = "the installed oracle", Path(sys.executable)
        manifest = read_manifest(folder)
        there = dict(manifest.oracle) == oracle()[0]
    if not there:
        raise UsageError(
            "the environment that made these corpora does not exist",
            where=str(folder),
            hint="make it: parity-kit fixtures build --baseline langgraph==VERSION",
        )
    path = {"PYTHONPATH": str(environment.kit_folder(workspace))}
    launch = Launch(name, server_command(python, REFERENCE), workspace.root, {**os.environ, **path})
    return RemoteEngine(launch)


def changed_blobs(
    before: Mapping[Any, Corpus], after: Mapping[Any, Corpus]
) -> Iterator[tuple[CaseId, tuple[str, bytes] | None, tuple[str, bytes] | None]]:
    """Yield the stored byte strings that differ between two releases, with their cases."""
    for name, corpus in before.items():
        theirs = {trace.case.id: trace for trace in after[name].traces} if name in after else {}
        for trace in corpus.traces:
            other = theirs.get(trace.case.id)
            if other is not None and other != trace:
                yield from _pairs(trace, other)


def _pairs(
    before: Trace, after: Trace
) -> Iterator[tuple[CaseId, tuple[str, bytes] | None, tuple[str, bytes] | None]]:
    for left, right in zip(before.outcomes, after.outcomes, strict=False):
        mine, yours = dict(_typed(left)), dict(_typed(right))
        for name in sorted(mine.keys() | yours.keys()):
            if mine.get(name) != yours.get(name):
                yield before.case.id, mine.get(name), yours.get(name)


def _typed(outcome: Outcome) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Yield the byte strings that an outcome stored, with the serializer's types."""
    if isinstance(outcome, Unsupported):
        return
    for name, data in outcome.stored.items():
        kind: Any = split_stored_name(name)[-1]
        if name == "data" and isinstance(outcome, Returned):
            kind = outcome.value
        # SQLite keeps metadata as plain JSON, which its saver reads, not the serializer.
        if kind in _TYPES - {"json"}:
            yield name, (kind, data)


def read_by(
    blobs: Iterable[tuple[CaseId, tuple[str, bytes]]], own: RemoteEngine, other: RemoteEngine
) -> Reading:
    """Decode byte strings in both releases and compare the values."""
    wanted = {blob: case for case, blob in reversed(list(blobs))}
    reading = Reading()
    listed = list(wanted)
    for start in range(0, len(listed), _AT_ONCE):
        part = listed[start : start + _AT_ONCE]
        here, there = _decoded(own, part), _decoded(other, part)
        for blob, mine, yours in zip(part, here, there, strict=True):
            if isinstance(mine, Returned):
                _count(reading, wanted[blob], mine, yours)
    return reading


def _decoded(engine: RemoteEngine, blobs: Sequence[tuple[str, bytes]]) -> tuple[Outcome, ...]:
    operations = tuple(Operation("decode", {"type": kind, "data": data}) for kind, data in blobs)
    return engine.run(Case(CaseId("readable"), _STRICT, operations))


def _count(reading: Reading, case: CaseId, mine: Returned, yours: Outcome) -> None:
    reading.tried += 1
    if not isinstance(yours, Returned):
        reading.refused += 1
        reading.examples.setdefault("refused", case)
        return
    places = list(differences(parse(pack(mine.value)), parse(pack(yours.value)), "value"))
    if not places:
        reading.same += 1
        return
    if any(place.change == "changed" for place in places):
        reading.lost += 1
        reading.examples.setdefault("lost", case)
    else:
        reading.other += 1
    reading.how.update({_how(place) for place in places})


def _how(place: TraceDifference) -> str:
    subject = f"`{place.path.lstrip('.')}` " if place.path else ""
    where = f"in {place.inside}" if place.inside else "in the value"
    if place.change == "changed":
        return f"{subject}{where}: {place.before} became {place.after}"
    return f"{subject}{place.change} {where}"
