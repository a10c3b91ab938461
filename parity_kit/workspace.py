"""A workspace: the directory with a `parity.toml`, and where things are in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parity_kit.errors import UsageError

MARKER = "parity.toml"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory with a `parity.toml`."""

    root: Path

    @property
    def fixtures(self) -> Path:
        """The committed corpora."""
        return self.root / "fixtures"

    @property
    def regressions(self) -> Path:
        """Shrunk divergences worth keeping, one case a file."""
        return self.fixtures / "regressions"

    @property
    def generators(self) -> Path:
        """One file a corpus."""
        return self.root / "generators"

    @property
    def candidates(self) -> Path:
        """One folder a candidate."""
        return self.root / "candidates"

    @property
    def reports(self) -> Path:
        """Where runs land."""
        return self.root / "reports"

    @property
    def cache(self) -> Path:
        """What can be made again: environments, example databases."""
        return self.root / ".parity"

    @property
    def imported(self) -> Path:
        """Corpora of a user's own data, private: version control leaves them alone."""
        return self.cache / "imported"


def find(start: Path | None = None) -> Workspace:
    """Return the workspace that `start` (or the current directory) is in.

    Raises:
        UsageError: If no directory upwards holds a `parity.toml`.
    """
    here = (start or Path.cwd()).resolve()
    for directory in (here, *here.parents):
        if (directory / MARKER).is_file():
            return Workspace(directory)
    raise UsageError(
        f"no {MARKER} here or in a directory above",
        where=str(here),
        hint="change into a workspace (a clone of Parity Kit is one), or name one: --workspace DIR",
    )
