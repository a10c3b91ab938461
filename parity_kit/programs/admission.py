"""Admits a case that somebody else wrote: only what the kit knows, and no type that runs code.

A case file may come attached to a bug report. Whatever reads one from outside the workspace calls
`admit` before anything runs it, and `parity_kit.programs.script` before it writes Python.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from parity_kit.contract import Case, Subject, SubjectKind
from parity_kit.contract.canonical import unpack
from parity_kit.contract.errors import BadProgramError, UntrustedTypeError
from parity_kit.contract.operations import operation_problem
from parity_kit.contract.plain import Plain
from parity_kit.msgpack.buildable import BUILDABLE, FIXTURE_TYPES, TypeName, named_types
from parity_kit.msgpack.values import close_value
from parity_kit.programs import rules
from parity_kit.programs.fields import check_channel
from parity_kit.programs.own_types import check_own_types, own_type_names, own_types
from parity_kit.programs.parsing import parse

SAVERS = (
    *("memory", "sqlite", "sqlite-file", "postgres", "async-sqlite", "async-postgres"),
    *("shallow-postgres", "async-shallow-postgres"),
)
_AWAITED = "async-"
STORES = ("memory", "sqlite", "async-sqlite", "postgres", "async-postgres")
CACHES = ("memory", "sqlite")
_MOST_DIMENSIONS = 64


def is_awaited(name: object) -> bool:
    """Return whether all calls of the saver or store with this name are awaited."""
    return str(name).startswith(_AWAITED)


def on_postgresql(subject: Subject) -> bool:
    """Return whether the saver or store of a subject needs a PostgreSQL server."""
    return any(str(subject.spec.get(kind)).endswith("postgres") for kind in ("saver", "store"))


def admit(case: Case, where: str = "", *, trusted: Collection[str] = ()) -> None:
    """Check that a case holds only what the kit knows; `trusted` are more types, `module.Name`.

    Raises:
        BadProgramError: If its subject or an operation is none that the kit knows.
        UntrustedTypeError: If it names a type that the kit does not let LangGraph build.
    """
    check_structure(case)
    types = [kind for kind in foreign_types(case) if ".".join(kind) not in trusted]
    if types:
        raise UntrustedTypeError(types, where=where or case.id)


def check_structure(case: Case) -> None:
    """Check the subject and the operations of a case; which types its values name is not checked.

    Raises:
        BadProgramError: Naming the part that breaks a rule.
    """
    rules.text(case.id, "id")
    for feature in case.features:
        rules.text(feature, "features")
    check_subject(case.subject)
    for index, operation in enumerate(case.operations):
        where = f"operations[{index}]"
        if problem := operation_problem(case.subject.kind, operation):
            raise BadProgramError(problem, where=where)
        rules.mapping(operation.args, where)


def check_subject(subject: Subject) -> None:
    """Check the settings of a subject.

    Raises:
        BadProgramError: Naming the part that breaks a rule.
    """
    _SUBJECTS[subject.kind](subject.spec)


def foreign_types(case: Case) -> list[TypeName]:
    """Return the types that a case makes LangGraph build, beyond those that the kit knows.

    For an application's own types, which a graph declares, it gets stand-ins. A strict codec does
    not build what it is given as bytes, so such types may stand there.
    """
    if case.subject.kind is SubjectKind.CODEC:
        return sorted(_built_by_codec(case) - BUILDABLE)
    arguments = [dict(operation.args) for operation in case.operations]
    types = named_types([dict(case.subject.spec), *arguments]) - BUILDABLE
    return sorted(types - own_type_names(own_types(case.subject)))


def permitted_types(case: Case) -> list[TypeName]:
    """Return the types that a permissive codec may build in a case, beyond the safe ones."""
    declared = cast("Sequence[Sequence[str]]", case.subject.spec.get("types", ()))
    allowed = FIXTURE_TYPES | {(module, name) for module, name in declared}
    return sorted(_built_by_codec(case) & allowed)


def _built_by_codec(case: Case) -> set[TypeName]:
    spec = case.subject.spec
    types = {
        (module, name) for module, name in cast("Sequence[Sequence[str]]", spec.get("types", ()))
    }
    for operation in case.operations:
        if "value" in operation.args:
            types |= named_types(_closed(operation.args["value"]))
        if not spec["strict"] and operation.args.get("type") == "msgpack":
            types |= named_types(_loaded(operation.args.get("data")))
    return types


def _loaded(data: Plain) -> Plain:
    try:
        return unpack(cast("bytes", data))
    except (TypeError, ValueError):
        return None  # bytes that do not load build nothing


def _closed(value: Plain) -> Plain:
    try:
        return close_value(value)
    except (KeyError, TypeError, ValueError) as error:
        problem = f"not an opened value: {type(error).__name__}: {error}"
        raise BadProgramError(problem, where="encode.value") from error


def _codec(spec: Mapping[str, Any]) -> None:
    rules.keys(spec, ("strict", "paths", "types"), ("strict",), "codec")
    rules.flag(spec["strict"], "codec.strict")
    if spec.get("paths") is not None:
        rules.one_of(spec["paths"], ("pathlib", "pathlib._local"), "codec.paths", "module of paths")
    for kind in rules.items(spec.get("types", ()), "codec.types"):
        for part in rules.items(kind, "codec.types", 2, "a type is [module, name]"):
            rules.text(part, "codec.types")


def _channel(spec: Mapping[str, Any]) -> None:
    check_channel(rules.mapping(spec, "channel"), "channel")


def _graph(spec: Mapping[str, Any]) -> None:
    rules.keys(spec, ("program", "saver", "own_types"), ("program",), "graph")
    check_own_types(spec.get("own_types", ()))
    if spec.get("saver") is not None:
        rules.one_of(spec["saver"], SAVERS, "graph.saver", "saver")
    parse(rules.mapping(spec["program"], "program"))


def _saver(spec: Mapping[str, Any]) -> None:
    rules.keys(spec, ("saver",), ("saver",), "saver")
    rules.one_of(spec["saver"], SAVERS, "saver", "saver")


def _store(spec: Mapping[str, Any]) -> None:
    rules.keys(spec, ("store", "index", "ttl"), ("store",), "store")
    rules.one_of(spec["store"], STORES, "store", "store")
    if spec.get("index") is not None:
        index = rules.mapping(spec["index"], "store.index")
        rules.keys(index, ("dims", "fields"), ("dims",), "store.index")
        if not isinstance(index["dims"], int) or not 1 <= index["dims"] <= _MOST_DIMENSIONS:
            raise BadProgramError(
                f"expected 1 to {_MOST_DIMENSIONS}, got {index['dims']!r}", where="store.index.dims"
            )
        for field in rules.items(index.get("fields", ()), "store.index.fields"):
            rules.text(field, "store.index.fields")
    if spec.get("ttl") is not None:
        ttl = rules.mapping(spec["ttl"], "store.ttl")
        rules.keys(ttl, ("default_ttl", "refresh_on_read", "omit_expired"), (), "store.ttl")


def _cache(spec: Mapping[str, Any]) -> None:
    rules.keys(spec, ("cache",), ("cache",), "cache")
    rules.one_of(spec["cache"], CACHES, "cache", "cache")


_SUBJECTS: Mapping[SubjectKind, Callable[[Mapping[str, Any]], None]] = {
    SubjectKind.CODEC: _codec,
    SubjectKind.CHANNEL: _channel,
    SubjectKind.GRAPH: _graph,
    SubjectKind.SAVER: _saver,
    SubjectKind.STORE: _store,
    SubjectKind.CACHE: _cache,
}
