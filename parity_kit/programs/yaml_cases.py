"""A case written by hand: a subject and a script of operations as YAML (docs/programs.md).

Scalars follow YAML 1.2: `yes` and `on` are text, as in the program language's own `on:`. Values are
plain data; there are no tags but `!!binary`, no aliases and no repeated keys.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.errors import BadFileError, BadProgramError
from parity_kit.contract.files import read_text
from parity_kit.programs.admission import SAVERS, check_subject
from parity_kit.programs.features import features_of
from parity_kit.programs.parsing import parse
from parity_kit.programs.reducers import REDUCERS, TYPES

SUFFIXES = (".yaml", ".yml")
"""The suffixes of files that are read as YAML."""

_HELP = "see A case as YAML in: parity-kit docs programs"
_SAVERS = (*SAVERS, None)
_OWN_KEYS = ("id", "saver", "script")
_SETTINGS = {"type", "reducer", "guard", "accumulate", "names", "snapshot_frequency"}
_INTEGERS = range(-(2**63), 2**64)
_COLLECTIONS = ("map", "seq")
_TAG = "tag:yaml.org,2002:"
_NAME = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class YamlCase:
    """A case, and where in its file its operations are."""

    case: Case
    places: tuple[str, ...]


def read_yaml(path: Path) -> YamlCase:
    """Return the case in a YAML file.

    Raises:
        BadFileError: If the file cannot be read or is not such a case.
        BadProgramError: If its program breaks a rule of docs/programs.md.
    """
    try:
        return _read(path)
    except RecursionError as error:
        raise BadFileError("nested too deeply", where=str(path), hint=_HELP) from error


def _read(path: Path) -> YamlCase:
    root = _composed(path)
    data = _plain(root, path)
    if not isinstance(data, dict) or "script" not in data:
        problem = (
            "expected a map with `script`, and a program's keys, `codec`, `channel`, `saver`, "
            "`store` or `cache`"
        )
        raise _bad(path, root, problem)
    entries = cast("dict[str, Any]", data)
    name = entries.get("id", path.stem)
    if not isinstance(name, str) or not name:
        raise _bad(path, _at(root, "id"), f"expected text, got {name!r}", "id")
    subject = _subject(path, root, entries)
    script = _script(path, root, entries["script"])
    operations = tuple(script.values())
    case = Case(CaseId(name), subject, operations, features_of(subject, operations))
    return YamlCase(case, tuple(script))


def _subject(path: Path, root: yaml.Node, entries: Mapping[str, Any]) -> Subject:
    """Return the subject: one of `_READERS`, a saver alone, or a program with its saver."""
    program = {key: value for key, value in entries.items() if key not in _OWN_KEYS}
    for key, read in _READERS.items():
        # A program has a `store` and a `cache` of its own: flags.
        if key in program and not isinstance(program[key], bool):
            if len(program) > 1 or "saver" in entries:
                problem = f"expected only `{key}`, `script` and `id`: a case has one subject"
                raise _bad(path, _at(root, key), problem, key)
            if problem := read(program[key]):
                raise _bad(path, _at(root, key), problem, key)
            defaults = {"strict": True} if key == "codec" else {}
            return Subject(SubjectKind(key), defaults | program[key])
    saver = entries.get("saver", "memory")
    if saver not in _SAVERS:
        problem = f"expected one of {', '.join(SAVERS)} or null, got {saver!r}"
        raise _bad(path, _at(root, "saver"), problem, "saver")
    if not program and "saver" in entries and saver is not None:
        return Subject(SubjectKind.SAVER, {"saver": saver})
    try:
        parse(program)
    except BadProgramError as error:
        where = _where(path, _at(root, error.where), error.where)
        raise BadProgramError(error.problem, where=where, hint=_HELP) from error
    return Subject(SubjectKind.GRAPH, {"program": program, "saver": saver})


def _codec(spec: Any) -> str:
    """Return what is wrong with the settings of a codec, or nothing."""
    match spec:
        case {**settings} if settings.keys() <= {"strict", "paths"}:
            strict = settings.get("strict", True)
            return "" if isinstance(strict, bool) else f"strict: expected a bool, got {strict!r}"
        case _:
            return "expected a map, like `{strict: true}`"


def _channel(spec: Any) -> str:
    """Return what is wrong with the settings of a channel, or nothing."""
    match spec:
        case {"class": str(), **settings} if settings.keys() <= _SETTINGS:
            kind, reducer = settings.get("type", "any"), settings.get("reducer", "add")
            if not isinstance(kind, str) or kind not in TYPES:
                return f"type: expected one of {', '.join(TYPES)}, got {kind!r}"
            known = isinstance(reducer, str) and reducer in REDUCERS
            return "" if known else f"reducer: there is no {reducer!r}"
        case _:
            return (
                f"expected a map with `class`, and of {', '.join(sorted(_SETTINGS))} what it uses"
            )


def _store(spec: Any) -> str:
    """Return what is wrong with the settings of a store, or nothing."""
    return _problem(SubjectKind.STORE, spec, "{store: memory}")


def _cache(spec: Any) -> str:
    """Return what is wrong with the settings of a cache, or nothing."""
    return _problem(SubjectKind.CACHE, spec, "{cache: memory}")


def _problem(kind: SubjectKind, spec: Any, example: str) -> str:
    if not isinstance(spec, dict):
        return f"expected a map, like `{example}`"
    try:
        check_subject(Subject(kind, cast("Mapping[str, Any]", spec)))
    except BadProgramError as error:
        return str(error)
    return ""


_READERS = {"codec": _codec, "channel": _channel, "store": _store, "cache": _cache}


def _script(path: Path, root: yaml.Node, script: Any) -> dict[str, Operation]:
    """Return the operations by their places."""
    if not isinstance(script, list) or not script:
        raise _bad(path, _at(root, "script"), "expected a list of operations", "script")
    operations: dict[str, Operation] = {}
    for index, item in enumerate(cast("list[Any]", script)):
        place = f"script[{index}]"
        match item:
            case {**entries} if len(entries) == 1:
                ((name, args),) = entries.items()
            case _:
                name = args = None
        if not isinstance(name, str) or not isinstance(args or {}, Mapping):
            problem = "expected one operation and its arguments, like `invoke: {input: {n: 0}}`"
            raise _bad(path, _at(root, place), problem, place)
        operations[_where(path, _at(root, place), place)] = Operation(name, args or {})
    return operations


class _Loader(yaml.SafeLoader):
    """Composes nodes with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # pyyaml's own attribute, here without YAML 1.1

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        events = cast("Any", self)
        if events.check_event(yaml.AliasEvent):
            mark = events.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases are not supported", problem_mark=mark)
        return super().compose_node(parent, index)


