"""What is said of a candidate, by its authors or by others, in the file that its manifest names.

source = "https://..."        where it is said
version = "0.1.15"            of what
as_a_whole = "yes"            said of all behaviour at once; may be left out
["graph construction"]
"create StateGraph" = "yes"   or likely, partly, no, unknown
[[speed]]
said = "2 to 3 times faster"  the words, as they are published
times = [2, 3]                how many times LangGraph's speed, from and to
workloads = ["sequential-5"]  those of the kit that they speak of
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from parity_kit.bench.catalogue import workloads
from parity_kit.candidates.manifest import Candidate
from parity_kit.contract.errors import BadManifestError
from parity_kit.contract.files import read_text
from parity_kit.gates.matrix.rows import Row

_SPEED = ("said", "times = [from, to]", "workloads of the kit")
ANSWERS = ("yes", "likely", "partly", "no", "unknown")


@dataclass(frozen=True, slots=True)
class SpeedClaim:
    """What is claimed of speed, and the workloads that it can be held against."""

    said: str
    times: tuple[float, float]
    workloads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """What is claimed, by category and row and of speed, and where."""

    source: str = ""
    version: str = ""
    by_row: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    speed: tuple[SpeedClaim, ...] = ()


def read_claims(candidate: Candidate, rows: Sequence[Row]) -> Claims:
    """Return what is claimed of a candidate; nothing where its manifest names no such file.

    Raises:
        BadManifestError: If the file breaks a rule.
    """
    file = candidate.claims
    if file is None:
        return Claims()
    try:
        data = tomllib.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise _wrong(file, f"is not TOML: {error}") from error
    source, version = data.pop("source", None), data.pop("version", None)
    if not isinstance(source, str) or not isinstance(version, str):
        raise _wrong(file, "needs `source` and `version`: who says so, and of what")
    speed = tuple(_speed(file, claim) for claim in data.pop("speed", []))
    by_row: dict[tuple[str, str], str] = {}
    if "as_a_whole" in data:
        overall = f"{_answer(file, 'as_a_whole', data.pop('as_a_whole'))}, as a whole"
        by_row.update({row.key: overall for row in rows})
    known = {row.key for row in rows}
    for category, answers in data.items():
        if not isinstance(answers, Mapping):
            raise _wrong(file, f"`{category}` is no category of the matrix")
        for name, answer in cast("Mapping[str, Any]", answers).items():
            if (category, name) not in known:
                raise _wrong(file, f"the matrix has no row {name!r} in {category!r}")
            by_row[category, name] = _answer(file, name, answer)
    return Claims(source, version, by_row, speed)


def _speed(file: Path, claim: Any) -> SpeedClaim:
    known = {workload.name for workload in workloads()}
    match claim:
        case {"said": str(said), "times": [int() | float() as low, int() | float() as high],
              "workloads": [str(), *_] as names}:  # fmt: skip
            if 0 < low <= high and set(names) <= known and len(claim) == len(_SPEED):
                return SpeedClaim(said, (low, high), tuple(names))
        case _:
            pass
    raise _wrong(file, f"a claim of speed is {claim!r}; it has {', '.join(_SPEED)}")


def _answer(file: Path, name: str, answer: Any) -> str:
    if answer not in ANSWERS:
        raise _wrong(file, f"{name!r} is {answer!r}, not one of {', '.join(ANSWERS)}")
    return answer


def _wrong(file: Path, problem: str) -> BadManifestError:
    return BadManifestError(problem, where=str(file), hint="see: parity-kit docs matrix")
