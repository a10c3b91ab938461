"""Answers put aside until their cases are run again: in memory while they are small, then on disk.

The file has no name where the system can do that, so that it ends with the run, however that ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from parity_kit.contract import Outcome, outcome_from_plain, outcome_to_plain
from parity_kit.contract.canonical import pack, unpack

if TYPE_CHECKING:
    from parity_kit.contract.plain import Plain

IN_MEMORY = 16 << 20
"""Bytes of answers that are kept in memory."""
MOST_BYTES = 1 << 30
"""Bytes of answers that are kept for one gate."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where outcomes are in a spool."""

    start: int
    size: int


class Spool:
    """Outcomes of any number of cases in one temporary file, below `folder` if that is there."""

    def __init__(self, folder: Path | None) -> None:
        below = str(folder) if folder and folder.is_dir() else None
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=below)  # noqa: SIM115  # `close` closes it
        self._end = 0

    def put(self, outcomes: Sequence[Outcome]) -> Kept | None:
        """Keep outcomes, or return None: there is no room for them here, or on the disk."""
        data = pack([outcome_to_plain(outcome) for outcome in outcomes])
        kept = Kept(self._end, len(data))
        if kept.start + kept.size > MOST_BYTES:
            return None
        try:
            self._file.seek(kept.start)
            self._file.write(data)
        except OSError:
            return None
        self._end += kept.size
        return kept

    def get(self, kept: Kept) -> tuple[Outcome, ...]:
        """Return outcomes that were put here."""
        self._file.seek(kept.start)
        plain = cast("Sequence[Mapping[str, Plain]]", unpack(self._file.read(kept.size)))
        return tuple(map(outcome_from_plain, plain))

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
