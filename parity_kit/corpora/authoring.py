"""The functions that generators are written with: cases from objects, specs and programs.

A case is tagged with the features it touches (`parity_kit.programs.features`), with what LangGraph
itself does not restore (`parity_kit.reference.loss`), and with the features its generator adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.msgpack.buildable import TypeName, unbuildable
from parity_kit.msgpack.parser import MalformedError, parse, walk
from parity_kit.msgpack.values import open_value
from parity_kit.programs.features import features_of


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
    paths: str = "",
) -> Case:
    """Return a case that round-trips bytes, and decodes them.

    `paths` is the module that holds Python's paths, for bytes that contain some. With `encode`, the
    case also encodes the opened value of the bytes. The reference builds that value whatever its
    types are, so it must be harmless.
    """
    operations = [op("decode", type=type, data=data)] if decode else []
    operations.append(op("round_trip", type=type, data=data))
    if encode:
        operations.append(op("encode", value=_opened(type, data)))
    types = _types(data) if type == "msgpack" and (encode or not strict) else []
    spec = (
        {"strict": strict}
        | ({"paths": paths} if paths else {})
        | ({"types": [list(kind) for kind in types]} if types else {})
    )
    return _on_bytes(case, spec, operations, features)


def classified(
    case: str,
    data: bytes,
    *features: str,
    type: str = "msgpack",  # noqa: A002  # the contract's name
    strict: bool = True,
) -> Case:
    """Return a case that only records whether bytes are kept, replaced or refused.

    For bytes whose error message comes from a library, and for bytes too large to store twice.
    """
    operations = [op("classify", type=type, data=data)]
    return _on_bytes(case, {"strict": strict}, operations, features)


def _on_bytes(
    case: str, spec: Mapping[str, Any], operations: Sequence[Operation], features: Sequence[str]
) -> Case:
    from parity_kit.reference.loss import Loss, loss_of  # noqa: PLC0415  # loads LangGraph
    from parity_kit.reference.paths import paths_in  # noqa: PLC0415  # the same

    arguments: Mapping[str, Any] = operations[0].args
    kind, data = arguments["type"], arguments["data"]
    types = [(module, name) for module, name in spec.get("types", ())]
    with paths_in(spec.get("paths")):
        lost = loss_of(kind, data, strict=spec["strict"], types=types)
    tags = {lost.value} if lost is not Loss.NONE and kind == "msgpack" else set[str]()
    codes = _ext_codes(data) if kind == "msgpack" else set[str]()
    subject = Subject(SubjectKind.CODEC, spec)
    return _case(case, subject, operations, (*features, *tags, *codes))


def _ext_codes(data: bytes) -> set[str]:
    try:
        return {f"ext {node.code}" for _, node in walk(parse(data)) if node.code is not None}
    except MalformedError:
        return set()


def _types(data: bytes) -> list[TypeName]:
    """Return the types of a generator's own, which a codec must be told to build."""
    try:
        return unbuildable(unpack(data))
    except ValueError:
        return []


def _opened(kind: str, data: bytes) -> Plain:
    if kind == "msgpack":
        return open_value(unpack(data))
    return None if kind == "null" else data


def dumped(case: str, value: object, *features: str) -> Iterator[Case]:
    """Yield the cases for what LangGraph stores for a Python object.

    Always for the strict codec; also for the permissive one, under `…/permissive`, if the value
    holds a type that only this codec builds, and the same bytes come back: no other engine could
    know what an application's own type makes of its payload.
    """
    from parity_kit.reference.loss import Loss, loss_of  # noqa: PLC0415  # loads LangGraph

    kind, data = dump(value)
    # Encoding an opened value builds it whatever its types are, so only a value that comes back
    # unchanged makes sense.
    lost = loss_of(kind, data, strict=False, types=_types(data) if kind == "msgpack" else ())
    comes_back = lost is Loss.NONE
    tags = () if comes_back else (f"{lost.value} in both modes",)
    yield codec(case, data, *features, *tags, type=kind, encode=comes_back)
    if comes_back and loss_of(kind, data, strict=True) is not Loss.NONE:
        yield codec(f"{case}/permissive", data, *features, type=kind, strict=False, encode=True)


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


def store(
    case: str, spec: Mapping[str, Plain], *operations: Operation, features: Sequence[str] = ()
) -> Case:
    """Return a case on a store."""
    return _case(case, Subject(SubjectKind.STORE, spec), operations, features)


def cache(case: str, kind: str, *operations: Operation, features: Sequence[str] = ()) -> Case:
    """Return a case on a cache."""
    return _case(case, Subject(SubjectKind.CACHE, {"cache": kind}), operations, features)


def _case(
    case: str, subject: Subject, operations: Sequence[Operation], features: Sequence[str]
) -> Case:
    tags = sorted({*features_of(subject, operations), *features})
    return Case(CaseId(case), subject, tuple(operations), tuple(tags))