_RESOLVED = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
for _name, _pattern in _RESOLVED.items():
    cast("Any", _Loader).add_implicit_resolver(_TAG + _name, re.compile(f"^({_pattern})$"), None)


def _composed(path: Path) -> yaml.Node:
    try:
        text = read_text(path, hint=_HELP).removeprefix("\ufeff")
        root: yaml.Node | None = cast("Any", yaml).compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = str(path) if mark is None else f"{path}, line {mark.line + 1}"
        raise BadFileError(f"not YAML: {error.problem}", where=where, hint=_HELP) from error
    except yaml.YAMLError as error:
        raise BadFileError(f"not YAML: {error}", where=str(path), hint=_HELP) from error
    if root is None:
        raise BadFileError("the file is empty", where=str(path), hint=_HELP)
    return root


def _plain(node: yaml.Node, path: Path, place: str = "") -> Any:
    """Return the plain data that a node holds."""
    if not isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(_TAG) not in _COLLECTIONS:
        raise _tagged(path, node, place)
    match node:
        case yaml.MappingNode():
            return _map(node, path, place)
        case yaml.SequenceNode():
            items = cast("list[yaml.Node]", node.value)
            return [_plain(item, path, f"{place}[{index}]") for index, item in enumerate(items)]
        case _:
            return _scalar(cast("yaml.ScalarNode", node), path, place)


def _map(node: yaml.MappingNode, path: Path, place: str) -> dict[Any, Any]:
    entries: dict[Any, Any] = {}
    for key_node, value_node in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        if not isinstance(key_node, yaml.ScalarNode):
            raise _bad(path, key_node, "expected a scalar as a key", place)
        key = _scalar(key_node, path, place)
        if key in entries:
            raise _bad(path, key_node, f"key {key!r} appears twice", place)
        entries[key] = _plain(value_node, path, f"{place}.{key}" if place else str(key))
    return entries


def _scalar(node: yaml.ScalarNode, path: Path, place: str) -> Any:
    tag = node.tag.removeprefix(_TAG)
    if tag not in _SCALARS:
        raise _tagged(path, node, place)
    try:
        return _SCALARS[tag](node.value)
    except ValueError as error:
        raise _bad(path, node, f"not of type {tag}: {error}", place) from error


def _integer(text: str) -> int:
    value = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if value not in _INTEGERS:
        raise ValueError("more than 64 bits")
    return value


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": lambda text: float(re.sub(r"\.(?=[in])", "", text.lower())),
    "str": str,
    "binary": lambda text: base64.b64decode("".join(text.split()), validate=True),
}


def _at(root: yaml.Node, place: str) -> yaml.Node:
    """Return the innermost node on the path to a place, such as `nodes.plan.body[0]`."""
    node = root
    for name in _NAME.findall(place):
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
            inner = next((value for key, value in pairs if key.value == name), None)
        elif isinstance(node, yaml.SequenceNode) and name.isdigit():
            items = cast("list[yaml.Node]", node.value)
            inner = items[int(name)] if int(name) < len(items) else None
        if inner is None:
            break
        node = inner
    return node


def _tagged(path: Path, node: yaml.Node, place: str) -> BadFileError:
    problem = f"expected plain data, got the tag {node.tag.replace(_TAG, '!!')}"
    return _bad(path, node, problem, place)


def _where(path: Path, node: yaml.Node, place: str) -> str:
    line = f"{path}, line {node.start_mark.line + 1}"
    return f"{line}, {place}" if place else line


def _bad(path: Path, node: yaml.Node, problem: str, place: str = "") -> BadFileError:
    return BadFileError(problem, where=_where(path, node, place), hint=_HELP)
