"""A workspace: the directory with a `parity.toml`, and where things are in it.

Corpora and their generators belong together: a workspace with a `fixtures/MANIFEST.json`, which
`fixtures build` makes, has its own of both; any other has those that the package brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parity_kit.contract.errors import UsageError

MARKER = "parity.toml"

_PACKAGE = Path(__file__).parents[1]
INSTALLED = (_PACKAGE / "bundled").is_dir()
"""Whether this is an installed package, not a checkout."""
BUNDLED = _PACKAGE / "bundled" if INSTALLED else _PACKAGE.parent
"""What the package brings: corpora, generators, `pure`. In a checkout they lie beside it."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory with a `parity.toml`; `builds` says that it makes its first corpora."""

    root: Path
    builds: bool = False

    @property
    def has_own_corpora(self) -> bool:
        """Whether its corpora and their generators are its own, not those of the package."""
        return self.builds or (self.root / "fixtures" / "MANIFEST.json").is_file()

    @property
    def fixtures(self) -> Path:
        """The committed corpora."""
        return (self.root if self.has_own_corpora else BUNDLED) / "fixtures"

    @property
    def regressions(self) -> Path:
        """Shrunk divergences worth keeping, one case a file."""
        return self.root / "fixtures" / "regressions"

    @property
    def generators(self) -> Path:
        """One file a corpus."""
        return (self.root if self.has_own_corpora else BUNDLED) / "generators"

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


def find_workspace(start: Path | None = None) -> Workspace:
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
        hint="make this a workspace: parity-kit init; or name one: --workspace DIR",
    )
