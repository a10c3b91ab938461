"""Stored values of a user's own as fixtures: one or two cases for a codec per value.

One value is held at a time, and a chunk of what is written; so memory does not grow with the
database.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Pins,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Trace,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.contract.canonical import unpack
from parity_kit.contract.errors import UsageError
from parity_kit.contract.plain import Plain
from parity_kit.corpora.imported import ImportWriter, imported_folder
from parity_kit.corpora.manifest import MANIFEST
from parity_kit.corpora.regenerate import oracle
from parity_kit.corpora.user_checkpoints.redaction import TYPE_TAGS, CannotRedactError, Redactor
from parity_kit.corpora.user_checkpoints.shape import is_same_shape, shows
from parity_kit.corpora.user_checkpoints.source import Source, StoredValue
from parity_kit.msgpack.buildable import SAFE_TYPES
from parity_kit.msgpack.values import open_value
from parity_kit.reference.codec import CodecSession
from parity_kit.reference.logs import silence_langgraph
from parity_kit.reference.loss import Loss, loss_of
from parity_kit.reference.native import canonical_blob

Progress = Callable[[int, int], None]
"""Called with the number of checkpoints read, and of all."""

_KEY_FILE = "redaction.key"
_KEY_BYTES = 32
_INDEX = 5  # of a write's place: its number, which says nothing
_LONG_INDEX = 7  # digits
_OPERATIONS = ("decode", "round_trip")


@dataclass(slots=True)
class ImportSummary:
    """The counts of an import, and of the values left out by reason."""

    checkpoints: int = 0
    values: Counter[str] = field(default_factory=Counter[str])
    features: Counter[str] = field(default_factory=Counter[str])
    left_out: Counter[str] = field(default_factory=Counter[str])
    encrypted: Counter[str] = field(default_factory=Counter[str])
    """Values that nobody looked at, by type."""
    cases: int = 0
    bytes: int = 0


def import_source(  # noqa: PLR0913  # what an import is made of
    source: Source,
    workspace: Workspace,
    name: str,
    *,
    redact: bool = False,
    permissive: bool = False,
    replace: bool = False,
    progress: Progress,
) -> ImportSummary:
    """Make an imported corpus of a database.

    With `permissive` a value with types that a strict codec does not build is also tried on a
    permissive one, for which LangGraph imports what the value names.

    Raises:
        UsageError: If there is one of that name and it is not to be replaced, or nothing to import.
    """
    folder = imported_folder(workspace, name)
    if (folder / MANIFEST).exists() and not replace:
        raise UsageError(
            f"there is an imported corpus {name!r}", hint="replace it: --replace, or --to NAME"
        )
    total = source.count()
    if not total:
        raise UsageError("there are no checkpoints to import")
    making = _Making(
        name, Redactor(redaction_key(workspace)) if redact else None, permissive=permissive
    )
    with ImportWriter(folder, name) as writer, silence_langgraph():
        for value in source.values():
            for trace in making.traces(value):
                writer.add(trace)
            if value.kind == "checkpoint":
                making.summary.checkpoints += 1
                progress(making.summary.checkpoints, total)
        chunks = writer.finish(making.about(source))
    if permissive:
        workspace.trust_types(making.types)
    making.summary.cases = sum(chunk.cases for chunk in chunks)
    making.summary.bytes = sum(chunk.bytes for chunk in chunks)
    return making.summary


def redaction_key(workspace: Workspace) -> bytes:
    """Return the workspace's secret, made when it is first wanted."""
    path = workspace.cache / _KEY_FILE
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(_KEY_BYTES))
    return path.read_bytes()


def _is_index(part: str) -> bool:
    """Whether this is a write's number, not a text in its place."""
    return part.lstrip("-").isdecimal() and part.isascii() and len(part) < _LONG_INDEX


