"""Corpora made of a user's own data: private, and in chunks, so that none is ever held whole.

`.parity/imported/NAME/` holds `00001-DIGEST.msgpack` and so on, corpus files as
docs/fixture-format.md has it, an index of their cases' ids, and `MANIFEST.json`, which lists them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Trace
from parity_kit.contract.canonical import digest, pack
from parity_kit.contract.errors import BadFileError, UntrustedTypeError, UsageError
from parity_kit.contract.files import is_there, read_inside, write_atomically
from parity_kit.corpora.corpus import FORMAT, CorpusName, parse, read_bytes
from parity_kit.corpora.manifest import MANIFEST
from parity_kit.msgpack.buildable import BUILDABLE

PREFIX = "imported:"
"""What an imported corpus's name begins with where corpora of both kinds can be named."""

UNREAD = "not looked at: "
"""What a note on an imported corpus begins with that names the values it has no case for."""

_NOT_LOOKED_AT = {"encrypted": "encrypted values", "left_out": "values left out by the import"}
_MOST_TRACES = 1000
_MOST_BYTES = 4_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_AGAIN = "import it again: parity-kit fixtures import --replace"
_IDS = "index"
_SHORT = 12  # characters of a digest in a file's name
_FIX_ARRAY, _ARRAY_16 = 16, 1 << 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """One file of an imported corpus."""

    file: str
    cases: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ImportedCorpus:
    """An imported corpus on disk; every iteration over its traces reads its chunks anew."""

    name: CorpusName
    folder: Path
    chunks: tuple[Chunk, ...]
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])
    trusted: frozenset[str] = frozenset()
    """The types that its cases may let LangGraph build, beyond those that the kit knows."""

    @property
    def traces(self) -> ImportedTraces:
        """The traces."""
        return ImportedTraces(self)

    @property
    def notes(self) -> list[str]:
        """What of the database is not in the corpus, and so is judged by nobody."""
        counts = {
            reason: sum(cast("Mapping[str, int]", self.about.get(key, {})).values())
            for key, reason in _NOT_LOOKED_AT.items()
        }
        left = " and ".join(f"{count} {reason}" for reason, count in counts.items() if count)
        return [f"{UNREAD}{left}"] if left else []


@dataclass(frozen=True, slots=True)
class ImportedTraces:
    """The traces of an imported corpus: how many there are, and one after another."""

    corpus: ImportedCorpus

    def __len__(self) -> int:
        return sum(chunk.cases for chunk in self.corpus.chunks)

    def __iter__(self) -> Iterator[Trace]:
        for chunk in self.corpus.chunks:
            for trace in _read_chunk(self.corpus.folder, chunk):
                self._check_types(trace)
                yield trace

    def _check_types(self, trace: Trace) -> None:
        """Check that a case declares no type that this workspace's user never allowed."""
        declared: Any = trace.case.subject.spec.get("types", ())
        foreign = [
            (module, name)
            for module, name in cast("Sequence[Sequence[str]]", declared)
            if (module, name) not in BUILDABLE and f"{module}.{name}" not in self.corpus.trusted
        ]
        if foreign:
            hint = "import the database here, if you trust it as you trust code: --permissive"
            raise UntrustedTypeError(foreign, where=str(self.corpus.folder), hint=hint)


def _read_chunk(folder: Path, chunk: Chunk) -> tuple[Trace, ...]:
    path = folder / chunk.file
    data = read_inside(folder, chunk.file, hint=_AGAIN)
    if digest(data) != chunk.sha256:
        raise BadFileError(f"is not the file that {MANIFEST} lists", where=str(path), hint=_AGAIN)
    return parse(data, path).traces


def _chunk(entry: Mapping[str, Any]) -> Chunk:
    match entry:
        case {"file": str(file), "cases": int(cases), "bytes": int(size), "sha256": str(sha256)}:
            return Chunk(file, cases, size, sha256)
        case _:
            raise TypeError(f"a chunk is {entry!r}")


