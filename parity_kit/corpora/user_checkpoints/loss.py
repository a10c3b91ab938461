"""Which of a user's stored values LangGraph, as it is installed here, does not bring back.

Each is loaded and dumped again, as a saver would: by a strict serializer, or by a permissive one,
which imports and calls what a value names.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.contract.canonical import pack, unpack
from parity_kit.corpora.user_checkpoints.source import Source, StoredValue
from parity_kit.msgpack.values import open_value
from parity_kit.reference.logs import silence_langgraph
from parity_kit.reference.native import built_by_langchain, canonical_blob, error_name

_EXAMPLES = 3
_MANY = 200  # kinds of loss kept apart; later ones are counted together


class Became(StrEnum):
    """What became of a value that does not come back."""

    NULL = "became null"
    PAYLOAD = "became its payload"
    OTHER = "became another value"
    REFUSED = "does not load, or cannot be stored again"
    BYTES = "the same value in other bytes"


@dataclass(frozen=True, slots=True)
class Loss:
    """A way in which values are lost: what became of them, and of which type or error."""

    became: Became
    type: str


@dataclass(slots=True)
class Lost:
    """How many values are lost in one way, and where the first ones lie."""

    count: int = 0
    examples: list[StoredValue] = field(default_factory=list[StoredValue])


@dataclass(slots=True)
class LossReport:
    """The counts of a database that was checked for loss."""

    checkpoints: int = 0
    values: int = 0
    kept: int = 0
    encrypted: int = 0
    lost: dict[Loss, Lost] = field(default_factory=dict[Loss, Lost])


def find_loss(
    source: Source, progress: Callable[[int, int], None], *, permissive: bool = False
) -> LossReport:
    """Load and dump every stored value; `permissive` builds every type that a value names."""
    check = _Check(permissive=permissive)
    report = LossReport()
    total = source.count()
    with silence_langgraph(), warnings.catch_warnings(action="ignore"):
        for value in source.values():
            if value.kind == "checkpoint":
                report.checkpoints += 1
                progress(report.checkpoints, total)
            if value.is_encrypted:
                report.encrypted += 1
                continue
            report.values += 1
            losses = check.losses(value)
            report.kept += not losses
            for loss in losses:
                _add(report.lost, loss, value)
    return report


def _add(lost: dict[Loss, Lost], loss: Loss, value: StoredValue) -> None:
    if loss not in lost and len(lost) >= _MANY:
        loss = Loss(loss.became, "other types")
    entry = lost.setdefault(loss, Lost())
    entry.count += 1
    if len(entry.examples) < _EXAMPLES:
        entry.examples.append(value)


class _Check:
    def __init__(self, *, permissive: bool) -> None:
        self._permissive = permissive
        self._serializer = JsonPlusSerializer(allowed_msgpack_modules=permissive or None)

    def losses(self, value: StoredValue) -> list[Loss]:
        """Return in which ways a value is lost, each once."""
        if value.jsonb or value.kind == "metadata":
            # Savers read these with `json` alone.
            return _json_losses(value)
        checked = value.type == "json" and not self._permissive
        if checked and (kind := built_by_langchain(value.data)):
            return [Loss(Became.REFUSED, f"not tried: the JSON names {kind}")]
        try:
            loaded = self._serializer.loads_typed((value.type, value.data))
            kind, data = self._serializer.dumps_typed(loaded)
        except Exception as error:  # noqa: BLE001  # whatever it raises, the value cannot be had
            return [Loss(Became.REFUSED, error_name(error))]
        again = canonical_blob(kind, bytes(data))
        if kind == value.type and again in {value.data, canonical_blob(kind, value.data)}:
            return []
        return _compared(value, kind, again)


def _compared(value: StoredValue, kind: str, again: bytes) -> list[Loss]:
    if value.type != "msgpack":
        became = Became.BYTES if _opened_json(value) == _opened(kind, again) else Became.OTHER
        return [Loss(became, f"a blob of type {value.type}")]
    try:
        before, after = _opened("msgpack", value.data), _opened(kind, again)
    except (TypeError, ValueError) as error:
        return [Loss(Became.OTHER, error_name(error))]
    losses = list(dict.fromkeys(_differences(before, after)))
    if not losses and pack(before) == pack(after):
        return [Loss(Became.BYTES, "msgpack")]
    return losses or [Loss(Became.OTHER, "msgpack")]


def _opened(kind: str, data: bytes) -> Any:
    if kind == "null":
        return None
    return open_value(unpack(canonical_blob(kind, data))) if kind == "msgpack" else data


def _opened_json(value: StoredValue) -> Any:
    return json.loads(value.data) if value.type == "json" else value.data


def _differences(before: Any, after: Any) -> Iterator[Loss]:
    """Yield what became of each typed value that did not come back, the outermost first."""
    if isinstance(before, Mapping):
        parts = cast("Mapping[str, Any]", before)
        if "$ext" in parts and not _is_same_type(parts, after):
            yield Loss(_became(parts, after), str(parts.get("type", f"ext {parts['$ext']}")))
            return
        if isinstance(after, Mapping):
            others = cast("Mapping[str, Any]", after)
            for key in parts.keys() & others.keys():
                yield from _differences(parts[key], others[key])
    elif isinstance(before, list) and isinstance(after, list):
        pairs = zip(cast("Sequence[Any]", before), cast("Sequence[Any]", after), strict=False)
        for one, other in pairs:
            yield from _differences(one, other)


def _is_same_type(parts: Mapping[str, Any], after: Any) -> bool:
    if not isinstance(after, Mapping):
        return False
    others = cast("Mapping[str, Any]", after)
    return all(parts.get(key) == others.get(key) for key in ("$ext", "type"))


def _became(parts: Mapping[str, Any], after: Any) -> Became:
    if after is None:
        return Became.NULL
    return Became.PAYLOAD if after == parts.get("payload") else Became.OTHER


def _json_losses(value: StoredValue) -> list[Loss]:
    """Return what is lost of JSON that a saver reads: numbers that Python cannot hold exactly."""
    try:
        loaded = json.loads(value.data)
        exact = json.loads(value.data, parse_float=Decimal)
    except ValueError as error:
        return [Loss(Became.REFUSED, error_name(error))]
    if _exactly(loaded) != exact:
        return [Loss(Became.OTHER, "a number that is no float")]
    if value.jsonb:
        return []
    # As `SqliteSaver.put` writes it.
    again = json.dumps(loaded, ensure_ascii=False).encode("utf-8", "ignore")
    return [] if again == value.data else [Loss(Became.BYTES, "JSON")]


def _exactly(value: Any) -> Any:
    """Return a value with each float as the decimal that Python prints."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_exactly(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _exactly(entry) for key, entry in cast("dict[str, Any]", value).items()}
    return value
