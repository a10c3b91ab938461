"""Where a CI system can point at: the candidate's file, or the line of a fixture in its index."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from parity_kit.candidates.manifest import FILE
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.corpora.folder import index_file
from parity_kit.report.ci.account import FIXTURES, Problem


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A line of a file, its path relative to the repository's root."""

    file: str
    line: int = 1

    @property
    def uri(self) -> str:
        """The path as a relative URI."""
        return quote(self.file)


@dataclass(slots=True)
class SourceLocations:
    """Finds source locations in a workspace; an index is read when it is first needed."""

    workspace: Workspace
    _lines: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    def of(self, problem: Problem) -> SourceLocation:
        """Return where a problem is shown: at its case, or at the manifest of its candidate.

        Without a manifest it is at the workspace's file.
        """
        if (place := self.of_case(problem)) is not None:
            return place
        manifest = self.workspace.candidates / problem.candidate / FILE
        return SourceLocation(
            (self._relative(manifest) if manifest.is_file() else "")
            or self._relative(self.workspace.root / MARKER)
            or MARKER
        )

    def of_case(self, problem: Problem) -> SourceLocation | None:
        """Return a committed case's line in its index, if the corpora are this repository's."""
        corpus = problem.gate.removeprefix("corpus ")
        if corpus != problem.gate and self.workspace.has_own_corpora:
            index = self._relative(index_file(self.workspace.fixtures, corpus))
            line = self._index(corpus).get(problem.case)
            if index and (line or problem.candidate == FIXTURES):
                return SourceLocation(index, line or 1)
        return None

    def relative(self, path: Path) -> str:
        """Return a path from the repository's root, or its name if it lies outside."""
        return self._relative(path.resolve()) or path.name

    def _index(self, corpus: str) -> dict[str, int]:
        if corpus not in self._lines:
            file = index_file(self.workspace.fixtures, corpus)
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            rows = enumerate(text.splitlines(), 1)
            self._lines[corpus] = {row.partition("  ")[0]: number for number, row in rows}
        return self._lines[corpus]

    def _relative(self, path: Path) -> str:
        """Return a path from the repository's root, or nothing if it lies outside."""
        root = self.workspace.root
        holder = next((item for item in (root, *root.parents) if (item / ".git").exists()), root)
        return path.relative_to(holder).as_posix() if path.is_relative_to(holder) else ""