def imported_folder(workspace: Workspace, name: str) -> Path:
    """Return where an imported corpus is kept.

    Raises:
        UsageError: If that is no name for a folder.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name", hint="letters, digits, - _ . and no slash")
    return workspace.imported / name


def read_imported(workspace: Workspace, name: str) -> ImportedCorpus:
    """Return an imported corpus; its chunks are read when its traces are.

    Raises:
        BadFileError: If its manifest is broken.
        UsageError: If there is none of that name.
    """
    folder = imported_folder(workspace, name)
    path = folder / MANIFEST
    if not is_there(path):
        names = sorted(path.parent.name for path in workspace.imported.glob(f"*/{MANIFEST}"))
        raise UsageError(
            f"no imported corpus {name!r}",
            hint=f"there are {', '.join(names)}"
            if names
            else "make one: parity-kit fixtures import",
        )
    try:
        content = cast("dict[str, Any]", json.loads(read_bytes(path)))
        version = content["format"]
        chunks = tuple(map(_chunk, content["chunks"]))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadFileError(
            f"expected a manifest with format and chunks ({error!r})", where=str(path), hint=_AGAIN
        ) from error
    if version != FORMAT:
        raise BadFileError(
            f"expected fixture format {FORMAT}, found {version!r}", where=str(path), hint=_AGAIN
        )
    return ImportedCorpus(
        CorpusName(PREFIX + name), folder, chunks, content, workspace.trusted_types
    )


class ImportWriter:
    """Writes an imported corpus, holding no more than a chunk of it.

    It becomes visible, whole, when its manifest replaces the one before, in `finish`. Until then
    nothing that the manifest before lists has changed: files are named by their content.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._partial = folder.with_name(f".{folder.name}.partial")
        self._chunks: list[Chunk] = []
        self._held: list[bytes] = []
        self._bytes = 0
        self._names = bytearray()
        self._ids = hashlib.sha256()

    def __enter__(self) -> Self:
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True, mode=0o700)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)

    def add(self, trace: Trace) -> None:
        """Add a trace."""
        data = pack(trace.to_plain())
        self._held.append(data)
        self._bytes += len(data)
        self._names += f"{trace.case.id}\n".encode()
        if len(self._held) >= _MOST_TRACES or self._bytes >= _MOST_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        # The canonical bytes of the whole, around those of its traces, which are packed already.
        head = pack({"format": FORMAT, "corpus": self._name, "traces": []})[:-1]
        data = b"".join((head, _array_header(len(self._held)), *self._held))
        content = digest(data)
        file = f"{len(self._chunks) + 1:05}-{content[:_SHORT]}.msgpack"
        (self._partial / file).write_bytes(data)
        self._chunks.append(Chunk(file, len(self._held), len(data), content))
        self._held, self._bytes = [], 0
        self._ids.update(self._names)
        with (self._partial / _IDS).open("ab") as ids:
            ids.write(self._names)
        self._names.clear()

    def finish(self, about: Mapping[str, Any]) -> tuple[Chunk, ...]:
        """Write what is left and the manifest, and put the corpus in its place."""
        self._flush()
        (self._partial / _IDS).touch()
        index = f"{self._ids.hexdigest()[:_SHORT]}.{_IDS}"
        (self._partial / _IDS).rename(self._partial / index)
        chunks = [asdict(chunk) for chunk in self._chunks]
        content = {"format": FORMAT, **about, "index": index, "chunks": chunks}
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for file in self._partial.iterdir():
            file.replace(self._folder / file.name)
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self._folder / MANIFEST, text)
        current = {MANIFEST, index, *(chunk.file for chunk in self._chunks)}
        for file in self._folder.iterdir():
            if file.name not in current:
                file.unlink()
        return tuple(self._chunks)


def _array_header(count: int) -> bytes:
    if count < _FIX_ARRAY:
        return bytes([0x90 | count])
    return struct.pack(">BH", 0xDC, count) if count < _ARRAY_16 else struct.pack(">BI", 0xDD, count)
