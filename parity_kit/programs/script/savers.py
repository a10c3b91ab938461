"""Savers as Python source, the codec, and the scripts of cases on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.msgpack.values import close_value
from parity_kit.programs.admission import is_awaited, permitted_types
from parity_kit.programs.script.source import Uses, call, literal, quoted, shown

_KEYS = {"thread": "thread_id", "ns": "checkpoint_ns", "checkpoint_id": "checkpoint_id"}


def saver_source(name: str, uses: Uses) -> Iterator[str]:
    """Yield the lines that make a saver."""
    match name:
        case "sqlite":
            database = call(f"{uses('sqlite3')}.connect", '":memory:"', check_same_thread="False")
            yield f"saver = {uses('SqliteSaver')}({database})"
        case "sqlite-file":
            file = f"{uses('tempfile')}.mkstemp()[1]"
            database = call(f"{uses('sqlite3')}.connect", file, check_same_thread="False")
            yield f"saver = {uses('SqliteSaver')}({database})"
        case "postgres" | "shallow-postgres":
            kind = "PostgresSaver" if name == "postgres" else "ShallowPostgresSaver"
            yield f"connection = {uses(kind)}.from_conn_string(sys.argv[1])"
            uses("sys")
            yield "saver = connection.__enter__()"
            yield "saver.setup()"
        case "async-sqlite":
            yield f"runner = {uses('asyncio')}.Runner()"
            yield f"saver = runner.run({uses('async_sqlite')}())"
        case "async-postgres" | "async-shallow-postgres":
            yield f"runner = {uses('asyncio')}.Runner()"
            kind = "AsyncPostgresSaver" if name == "async-postgres" else "AsyncShallowPostgresSaver"
            yield f"saver = runner.run({uses('async_postgres')}({uses(kind)}))"
        case _:
            yield f"saver = {uses('InMemorySaver')}()"


def saver_lines(case: Case, uses: Uses) -> list[str]:
    """Return the lines of a case on one saver."""
    name = str(case.subject.spec["saver"])
    lines = list(saver_source(name, uses))
    awaited = is_awaited(name)
    for index, operation in enumerate(case.operations):
        source = _saver_operation(operation, uses, awaited=awaited)
        lines += shown(index, operation, source, uses)
    return [*lines, *closing(name)]


def closing(saver: object) -> list[str]:
    """Return the last lines of a script: an open connection would keep it from ending."""
    return ["", "runner.run(saver.conn.close())"] if is_awaited(saver) else []


def _saver_operation(operation: Operation, uses: Uses, *, awaited: bool) -> Iterator[str]:
    given: dict[str, Any] = dict(operation.args)
    config = literal({"configurable": _where(given)}, uses)

    def parts(*names: str) -> Iterator[str]:
        return (literal(given[name], uses) for name in names)

    def called(name: str, *args: str, **named: str | None) -> str:
        source = call(f"saver.{'a' if awaited else ''}{name}", *args, **named)
        return f"runner.run({source})" if awaited else source

    match operation.name:
        case "put":
            stored = parts("checkpoint", "metadata", "new_versions")
            yield f"print({called('put', config, *stored)})"
        case "put_writes":
            yield called("put_writes", config, *parts("writes", "task_id", "task_path"))
        case "get_tuple":
            yield f"print({called('get_tuple', config)})"
        case "list":
            yield from _listing(given, config, uses, awaited=awaited)
        case "next_version":
            yield f"print(saver.get_next_version({literal(given.get('current'), uses)}, None))"
        case "prune":
            strategy = quoted(given.get("strategy", "keep_latest"))
            yield called("prune", *parts("threads"), strategy=strategy)
        case "delta_history":
            where = literal({"configurable": _where({"ns": "", **given})}, uses)
            channels = literal(given["channels"], uses)
            source = called("get_delta_channel_history", config=where, channels=channels)
            yield f"print({source})"
        case _:
            yield called(operation.name, *parts(*given))


def _listing(given: Mapping[str, Any], config: str, uses: Uses, *, awaited: bool) -> Iterator[str]:
    source = call(
        "saver.alist" if awaited else "saver.list",
        config if "thread" in given else "None",
        filter=_optional(given, "filter", uses),
        before=_before(given, uses),
        limit=_optional(given, "limit", uses),
    )
    if awaited:
        source = f"runner.run({uses('collected')}({source}))"
    yield f"for saved in {source}:"
    yield "    print(saved)"


def _where(given: Mapping[str, Any]) -> dict[str, Any]:
    where = {key: given[name] for name, key in _KEYS.items() if given.get(name) is not None}
    return where | ({"checkpoint_id": given["parent"]} if given.get("parent") is not None else {})


def _before(given: Mapping[str, Any], uses: Uses) -> str | None:
    before = given.get("before")
    return None if before is None else literal({"configurable": {"checkpoint_id": before}}, uses)


def _optional(given: Mapping[str, Any], name: str, uses: Uses) -> str | None:
    return None if given.get(name) is None else literal(given[name], uses)


def codec_lines(case: Case, uses: Uses) -> list[str]:
    """Return the lines of a case on the codec."""
    strict = bool(case.subject.spec["strict"])
    kinds = "None" if strict else _kinds(case)
    make = call(uses("JsonPlusSerializer"), allowed_msgpack_modules=kinds)
    lines = [f"codec = {make}"]
    for index, operation in enumerate(case.operations):
        lines += shown(index, operation, _codec_operation(operation, uses, strict=strict), uses)
    return lines


def _kinds(case: Case) -> str:
    """Return the types that a permissive codec builds in this case, beyond the safe ones.

    Never all types: whoever runs the script would run whatever its data names.
    """
    kinds = (f"({quoted(module)}, {quoted(name)})" for module, name in permitted_types(case))
    return f"[{', '.join(kinds)}]"


def _codec_operation(operation: Operation, uses: Uses, *, strict: bool) -> Iterator[str]:
    given: dict[str, Any] = dict(operation.args)
    typed = [literal(given[name], uses) for name in ("type", "data") if name in given]
    match operation.name:
        case "encode":
            value = literal(close_value(given["value"]), uses)
            yield f"print(codec.dumps_typed({value}))"
        case "is_allowed":
            names = tuple(given[key] for key in ("module", "name", "method") if key in given)
            known = "SAFE_MSGPACK_METHODS" if "method" in given else "SAFE_MSGPACK_TYPES"
            checked = strict or "method" in given
            asked = f"({', '.join(map(quoted, names))})"
            yield f"print({asked} in {uses('_msgpack')}.{known})" if checked else "print(True)"
        case "classify":
            yield f"data = {typed[1]}"
            yield f"value = codec.loads_typed(({typed[0]}, data))"
            yield "again = codec.dumps_typed(value)"
            yield f"print('kept' if again == ({typed[0]}, data) else again)"
        case name:
            loaded = f"codec.loads_typed(({', '.join(typed)}))"
            yield f"print({loaded})" if name == "decode" else f"print(codec.dumps_typed({loaded}))"
