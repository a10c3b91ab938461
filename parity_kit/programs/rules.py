"""Small checks for every part of a program; their errors name the place of the broken rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from parity_kit.contract.errors import BadProgramError


def mapping(value: Any, where: str, expected: str = "a map") -> dict[str, Any]:
    """Return `value` if it is a map with text keys."""
    if not isinstance(value, Mapping):
        raise BadProgramError(f"expected {expected}", where=where)
    entries = cast("Mapping[Any, Any]", value)
    for key in entries:
        if not isinstance(key, str):
            raise BadProgramError(f"key {key!r} is not text", where=where)
    return cast("dict[str, Any]", entries)


def keys(value: Any, allowed: Collection[str], needed: Collection[str], where: str) -> Any:
    """Return `value` if it is a map with all `needed` keys and no keys outside `allowed`."""
    entries = mapping(value, where)
    if unknown := sorted(set(entries) - set(allowed)):
        raise BadProgramError(f"unknown key {unknown[0]!r}", where=where)
    if missing := sorted(set(needed) - set(entries)):
        raise BadProgramError(f"key {missing[0]!r} is missing", where=where)
    return entries


def items(
    value: Any, where: str, length: int | None = None, problem: str | None = None
) -> list[Any]:
    """Return `value` if it is a list, of `length` elements if that is given."""
    if not isinstance(value, (list, tuple)):
        raise BadProgramError(problem or "expected a list", where=where)
    elements = list(cast("list[Any]", value))
    if length is not None and len(elements) != length:
        raise BadProgramError(problem or f"expected {length} elements", where=where)
    return elements


def text(value: Any, where: str, problem: str = "expected text") -> str:
    """Return `value` if it is a string."""
    if not isinstance(value, str):
        raise BadProgramError(problem, where=where)
    return value


def flag(value: Any, where: str) -> bool:
    """Return `value` if it is true or false."""
    if not isinstance(value, bool):
        raise BadProgramError("expected true or false", where=where)
    return value


def nothing(value: Any, where: str, problem: str) -> None:
    """Check that `value` is null."""
    if value is not None:
        raise BadProgramError(problem, where=where)


def seconds(value: Any, where: str) -> float:
    """Return `value` if it is a number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise BadProgramError("expected a number of seconds", where=where)
    return value


def one_of(value: Any, choices: Collection[str], where: str, noun: str) -> str:
    """Return `value` if it is one of the choices; `noun` names their kind."""
    if not isinstance(value, str) or value not in choices:
        raise BadProgramError(f"no {noun} {value!r}; one of {', '.join(choices)}", where=where)
    return value


def node(name: Any, nodes: Collection[str], where: str) -> str:
    """Return `name` if it names a node."""
    if not isinstance(name, str) or name not in nodes:
        raise BadProgramError(f"no node {name!r}; the nodes are {', '.join(nodes)}", where=where)
    return name
