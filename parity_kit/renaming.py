"""Renaming what an engine may choose freely: ids and times, by their first appearance.

Below the bytes level two engines agree if one's ids can be renamed into the other's: the same id in
the same places. Each side gets a `Renamer` of its own, which lasts for a whole case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from parity_kit.plain import Ext, Plain
from parity_kit.values import open_value

_FREE = re.compile(
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b)"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)"
    r"|(?P<version>\b\d{32}\.[0-9.e-]+)"
)


class Renamer:
    """Renames ids, times and version strings of one side of one case."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def value(self, value: Plain) -> Plain:
        """Return a value, opened where it can be, with what is free renamed."""
        if isinstance(value, str):
            return _FREE.sub(self._name, value)
        if isinstance(value, Ext):
            try:
                opened = open_value(value)
            except ValueError:
                return value
            return self.value(opened) if not isinstance(opened, Ext) else opened
        if isinstance(value, Mapping):
            entries = cast("Mapping[Plain, Plain]", value)
            return {self.value(key): self.value(each) for key, each in entries.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(each) for each in cast("Sequence[Plain]", value)]
        return value

    def _name(self, match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        text = match.group()
        if text not in self._names:
            number = sum(name.startswith(f"<{kind} ") for name in self._names.values()) + 1
            self._names[text] = f"<{kind} {number}>"
        return self._names[text]
