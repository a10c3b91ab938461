"""The settings of a workspace: what `parity.toml` says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from typing import Any, cast

from parity_kit.coverage import Floors
from parity_kit.errors import BadManifestError
from parity_kit.workspace import MARKER, Workspace


@dataclass(frozen=True, slots=True)
class Settings:
    """Which candidates `parity-kit parity` judges, and what a search must reach.

    Those in `ours` decide its exit code; what `others` do is shown.
    """

    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    floors: Floors = field(default_factory=Floors)


def read_settings(space: Workspace) -> Settings:
    """Return a workspace's settings.

    Raises:
        BadManifestError: Naming the key that breaks a rule.
    """
    path = space.root / MARKER
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadManifestError(f"cannot be read: {error}", where=str(path)) from error
    known = ("ours", "others", "floors")
    if unknown := sorted(set(data) - set(known)):
        raise BadManifestError(
            f"unknown key {unknown[0]!r}", where=str(path), hint=f"keys are {', '.join(known)}"
        )
    ours, others = (_names(data.get(key, []), key, str(path)) for key in ("ours", "others"))
    return Settings(ours, others, _floors(data.get("floors", {}), str(path)))


def _floors(value: Any, where: str) -> Floors:
    table = cast("dict[str, Any]", value if isinstance(value, dict) else {"": value})
    known = [each.name for each in fields(Floors)]
    for key, share in table.items():
        if key not in known or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise BadManifestError(
                f"`floors` must be a table of {' and '.join(known)}, each from 0 to 1", where=where
            )
    return Floors(**table)


def _names(value: Any, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(each, str) for each in cast("list[Any]", value)
    ):
        raise BadManifestError(f"`{key}` must be a list of candidates' names", where=where)
    return tuple(cast("list[str]", value))
