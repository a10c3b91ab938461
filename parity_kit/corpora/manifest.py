"""`MANIFEST.json`: the oracle that made the corpora, and the digests of their files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates.workspace import MANIFEST
from parity_kit.contract.canonical import digest
from parity_kit.contract.errors import BadFileError, DriftError
from parity_kit.corpora.corpus import FORMAT, REBUILD, Corpus, CorpusName, read_bytes

_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """The manifest's entry for one corpus.

    `needs` holds the versions of distributions that shaped its bytes but are not in every
    environment (`parity_kit.corpora.requirements`).
    """

    cases: int
    bytes: int
    sha256: str
    needs: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Manifest:
    """The oracle's versions, its Python implementation, and an entry for each corpus."""

    oracle: Mapping[str, str]
    python: str
    corpora: Mapping[CorpusName, Entry]

    def to_json(self) -> str:
        """Return the content of the file."""
        content = {
            "format": FORMAT,
            "oracle": dict(sorted(self.oracle.items())),
            "python": self.python,
            "corpora": {name: _entry_to_json(self.corpora[name]) for name in sorted(self.corpora)},
        }
        return json.dumps(content, indent=2) + "\n"

    def check_oracle(self, installed: Mapping[str, str], python: str) -> None:
        """Check that the installed oracle is the one the corpora were made with.

        Raises:
            DriftError: Naming each distribution that differs.
        """
        wanted = {**self.oracle, "python implementation": self.python}
        _compare(wanted, {**installed, "python implementation": python})

    def check_needs(self, name: CorpusName, installed: Mapping[str, str]) -> None:
        """Check that the versions of other distributions that shaped a corpus are installed.

        Raises:
            DriftError: Naming each distribution that differs.
        """
        if name in self.corpora:
            _compare(self.corpora[name].needs, installed)


def _compare(wanted: Mapping[str, str], installed: Mapping[str, str]) -> None:
    drifted = [
        f"{name} is {installed.get(name, 'missing')}, the fixtures were made with {version}"
        for name, version in wanted.items()
        if installed.get(name) != version
    ]
    if drifted:
        raise DriftError(
            "; ".join(drifted),
            where=MANIFEST,
            hint="install the versions of the manifest (pip install -e . does), or adopt the "
            "new oracle on purpose: parity-kit oracle bump langgraph==VERSION",
        )


def _entry_to_json(entry: Entry) -> dict[str, object]:
    return {name: value for name, value in asdict(entry).items() if name != "needs" or value}


def entry_of(corpus: Corpus, data: bytes, needs: Mapping[str, str]) -> Entry:
    """Return the manifest's entry for a corpus, from its bytes and the versions they needed."""
    return Entry(len(corpus.traces), len(data), digest(data), dict(needs))


def _entry(name: str, entry: Mapping[str, Any]) -> tuple[CorpusName, Entry]:
    """Return an entry of the file; a corpus's name is also the name of its file."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a corpus")
    match entry:
        case {"cases": int(cases), "bytes": int(size), "sha256": str(sha256), **rest}:
            needs = cast("Mapping[str, str]", rest.pop("needs", {}))
            if not rest:
                return CorpusName(name), Entry(cases, size, sha256, dict(needs))
        case _:
            pass
    raise TypeError(f"the entry of {name} is {entry!r}")


def read_manifest(fixtures: Path) -> Manifest:
    """Return the manifest of a folder of corpora.

    Raises:
        BadFileError: If the file is missing or is not a manifest.
    """
    path = fixtures / MANIFEST
    text = read_bytes(path)
    try:
        content = cast("dict[str, Any]", json.loads(text))
        version = content["format"]
        manifest = Manifest(
            {str(name): str(version) for name, version in content["oracle"].items()},
            str(content["python"]),
            dict(_entry(name, entry) for name, entry in content["corpora"].items()),
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadFileError(
            f"expected a manifest with format, oracle, python and corpora ({error!r})",
            where=str(path),
            hint=REBUILD,
        ) from error
    if version != FORMAT:
        raise BadFileError(
            f"expected fixture format {FORMAT}, found {version!r}", where=str(path), hint=REBUILD
        )
    return manifest
