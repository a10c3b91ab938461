"""Environments for making corpora: another LangGraph, or another interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata

from parity_kit.candidates.environment import Recipe
from parity_kit.contract.errors import UsageError
from parity_kit.corpora.drift.interpreters import Interpreter

_KIT = "parity-kit"
# The kit's dependencies that making corpora does not need; some of them are large.
_UNUSED = {"hypothesis", "jinja2", "matplotlib", "pandas", "psutil", "pyperf", "uv"}
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_BASELINE = re.compile(r"(?:langgraph(?:==|-))?(\d[\w.!]*)")
_HINT = "check the versions, and that the package index is reachable; other pins: --with"


def baseline_name(requirement: str, extra: Iterable[str] = ()) -> str:
    """Return a baseline's name: `langgraph-1.1.10`, and any extra requirements.

    Raises:
        UsageError: If `requirement` is not an exact release of LangGraph.
    """
    more = sorted(re.sub(r"[^\w.]+", "-", requirement.strip()).strip("-") for requirement in extra)
    return "+".join([f"langgraph-{_release(requirement)}", *more])


def _release(requirement: str) -> str:
    matched = _BASELINE.fullmatch(requirement.strip())
    if matched is None:
        raise UsageError(
            f"not a release of LangGraph: {requirement!r}",
            hint="name one exactly, like langgraph==1.1.10",
        )
    return matched[1]


def baseline_recipe(requirement: str, extra: Iterable[str] = ()) -> Recipe:
    """Return the environment of another release of LangGraph.

    The resolver chooses LangGraph's own parts (its checkpoint and saver distributions); all others
    are as in the kit's own environment, so that any difference is LangGraph's.

    Raises:
        UsageError: If `requirement` is not an exact release of LangGraph.
    """
    extra = tuple(extra)
    asked = {"langgraph", *map(_normal, extra)}
    wanted = [f"langgraph=={_release(requirement)}", *extra]
    wanted += [
        name if name.startswith("langgraph") else _pinned(name)
        for name in _needed()
        if name not in asked
    ]
    name = f"oracle-{baseline_name(requirement, extra)}"
    return Recipe(name, tuple(wanted), f"baseline {requirement}", _HINT)


def installed_recipe(requirement: str, pins: Iterable[str], more: Iterable[str] = ()) -> Recipe:
    """Return the kit's own environment after an installer brought in `pins` and `more`.

    Raises:
        UsageError: If `requirement` is not an exact release of LangGraph.
    """
    wanted = {_normal(pin): pin for pin in (*more, *pins)}
    others = {name: _pinned(name) for name in _needed() if name not in wanted}
    name = f"upgrade-{baseline_name(requirement)}"
    requirements = (*others.values(), *wanted.values())
    return Recipe(name, requirements, f"release {requirement}", _HINT)


def interpreter_recipe(interpreter: Interpreter) -> Recipe:
    """Return the environment of the installed oracle, in another interpreter."""
    wanted = tuple(_pinned(name) for name in _needed())
    owner, python = f"Python {interpreter.version}", str(interpreter.path)
    return Recipe("oracle", wanted, owner, _HINT, python=python, version=interpreter.version)


def _pinned(name: str) -> str:
    return f"{name}=={metadata.version(name)}"


def _needed() -> list[str]:
    """Return the distributions that the kit depends on and making corpora needs, by name."""
    lines = metadata.requires(_KIT) or []
    names = [_normal(line) for line in lines if "extra ==" not in line]
    return [name for name in names if name not in _UNUSED]


def _normal(requirement: str) -> str:
    matched = _NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", matched[0]).lower() if matched else requirement
