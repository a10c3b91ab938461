"""What tests of several modules begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.folder import read_corpora, write_corpora
from parity_kit.corpora.manifest import Entry, read_manifest

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="session")
def some_corpora() -> Callable[..., Mapping[CorpusName, Entry]]:
    """Return a function that gives a workspace a few of the committed corpora, to be quick.

    Of each it takes `every` so many-th case. The function returns their entries in the manifest.
    """
    manifest = read_manifest(FIXTURES)

    def write(workspace: Path, *names: str, every: int = 1) -> Mapping[CorpusName, Entry]:
        corpora = [
            replace(corpus, traces=corpus.traces[::every])
            for corpus in read_corpora(FIXTURES, names)
        ]
        write_corpora(workspace / "fixtures", corpora, manifest.oracle, manifest.python)
        return read_manifest(workspace / "fixtures").corpora

    return write
