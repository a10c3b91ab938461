"""A workspace: a directory with a `parity.toml`, and the paths in it.

Corpora and their generators belong together: a workspace with a `fixtures/MANIFEST.json`, which
`fixtures build` writes, has its own; any other uses the bundled ones. If its `parity.toml` names
another oracle, it uses what the bundled generators make with that one, kept in its cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from parity_kit.contract.errors import BadFileError, BadManifestError, UsageError
from parity_kit.contract.files import is_there, read_text

MARKER = "parity.toml"
MANIFEST = "MANIFEST.json"
"""The file of a folder of corpora that says what made them."""
CACHE = "PARITY_KIT_CACHE"
"""The variable that names another folder for the cache; the kit's own processes inherit it."""
_OWN_CACHE = ".parity"

_PACKAGE = Path(__file__).resolve().parents[1]  # other environments see it through a link
INSTALLED = (_PACKAGE / "bundled").is_dir()
"""Whether this is an installed package, not a checkout."""
BUNDLED = _PACKAGE / "bundled" if INSTALLED else _PACKAGE.parent
"""Where corpora, generators and `pure` come from; in a checkout they lie beside the package."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory with a `parity.toml`; `builds` is set while it makes its first corpora.

    `oracle` holds the exact requirements of another oracle than the kit's, LangGraph's first.
    """

    root: Path
    builds: bool = False
    oracle: tuple[str, ...] = ()

    @property
    def has_own_corpora(self) -> bool:
        """Whether it has its own corpora and generators, not the bundled ones."""
        return self.builds or is_there(self.root / "fixtures" / MANIFEST)

    @property
    def fixtures(self) -> Path:
        """The committed corpora; those of another oracle, where one is named."""
        if self.oracle:
            made_from = (*self.oracle, (BUNDLED / "fixtures" / MANIFEST).read_text("utf-8"))
            digest = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:12]
            release = self.oracle[0].replace("==", "-")
            return self.cache / "oracles" / f"{release}-{digest}"
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

    @property
    def trusted_types(self) -> frozenset[str]:
        """The types in imported corpora that this workspace's user lets LangGraph build."""
        return frozenset(read_text(self._trusted).split() if is_there(self._trusted) else ())

    def trust_types(self, types: Collection[str]) -> None:
        """Let LangGraph build these types (`module.Name`) in imported corpora."""
        self._trusted.parent.mkdir(parents=True, exist_ok=True)
        lines = sorted({*self.trusted_types, *types})
        self._trusted.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    @property
    def _trusted(self) -> Path:
        return self.root / _OWN_CACHE / "trusted-types"


def find_workspace(start: Path | None = None) -> Workspace:
    """Return the workspace that `start` (or the current directory) is in.

    Raises:
        BadManifestError: If the oracle that it names is no exact release.
        UsageError: If no directory upwards holds a `parity.toml`.
    """
    here = (start or Path.cwd()).resolve()
    for directory in (here, *here.parents):
        if directory.is_dir() and is_there(directory / MARKER):
            return Workspace(directory, oracle=_named_oracle(directory))
    raise UsageError(
        f"no {MARKER} here or in a parent directory",
        where=str(here),
        hint="run `parity-kit init` to make this a workspace, or pass --workspace DIR",
    )


def _named_oracle(root: Path) -> tuple[str, ...]:
    """Return the requirements under `[oracle]`; none if it is what made the workspace's corpora."""
    try:
        named = tomllib.loads(read_text(root / MARKER)).get("oracle")
    except (BadFileError, ValueError, RecursionError):
        return ()  # whoever reads the settings says what is wrong
    if named is None:
        return ()
    versions = cast("dict[str, object]", named if isinstance(named, dict) else {})
    if "langgraph" not in versions or not all(map(_is_version, versions.values())):
        raise BadManifestError(
            "names no exact release",
            where=f"{root / MARKER}: key `oracle`",
            hint='like this: langgraph = "1.1.10"; other distributions may follow',
        )
    corpora = Workspace(root).fixtures / MANIFEST
    try:
        made_with = json.loads(read_text(corpora))["oracle"]
    except (BadFileError, ValueError, RecursionError, KeyError, TypeError):
        return ()  # whoever reads the corpora says what is wrong
    if versions.items() <= made_with.items():
        return ()
    if Workspace(root).has_own_corpora:
        raise BadManifestError(
            "names another oracle than the one that made this workspace's own corpora",
            where=f"{root / MARKER}: key `oracle`",
            hint=f"they were made with langgraph {made_with.get('langgraph')}: remove the key",
        )
    names = sorted(versions, key=lambda name: (name != "langgraph", name))
    return tuple(f"{name}=={versions[name]}" for name in names)


def _is_version(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d[\w.!+]*", value) is not None
