"""Stores and caches as Python source, and the scripts of cases on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.programs.admission import is_awaited
from parity_kit.programs.script.source import Uses, call, literal, quoted, shown

_IN_BATCHES = {
    "get": "GetOp",
    "put": "PutOp",
    "search": "SearchOp",
    "list_namespaces": "ListNamespacesOp",
}


def store_lines(case: Case, uses: Uses) -> list[str]:
    """Return the lines of a case on one store."""
    lines = list(_store_source(case.subject.spec, uses))
    awaited = is_awaited(case.subject.spec["store"])
    for index, operation in enumerate(case.operations):
        source = _store_operation(operation, uses, awaited=awaited)
        lines += shown(index, operation, source, uses)
    return [*lines, "", "runner.run(store.conn.close())"] if awaited else lines


def _store_source(spec: Mapping[str, Any], uses: Uses) -> Iterator[str]:
    if spec["store"] == "memory":
        index = spec.get("index")
        yield f"store = {call(uses('InMemoryStore'), index=_index(index, uses) if index else None)}"
        return
    ttl = spec.get("ttl")
    settings = {"ttl": None if ttl is None else literal(ttl, uses)}
    if is_awaited(spec["store"]):
        yield f"runner = {uses('asyncio')}.Runner()"
        made = spec["store"].replace("-", "_") + "_store"
        yield f"store = runner.run({call(uses(made), **settings)})"
        return
    if spec["store"] == "postgres":
        uses("sys")
        opened = call(f"{uses('PostgresStore')}.from_conn_string", "sys.argv[1]", **settings)
        yield f"connection = {opened}"
        yield "store = connection.__enter__()"
        yield "store.setup()"
        return
    database = call(
        f"{uses('sqlite3')}.connect",
        '":memory:"',
        check_same_thread="False",
        isolation_level="None",
    )
    yield f"store = {call(uses('SqliteStore'), database, **settings)}"
    yield "store.setup()"


def _index(index: Mapping[str, Any], uses: Uses) -> str:
    settings = {name: literal(value, uses) for name, value in index.items()}
    settings["embed"] = f"{uses('embedding')}({settings['dims']})"
    return "{" + ", ".join(f"{quoted(name)}: {source}" for name, source in settings.items()) + "}"


def _store_operation(operation: Operation, uses: Uses, *, awaited: bool) -> Iterator[str]:
    """Yield the lines of an operation; `awaited` says that all calls of the store are."""
    given = dict(operation.args)
    once = given.pop("async", False)
    name = "sweep_ttl" if operation.name == "sweep" else operation.name
    if name == "batch":
        batch: Any = given["operations"]
        arguments = "[" + ", ".join(_in_batch(kind, named, uses) for kind, named in batch) + "]"
        source = f"store.{_method(name, once)}({arguments})"
    else:
        source = call(
            f"store.{_method(name, once)}", *_arguments(name, given, uses), **_named(given, uses)
        )
    if awaited or once:
        source = f"{'runner' if awaited else uses('asyncio')}.run({source})"
    yield f"print({uses('plain')}({source}))"


def _method(name: str, awaited: object) -> str:
    return f"a{name}" if awaited else name


def _arguments(name: str, given: dict[str, Any], uses: Uses) -> Iterator[str]:
    """Yield the arguments by position, and remove them from those that are given."""
    if "namespace" in given:
        yield _path(given.pop("namespace"), uses)
    for key in ("key", "value"):
        if key in given and name != "search":
            yield literal(given.pop(key), uses)


def _named(given: Mapping[str, Any], uses: Uses) -> dict[str, str]:
    return {
        name: _path(value, uses)
        if name in {"prefix", "suffix"} and value is not None
        else literal(value, uses)
        for name, value in given.items()
    }


def _in_batch(name: str, arguments: Mapping[str, Any], uses: Uses) -> str:
    given = dict(arguments)
    positional = list(_arguments(name, given, uses))
    conditions = [
        call(uses("MatchCondition"), quoted(kind), _path(given.pop(kind), uses))
        for kind in ("prefix", "suffix")
        if given.get(kind) is not None
    ]
    named = _named(given, uses)
    if conditions:
        named["match_conditions"] = f"({', '.join(conditions)},)"
    return call(uses(_IN_BATCHES[name]), *positional, **named)


def _path(labels: Sequence[Any], uses: Uses) -> str:
    """Return the source of a namespace, a tuple."""
    return f"({''.join(f'{literal(label, uses)}, ' for label in labels).rstrip()})"


def cache_lines(case: Case, uses: Uses) -> list[str]:
    """Return the lines of a case on one cache."""
    name = case.subject.spec["cache"]
    made = f"{uses('InMemoryCache')}()" if name == "memory" else _SQLITE.format(uses("SqliteCache"))
    lines = [f"cache = {made}"]
    for index, operation in enumerate(case.operations):
        lines += shown(index, operation, _cache_operation(operation, uses), uses)
    return lines


_SQLITE = '{}(path=":memory:")'


def _cache_operation(operation: Operation, uses: Uses) -> Iterator[str]:
    given: dict[str, Any] = dict(operation.args)
    awaited = given.get("async", False)
    source = (
        f"cache.{_method(operation.name, awaited)}({_cache_argument(operation.name, given, uses)})"
    )
    if awaited:
        source = f"{uses('asyncio')}.run({source})"
    if operation.name != "get":
        yield source
        return
    yield f"values = {source}"
    yield "print([[list(key[0]), key[1], values[key]] for key in values])"


def _cache_argument(name: str, given: Mapping[str, Any], uses: Uses) -> str:
    def key(namespace: Any, name: Any) -> str:
        return f"({_path(namespace, uses)}, {literal(name, uses)})"

    if name == "get":
        return f"[{', '.join(key(*parts) for parts in given['keys'])}]"
    if name == "set":
        entries = (
            f"{key(*parts)}: ({literal(value, uses)}, {literal(ttl, uses)})"
            for *parts, value, ttl in given["entries"]
        )
        return "{" + ", ".join(entries) + "}"
    named = given.get("namespaces")
    return "" if named is None else f"[{', '.join(_path(parts, uses) for parts in named)}]"
