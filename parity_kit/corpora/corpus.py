"""One corpus: a family of fixtures, as canonical MessagePack with a readable index beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NewType, cast

from parity_kit.contract import Trace
from parity_kit.contract.canonical import Digest, digest, pack, unpack
from parity_kit.contract.casefile import check_case
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import read_file

FORMAT = 1
"""Version of the layout in docs/fixture-format.md."""

REBUILD = "restore it from version control, or regenerate it: parity-kit fixtures build"
_DIGEST_SHOWN = 12

CorpusName = NewType("CorpusName", str)


@dataclass(frozen=True, slots=True)
class Corpus:
    """A family of fixtures with one generator."""

    name: CorpusName
    traces: tuple[Trace, ...]

    def pack(self) -> bytes:
        """Return the canonical bytes, which are the content of the corpus's file."""
        traces = [trace.to_plain() for trace in self.traces]
        return pack({"format": FORMAT, "corpus": self.name, "traces": traces})

    def index(self) -> str:
        """Return the index: one line per case with its id, digest, size in bytes and features."""
        return "".join(f"{_index_line(trace)}\n" for trace in self.traces)


def trace_digest(trace: Trace) -> Digest:
    """Return the digest of a trace's canonical bytes."""
    return digest(pack(trace.to_plain()))


def _index_line(trace: Trace) -> str:
    # No padding, so that a new long id does not change other lines.
    data = pack(trace.to_plain())
    features = ",".join(trace.case.features)
    return f"{trace.case.id}  {digest(data)[:_DIGEST_SHOWN]}  {len(data)}  {features}"


def parse(data: bytes, where: Path) -> Corpus:
    """Parse a corpus from bytes; errors name `where`.

    Raises:
        BadFileError: If `data` is not a corpus in this format.
    """
    try:
        content = unpack(data)
    except ValueError as error:
        raise BadFileError(
            f"expected a corpus as MessagePack, but it does not decode ({error})",
            where=str(where),
            hint=REBUILD,
        ) from error
    if not isinstance(content, Mapping) or "format" not in content:
        raise BadFileError(
            "expected a map with format, corpus and traces", where=str(where), hint=REBUILD
        )
    parts = cast("Mapping[str, Any]", content)
    if parts["format"] != FORMAT:
        raise BadFileError(
            f"expected fixture format {FORMAT}, found {parts['format']!r}",
            where=str(where),
            hint="use the Parity Kit that wrote it, or regenerate it: parity-kit fixtures build",
        )
    try:
        traces = tuple(map(_trace, cast("Sequence[Mapping[str, Any]]", parts["traces"])))
        return Corpus(CorpusName(str(parts["corpus"])), traces)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadFileError(
            f"expected traces ({error!r}); see: parity-kit docs fixture-format",
            where=str(where),
            hint=REBUILD,
        ) from error


def _trace(data: Mapping[str, Any]) -> Trace:
    check_case(data["case"])
    return Trace.from_plain(data)


def read_corpus(path: Path) -> Corpus:
    """Return the corpus in a file.

    Raises:
        BadFileError: If the file is missing or is not a corpus.
    """
    return parse(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        BadFileError: If it cannot be read.
    """
    return read_file(path, hint=REBUILD)
