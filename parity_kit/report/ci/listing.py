"""A listing of divergences: a line for each one that has no line of its own in an index.

GitHub tells alerts apart by rule, file, line and fingerprint, so each needs a line. The listing
stands beside the SARIF file. Committed, it keeps the lines where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

SUFFIX = ".txt"
"""What a listing's name has after that of its SARIF file."""


@dataclass(slots=True)
class Listing:
    """Lines that are added at the end, so that none moves."""

    path: Path
    lines: list[str] = field(default_factory=list[str])

    @classmethod
    def beside(cls, sarif: Path) -> Self:
        """Return the listing that belongs to a SARIF file, with the lines that it has already."""
        path = sarif.with_name(f"{sarif.name}{SUFFIX}")
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return cls(path, text.removesuffix("\n").split("\n") if text else [])

    def line(self, text: str) -> int:
        """Return the number of a line, which is added if it is new."""
        if text not in self.lines:
            self.lines.append(text)
        return self.lines.index(text) + 1

    @property
    def text(self) -> str:
        """The content of the file."""
        return "".join(f"{line}\n" for line in self.lines)
