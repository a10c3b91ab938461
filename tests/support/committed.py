"""How many cases the committed corpora have, for tests that run whole ones."""

from __future__ import annotations

from pathlib import Path

from parity_kit.corpora.manifest import read_manifest

_CORPORA = read_manifest(Path(__file__).parents[2] / "fixtures").corpora


def cases_of(corpus: str) -> int:
    """Return the number of cases of a corpus."""
    return next(entry.cases for name, entry in _CORPORA.items() if name == corpus)
