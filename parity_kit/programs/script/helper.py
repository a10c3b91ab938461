"""A helper of a script: a function that it holds only if it needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper's source, and the imports and helpers that it needs."""

    source: str
    needs: tuple[str, ...] = ()
