"""What a candidate's authors say of it, as `claims.toml` beside the candidate's code keeps it.

source = "https://…"          where they say so
version = "0.1.15"            of what
["graph construction"]
"create StateGraph" = "yes"   or likely, partly, no, unknown
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates.manifest import Candidate, CommandSetup
from parity_kit.errors import BadManifestError
from parity_kit.matrix.rows import Row

FILE = "claims.toml"
ANSWERS = ("yes", "likely", "partly", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Claims:
    """What is claimed, by category and row, and where."""

    source: str = ""
    version: str = ""
    by_row: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


def read_claims(candidate: Candidate, rows: Sequence[Row]) -> Claims:
    """Return what is claimed of a candidate; nothing where no file says so.

    Raises:
        BadManifestError: If the file breaks a rule.
    """
    file = _file(candidate)
    if file is None:
        return Claims()
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _wrong(file, f"is not TOML: {error}") from error
    source, version = data.pop("source", None), data.pop("version", None)
    if not isinstance(source, str) or not isinstance(version, str):
        raise _wrong(file, "needs `source` and `version`: who says so, and of what")
    known = {row.key for row in rows}
    by_row: dict[tuple[str, str], str] = {}
    for category, answers in data.items():
        if not isinstance(answers, Mapping):
            raise _wrong(file, f"`{category}` is neither source, version nor a category")
        for name, answer in cast("Mapping[str, Any]", answers).items():
            if (category, name) not in known:
                raise _wrong(file, f"the matrix has no row {name!r} in {category!r}")
            if answer not in ANSWERS:
                raise _wrong(file, f"{name!r} is {answer!r}, not one of {', '.join(ANSWERS)}")
            by_row[category, name] = answer
    return Claims(source, version, by_row)


def _file(candidate: Candidate) -> Path | None:
    folders = [candidate.folder]
    if not isinstance(candidate.setup, CommandSetup):
        folders.append(candidate.setup.path)  # candidates that share their code share the claims
    return next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)


def _wrong(file: Path, problem: str) -> BadManifestError:
    return BadManifestError(problem, where=str(file), hint="see docs/matrix.md")
