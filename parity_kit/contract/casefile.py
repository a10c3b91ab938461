"""A case in a file, as a run writes it, to be replayed, explained and kept.

The file is one canonical MessagePack map: `format`, `candidate`, `case`, the outcomes of both sides
(the candidate's are missing where it gave none), and the `level` at which they were compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import read_file, write_atomically
from parity_kit.contract.model import Case, Level
from parity_kit.contract.outcomes import Outcome, outcome_from_plain, outcome_to_plain

FORMAT = "parity-kit case 1"
SUFFIX = ".case.msgpack"

_NAME_ONE = (
    "name a file from a run's cases/ folder or from fixtures/regressions/, a case written as YAML "
    "(parity-kit docs programs), or a case's id"
)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case, its candidate, the outcomes of both sides, and the level they were compared at."""

    case: Case
    candidate: str
    reference_outcomes: tuple[Outcome, ...]
    candidate_outcomes: tuple[Outcome, ...] | None
    level: Level = Level.BYTES

    def write(self, path: Path) -> None:
        """Write the file, making its folder."""
        theirs = self.candidate_outcomes
        data = {
            "format": FORMAT,
            "candidate": self.candidate,
            "case": self.case.to_plain(),
            "reference": [outcome_to_plain(outcome) for outcome in self.reference_outcomes],
            "outcomes": None if theirs is None else [outcome_to_plain(their) for their in theirs],
            "level": self.level.label,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, pack(data))


def read_case(path: Path) -> CaseFile:
    """Return what a case file holds.

    Raises:
        BadFileError: If it cannot be read or is not a case file.
    """
    return parse_case(read_file(path, hint=_NAME_ONE), path)


def parse_case(content: bytes, path: Path) -> CaseFile:
    """Return what the content of a case file holds; errors name `path`.

    Raises:
        BadFileError: If it is not a case file.
    """
    try:
        data = unpack(content)
    except ValueError as error:
        raise _not_a_case(path, f"not MessagePack ({error})") from error
    if not isinstance(data, Mapping) or cast("Mapping[str, Any]", data).get("format") != FORMAT:
        raise _not_a_case(path, f"no `format: {FORMAT}`")
    fields = cast("Mapping[str, Any]", data)
    try:
        theirs = fields["outcomes"]
        check_case(fields["case"])
        return CaseFile(
            Case.from_plain(fields["case"]),
            _text(fields["candidate"], "candidate"),
            _outcomes(fields["reference"]),
            None if theirs is None else _outcomes(theirs),
            # A file of before the level was kept was compared at the highest.
            Level[fields.get("level", "bytes").upper()],
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_a_case(path, f"{type(error).__name__}: {error}") from error


def check_case(data: Any) -> None:
    """Check the types of a case as plain data, which `Case.from_plain` takes for granted.

    Raises:
        KeyError, TypeError: If a part is missing or has another type.
    """
    case = _map(data, "case")
    _text(case["id"], "id")
    for feature in _list(case["features"], "features"):
        _text(feature, "features")
    subject = _map(case["subject"], "subject")
    _text(subject["kind"], "subject.kind")
    _map(subject["spec"], "subject.spec")
    for operation in _list(case["operations"], "operations"):
        _text(_map(operation, "operations")["name"], "operations.name")
        _map(operation["args"], "operations.args")
    if type(_map(case["pins"], "pins")["epoch"]) is not int:
        raise TypeError("pins.epoch is not an integer")


def _map(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):  # pyright: ignore[reportUnknownVariableType]  # foreign data
        raise TypeError(f"{where} is not a map of names")
    return cast("Mapping[str, Any]", value)


def _list(value: Any, where: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{where} is not a list")
    return cast("Sequence[Any]", value)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where} is not text")
    return value


def _outcomes(data: Sequence[Mapping[str, Any]]) -> tuple[Outcome, ...]:
    return tuple(outcome_from_plain(item) for item in data)


def _not_a_case(path: Path, problem: str) -> BadFileError:
    return BadFileError(
        f"not a case file: {problem}",
        where=str(path),
        hint=_NAME_ONE,
    )
