"""Channel versions: numbers without a saver, sortable text with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

NextVersion: TypeAlias = Callable[[Any], Any]


def null_version(versions: Mapping[str, Any]) -> Any:
    """Return the version that sorts before all others of the same type."""
    return type(next(iter(versions.values())))()


def newer_versions(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the versions that are newer than in `before`."""
    if not before:
        return dict(now)
    nothing = null_version(now)
    return {name: version for name, version in now.items() if version > before.get(name, nothing)}
