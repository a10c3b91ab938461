"""What installing another release of LangGraph would really change, and the environment of it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parity_kit.candidates.environment import find_uv
from parity_kit.contract.errors import UsageError

_LINE = re.compile(r"\s*([-+])\s+([\w.-]+)==(\S+)")
_LAST_LINES = 4
NONE = "—"
"""Stands for the version of a package that is not installed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an installer would change: versions before and after, by package."""

    changes: Mapping[str, tuple[str, str]]

    @property
    def pins(self) -> tuple[str, ...]:
        """The requirements of the packages that it installs."""
        return tuple(f"{name}=={new}" for name, (_, new) in self.changes.items() if new != NONE)


def plan_of(requirements: Iterable[str]) -> Plan:
    """Ask the resolver what installing these into the kit's own environment would change.

    As with `pip install`, what is installed stays unless a requirement forbids it.

    Raises:
        UsageError: If there is no resolver, or it finds no solution.
    """
    wanted = list(requirements)
    uv = find_uv()
    if uv is None:
        raise UsageError("there is no uv to resolve requirements", hint="pip install uv")
    command = [uv, "pip", "install", "--dry-run", "--python", sys.executable, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "".join(f"\n    {line}" for line in done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise UsageError(
            f"cannot be installed here: {', '.join(wanted)}{said}",
            hint="check the versions, and that the package index is reachable",
        )
    return Plan(_changes(done.stderr))


def _changes(printed: str) -> dict[str, tuple[str, str]]:
    changes: dict[str, tuple[str, str]] = {}
    for match in map(_LINE.fullmatch, printed.splitlines()):
        if match is not None:
            sign, name, version = match.groups()
            before, after = changes.get(name, (NONE, NONE))
            changes[name] = (version, after) if sign == "-" else (before, version)
    return {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
