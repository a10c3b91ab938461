"""A workspace: a directory with a `parity.toml`, and the paths in it.

Corpora and their generators belong together: a workspace with a `fixtures/MANIFEST.json`, which
`fixtures build` writes, has its own; any other uses the bundled ones.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from parity_kit.contract.errors import UsageError

MARKER = "parity.toml"
CACHE = "PARITY_KIT_CACHE"
"""The variable that names another folder for the cache; the kit's own processes inherit it."""
_OWN_CACHE = ".parity"

_PACKAGE = Path(__file__).parents[1]
INSTALLED = (_PACKAGE / "bundled").is_dir()
"""Whether this is an installed package, not a checkout."""
BUNDLED = _PACKAGE / "bundled" if INSTALLED else _PACKAGE.parent
"""Where corpora, generators and `pure` come from; in a checkout they lie beside the package."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory with a `parity.toml`; `builds` is set while it makes its first corpora."""

    root: Path
    builds: bool = False

    @property
    def has_own_corpora(self) -> bool:
        """Whether it has its own corpora and generators, not the bundled ones."""
        return self.builds or (self.root / "fixtures" / "MANIFEST.json").is_file()

    @property
    def fixtures(self) -> Path:
        """The committed corpora."""
        return (self.root if self.has_own_corpora else BUNDLED) / "fixtures"

    @property
    def regressions(self) -> Path:
        """Shrunk divergences worth keeping, one case per file."""
        return self.root / "fixtures" / "regressions"

    @property
    def generators(self) -> Path:
        """One file per corpus."""
        return (self.root if self.has_own_corpora else BUNDLED) / "generators"

    @property
    def candidates(self) -> Path:
        """One folder per candidate."""
        return self.root / "candidates"

    @property
    def reports(self) -> Path:
        """Where runs write their reports."""
        return self.root / "reports"

    @property
    def cache(self) -> Path:
        """Files that can be made again: environments, example databases.

        It is `PARITY_KIT_CACHE` (`--cache`), or `.parity` in the workspace, or if nothing may be
        written there a folder of the user's cache.
        """
        if named := os.environ.get(CACHE):
            return Path(named).absolute()
        own = self.root / _OWN_CACHE
        if os.access(own if own.exists() else self.root, os.W_OK):
            return own
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(base, "parity-kit", f"{self.root.name}-{digest}")

    @property
    def imported(self) -> Path:
        """Corpora of a user's own data: private, and ignored by version control."""
        return self.root / _OWN_CACHE / "imported"


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
        f"no {MARKER} here or in a parent directory",
        where=str(here),
        hint="run `parity-kit init` to make this a workspace, or pass --workspace DIR",
    )
