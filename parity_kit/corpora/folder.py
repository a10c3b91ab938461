"""Reads and writes a folder of corpora as a whole."""

from __future__ import annotations

import gc
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from parity_kit.contract.canonical import digest
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.files import is_there, write_atomically
from parity_kit.corpora.corpus import REBUILD, Corpus, CorpusName, parse, read_bytes
from parity_kit.corpora.manifest import MANIFEST, Entry, Manifest, entry_of, read_manifest


def corpus_file(fixtures: Path, name: str) -> Path:
    """Return the path of a corpus."""
    return fixtures / f"{name}.msgpack"


def index_file(fixtures: Path, name: str) -> Path:
    """Return the path of a corpus's index."""
    return fixtures / f"{name}.index"


def select(known: Iterable[CorpusName], wanted: Collection[str]) -> list[CorpusName]:
    """Return the requested corpora, in order; all of them if none is named.

    Raises:
        UsageError: If a requested corpus is not known.
    """
    names = sorted(known)
    if unknown := sorted(set(wanted) - set(names)):
        raise UsageError(
            f"no corpus {unknown[0]!r}", hint=f"the corpora are {', '.join(names) or 'none'}"
        )
    return [name for name in names if not wanted or name in wanted]


def read_corpora(fixtures: Path, wanted: Collection[str] = ()) -> tuple[Corpus, ...]:
    """Return the committed corpora, and check their files against the manifest.

    Raises:
        BadFileError: If a file is missing, broken, or not the one the manifest lists.
        UsageError: If a requested corpus is not in the manifest.
    """
    manifest = read_manifest(fixtures)
    with _without_collecting():
        return tuple(
            _read_checked(corpus_file(fixtures, name), name, manifest.corpora[name])
            for name in select(manifest.corpora, wanted)
        )


@contextmanager
def _without_collecting() -> Generator[None]:
    """Pause garbage collection while making many small objects that all stay: it saves a third."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def read_listed(path: Path, entry: Entry) -> bytes:
    """Return a corpus's bytes, checked against the manifest.

    Raises:
        BadFileError: If the file is missing, or not the one the manifest lists.
    """
    data = read_bytes(path)
    if len(data) != entry.bytes:
        raise BadFileError(
            f"expected {entry.bytes} bytes as {MANIFEST} lists, found {len(data)}",
            where=str(path),
            hint=REBUILD,
        )
    if digest(data) != entry.sha256:
        raise BadFileError(
            f"expected the SHA-256 {entry.sha256[:12]}… that {MANIFEST} lists, found "
            f"{digest(data)[:12]}…",
            where=str(path),
            hint=REBUILD,
        )
    return data


def _read_checked(path: Path, name: CorpusName, entry: Entry) -> Corpus:
    corpus = parse(read_listed(path, entry), path)
    if corpus.name != name or len(corpus.traces) != entry.cases:
        raise BadFileError(
            f"expected corpus {name} with {entry.cases} cases, found {corpus.name} with "
            f"{len(corpus.traces)}",
            where=str(path),
            hint=REBUILD,
        )
    return corpus


def write_corpora(
    fixtures: Path,
    corpora: Iterable[Corpus],
    oracle: Mapping[str, str],
    python: str,
    needs: Mapping[CorpusName, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Write corpora with their indexes, and update the manifest.

    `needs` holds the versions that some of them needed besides the oracle. Entries of other corpora
    stay, unless their file is gone.
    """
    fixtures.mkdir(parents=True, exist_ok=True)
    entries: dict[CorpusName, Entry] = {}
    if is_there(fixtures / MANIFEST):
        entries.update(read_manifest(fixtures).corpora)
    for corpus in corpora:
        data = corpus.pack()
        write_atomically(corpus_file(fixtures, corpus.name), data)
        write_atomically(index_file(fixtures, corpus.name), corpus.index())
        entries[corpus.name] = entry_of(corpus, data, needs.get(corpus.name, {}))
    kept = {name: entry for name, entry in entries.items() if corpus_file(fixtures, name).is_file()}
    manifest = Manifest(oracle, python, kept)
    write_atomically(fixtures / MANIFEST, manifest.to_json())
