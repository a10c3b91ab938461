"""What a session measures, and how: kept beside its pairs, so that a stopped one can go on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from parity_kit.bench.plan import Plan
from parity_kit.bench.statistics import MIN_PAIRS
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.files import read_text, write_atomically

FILE = "session.json"
VALUE_SECONDS = 0.1
"""What one value takes on the reference, by which loops are calibrated."""

QUICK_PAIRS = MIN_PAIRS
QUICK_SECONDS = 0.02
"""For a first look: as few pairs as an interval needs, and shorter values."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a session measures.

    `pairs` are measured for every workload; where that leaves it undecided, or slower, further
    pairs are added up to `extend_to`. A value takes about `value_seconds` on the reference.
    """

    pairs: int = 12
    extend_to: int = 0
    value_seconds: float = VALUE_SECONDS
    workloads: Sequence[str] = ()


def this_host() -> str:
    """Return what tells this machine from others without naming it."""
    return hashlib.sha256(" ".join(platform.uname()).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun: its `plan` is what all of its processes share."""

    candidates: list[str]
    seed: int
    settings: Settings
    plan: Plan
    host: str = field(default_factory=this_host)

    def write(self, folder: Path) -> None:
        """Keep it in the session's folder."""
        write_atomically(folder / FILE, json.dumps(dataclasses.asdict(self)))


def same_host(begun: Begun, folder: Path) -> Begun:
    """Return a session to resume, unless it began on another host.

    Raises:
        UsageError: If it did: its pairs would be of two machines.
    """
    if begun.host != this_host():
        raise UsageError(
            "the session began on another host, whose times cannot be compared with this one's",
            where=str(folder / FILE),
            hint="measure again, all on one host",
        )
    return begun


def read_begun(folder: Path) -> Begun:
    """Return the session that has begun in a folder.

    Raises:
        BadFileError: If there is none, or its file is broken.
    """
    file = folder / FILE
    if not file.is_file():
        raise BadFileError(
            "no session began here",
            where=str(folder),
            hint="give the folder that `parity-kit bench` printed when it began",
        )
    try:
        return TypeAdapter(Begun).validate_json(read_text(file))
    except ValidationError as error:
        raise BadFileError(
            f"is not a session that this version can resume: {error.error_count()} parts are wrong",
            where=str(file),
            hint="measure again",
        ) from error
