"""What a corpus needs besides LangGraph to be regenerated, and whether this machine has it.

A generator declares it as a literal: `REQUIRES = ("postgresql",)`. If it is missing, the corpus is
reported and not regenerated; the committed file stays, and the gate compares with it as usual.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from parity_kit.contract.errors import UsageError


@dataclass(frozen=True, slots=True)
class Requirement:
    """A check for what is missing, and the distributions that shape the bytes made with it."""

    missing: Callable[[], str]
    distributions: tuple[str, ...]


def _postgresql() -> str:
    from parity_kit.reference.postgres_server import missing  # noqa: PLC0415  # loads LangGraph

    return missing()


KNOWN: Mapping[str, Requirement] = {
    "postgresql": Requirement(_postgresql, ("langgraph-checkpoint-postgres",)),
}


def required(generator: Path) -> tuple[str, ...]:
    """Return the requirements that a generator declares, without running it."""
    try:
        body = ast.parse(generator.read_text(encoding="utf-8")).body
    except SyntaxError:
        return ()  # importing it says what is wrong
    for statement in body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "REQUIRES":
            return tuple(ast.literal_eval(statement.value))
    return ()


def missing(names: Iterable[str]) -> str:
    """Return what this machine lacks and how to get it, or nothing.

    Raises:
        UsageError: If a name is not known.
    """
    return "; ".join(reason for name in names if (reason := _requirement(name).missing()))


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of the distributions that requirements add to the oracle."""
    return {
        distribution: version(distribution)
        for name in names
        for distribution in _requirement(name).distributions
    }


def _requirement(name: str) -> Requirement:
    if name not in KNOWN:
        raise UsageError(f"no requirement {name!r}", hint=f"known are {', '.join(KNOWN)}")
    return KNOWN[name]
