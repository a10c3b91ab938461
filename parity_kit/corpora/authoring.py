"""What generators are written with: cases from Python objects, specs and programs.

Each case is tagged with the features it touches (`parity_kit.features`), and with those its
generator adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from parity_kit.canonical import pack, unpack
from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.dissect import MalformedError, parse, walk
from parity_kit.features import features_of
from parity_kit.plain import Ext, Plain
from parity_kit.values import open_value


def op(name: str, /, **args: Any) -> Operation:
    """Return an operation."""
    return Operation(name, args)


def envelope(code: int, *parts: Plain) -> bytes:
    """Return the MessagePack bytes of an ext that holds an array, as LangGraph writes them."""
    return pack(Ext(code, pack(list(parts))))


def dump(value: object) -> tuple[str, bytes]:
    """Return the type tag and the bytes that LangGraph stores for a Python object."""
    from parity_kit.reference.native import typed_bytes  # noqa: PLC0415  # loads LangGraph

    return typed_bytes(value)


def codec(  # noqa: PLR0913  # a generator names the few it needs
    case: str,
    data: bytes,
    *features: str,
    type: str = "msgpack",  # noqa: A002  # the contract's name
    strict: bool = True,
    decode: bool = True,
    encode: bool = False,
) -> Case:
    """Return a case that round-trips bytes, and decodes them.

    With `encode` the value they hold is also given opened, to be encoded afresh. The reference
    builds that value whatever its types are, so it must be harmless.
    """
    operations = [op("decode", type=type, data=data)] if decode else []
    operations.append(op("round_trip", type=type, data=data))
    if encode:
        operations.append(op("encode", value=_opened(type, data)))
    subject = Subject(SubjectKind.CODEC, {"strict": strict})
    codes = _ext_codes(data) if type == "msgpack" else ()
    return _case(case, subject, operations, (*features, *codes))


def _ext_codes(data: bytes) -> set[str]:
    try:
        return {f"ext {node.code}" for _, node in walk(parse(data)) if node.code is not None}
    except MalformedError:
        return set()


def _opened(kind: str, data: bytes) -> Plain:
    if kind == "msgpack":
        return open_value(unpack(data))
    return None if kind == "null" else data


def dumped(case: str, value: object, *features: str) -> Iterator[Case]:
    """Yield the cases for what LangGraph stores for a Python object.

    The strict codec always; the permissive one too if there is an ext inside, under `…/permissive`.
    """
    kind, data = dump(value)
    yield codec(case, data, *features, type=kind, encode=True)
    if kind == "msgpack" and _holds_ext(unpack(data)):
        yield codec(f"{case}/permissive", data, *features, type=kind, strict=False, encode=True)


def _holds_ext(value: Plain) -> bool:
    if isinstance(value, Ext):
        return True
    if isinstance(value, Mapping):
        return any(_holds_ext(each) for each in cast("Mapping[Any, Any]", value).values())
    if isinstance(value, (list, tuple)):
        return any(_holds_ext(each) for each in cast("Sequence[Any]", value))
    return False


def is_allowed(case: str, *features: str, strict: bool, **args: str) -> Case:
    """Return a case that asks whether a type may be built, or a method called."""
    subject = Subject(SubjectKind.CODEC, {"strict": strict})
    return _case(case, subject, [op("is_allowed", **args)], features)


def channel(
    case: str, spec: Mapping[str, Plain], *operations: Operation, features: Sequence[str] = ()
) -> Case:
    """Return a case on one channel."""
    return _case(case, Subject(SubjectKind.CHANNEL, spec), operations, features)


def graph(
    case: str,
    program: Mapping[str, Any],
    *operations: Operation,
    saver: str | None = "memory",
    features: Sequence[str] = (),
) -> Case:
    """Return a case on a graph program."""
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": saver})
    return _case(case, subject, operations, features)


def saver(case: str, kind: str, *operations: Operation, features: Sequence[str] = ()) -> Case:
    """Return a case on a saver."""
    return _case(case, Subject(SubjectKind.SAVER, {"saver": kind}), operations, features)


def _case(
    case: str, subject: Subject, operations: Sequence[Operation], features: Sequence[str]
) -> Case:
    tags = sorted({*features_of(subject, operations), *features})
    return Case(CaseId(case), subject, tuple(operations), tuple(tags))