class _Making:
    """Makes traces of stored values."""

    def __init__(self, name: str, redactor: Redactor | None, *, permissive: bool) -> None:
        self.summary = ImportSummary()
        self._name = name
        self._redactor = redactor
        self._permissive = permissive
        self.types: set[str] = set()
        self._codec = CodecSession(_codec(strict=True))

    def about(self, source: Source) -> dict[str, object]:
        """Return what the manifest says beside its chunks; whose data it is stays out."""
        versions, python = oracle()
        return {
            "corpus": self._name,
            "oracle": versions,
            "python": python,
            "source": source.kind,
            "redacted": self._redactor is not None,
            "checkpoints": self.summary.checkpoints,
            "values": dict(sorted(self.summary.values.items())),
            "left_out": dict(sorted(self.summary.left_out.items())),
            "types": sorted(self.types),
            "encrypted": dict(sorted(self.summary.encrypted.items())),
        }

    def traces(self, value: StoredValue) -> Iterator[Trace]:
        """Yield the traces of a stored value; an encrypted one is only counted."""
        if value.is_encrypted:
            # A cipher's name is whatever the application wrote.
            open_ = self._redactor is None or value.type in TYPE_TAGS
            self.summary.encrypted[value.type if open_ else "another type"] += 1
            return
        if self._redactor is not None:
            redacted = self._redacted(value, self._redactor)
            if redacted is None:
                return
            value = redacted
        strict = self._trace(value, strict=True)
        if refused := [item for item in strict.outcomes if isinstance(item, Unsupported)]:
            self.summary.left_out[f"{value.kind} of type {value.type}: {refused[0].reason}"] += 1
            return
        self.summary.values[value.kind] += 1
        yield strict
        if self._permissive and Loss.LOSSY in strict.case.features:
            loose = self._trace(value, strict=False)
            built = not any(isinstance(item, Unsupported) for item in loose.outcomes)
            if built and Loss.LOSSY not in loose.case.features:
                yield loose

    def _trace(self, value: StoredValue, *, strict: bool) -> Trace:
        operations = [
            Operation(name, {"type": value.type, "data": value.data}) for name in _OPERATIONS
        ]
        types = [] if strict else application_types(value.data)
        outcomes = _applied(operations, strict=strict, types=types)
        if any(isinstance(outcome, Raised) for outcome in outcomes):
            # In the words of whichever library refuses it: the class of the error is enough.
            operations = [Operation("classify", operations[0].args)]
            outcomes = _applied(operations, strict=strict, types=types)
        feature = _loss(value, outcomes, strict=strict, types=types)
        if feature and strict:
            self.summary.features[feature] += 1
        mode = "strict" if strict else "permissive"
        name = f"{self._name}/{value.name}" + ("" if strict else "/permissive")
        features = sorted({feature, mode, value.kind, f"type {value.type}"} - {""})
        self.types |= {".".join(kind) for kind in types}
        subject = _codec(strict=strict, types=types)
        case = Case(CaseId(name), subject, tuple(operations), tuple(features), Pins())
        return Trace(case, outcomes)

    def _redacted(self, value: StoredValue, redactor: Redactor) -> StoredValue | None:
        """Return a value redacted, or None for one that cannot be."""
        name = redactor.scramble.name
        place = [
            part if index == 0 or (index == _INDEX and _is_index(part)) else name(part)
            for index, part in enumerate(value.place)
        ]
        tag = value.type if value.type in TYPE_TAGS else "another type"
        try:
            data = redactor.value(value.type, value.data)
        except CannotRedactError:
            self.summary.left_out[f"{value.kind} of {tag}: cannot be redacted"] += 1
            return None
        if shows(value, data):
            self.summary.left_out[f"{value.kind} of {tag}: would still show a text"] += 1
            return None
        made = StoredValue(tuple(place), value.type, data, value.jsonb)
        one, other = (self._decoded(item) for item in (value, made))
        if isinstance(one, Returned) != isinstance(other, Returned) or (
            isinstance(one, Returned)
            and isinstance(other, Returned)
            and not is_same_shape(one.value, other.value)
        ):
            self.summary.left_out[f"{value.kind} of {tag}: not the same shape"] += 1
            return None
        return made

    def _decoded(self, value: StoredValue) -> Outcome:
        args = {"type": value.type, "data": value.data}
        return self._codec.apply(Operation("decode", args))


def _codec(*, strict: bool, types: Sequence[tuple[str, str]] = ()) -> Subject:
    """Return the subject of a case; a permissive one names the types that it builds."""
    spec: dict[str, Plain] = {"strict": strict}
    return Subject(
        SubjectKind.CODEC, spec if strict else {**spec, "types": [list(kind) for kind in types]}
    )


def _applied(
    operations: list[Operation], *, strict: bool, types: Sequence[tuple[str, str]]
) -> tuple[Outcome, ...]:
    try:
        session = CodecSession(_codec(strict=strict, types=types))
    except UnsupportedSubjectError as error:
        return tuple(Unsupported(str(error)) for _ in operations)
    return tuple(session.apply(operation) for operation in operations)


def application_types(data: bytes) -> list[tuple[str, str]]:
    """Return module and name of the types in MessagePack that a strict codec does not build."""
    kinds: set[tuple[str, str]] = set()
    pending: list[Any] = [open_value(unpack(data))]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += cast("list[Any]", value)
        elif isinstance(value, dict):
            entries = cast("dict[str, Any]", value)
            pending += entries.values()
            if "type" in entries and "$ext" in entries:
                module, _, name = str(entries["type"]).rpartition(".")
                kinds.add((module, name))
    return sorted(kinds - SAFE_TYPES)


def _loss(
    value: StoredValue,
    outcomes: tuple[Outcome, ...],
    *,
    strict: bool,
    types: Sequence[tuple[str, str]],
) -> str:
    """Return the feature that says what LangGraph itself did not bring back, if anything."""
    last = outcomes[-1]
    if not isinstance(last, Returned):
        return ""
    if str(last.value).startswith(("refused", "not storable")):
        return Loss.REFUSED.value
    if value.type != "msgpack":
        return ""
    # A set is stored in whichever order it had; the order is not the value's.
    data = canonical_blob(value.type, value.data)
    if (last.value, last.stored.get("data")) == (value.type, data):
        return ""
    loss = loss_of(value.type, data, strict=strict, types=types)
    return "" if loss is Loss.NONE else loss.value
