"""What became of LangGraph's tests in one round, and the journal that keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from parity_kit.contract.text import one_line
from parity_kit.upstream.plugin_names import DECLINED

_LONGEST = 500


class Outcome(StrEnum):
    """What became of one test; `LOST` is one whose process ended before it."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: what became of it, in seconds, and how often the candidate's functions ran in it.

    `error` and `place` say why it failed: the error's first line, and the library's deepest line.
    """

    __test__ = False

    test: str
    outcome: Outcome
    seconds: float = 0.0
    calls: Mapping[str, int] = field(default_factory=dict[str, int])
    error: str = ""
    place: str = ""

    @property
    def drove(self) -> bool:
        """Whether any of the candidate's functions ran."""
        return any(count for name, count in self.calls.items() if name != DECLINED)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Return the result in a line of a test process, which anything may have written.

        Raises:
            ValueError, TypeError: If it is none.
        """
        calls = {str(name): int(count) for name, count in dict(data.get("calls", {})).items()}
        test, error, place = (data.get(key, "") for key in ("test", "error", "place"))
        if not (isinstance(test, str) and isinstance(error, str) and isinstance(place, str)):
            raise TypeError("its words are no text")
        outcome, seconds = Outcome(data.get("outcome")), float(data.get("seconds", 0))
        short = [one_line(text)[:_LONGEST] for text in (test, error, place)]
        return cls(short[0], outcome, seconds, calls, short[1], short[2])


@dataclass(frozen=True, slots=True)
class FileResult:
    """The tests of one file in one round; `problem` says how its process failed, if it did."""

    suite: str
    file: str
    tests: tuple[TestResult, ...]
    seconds: float
    problem: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What names the file among all suites."""
        return self.suite, self.file

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the result that `to_json` wrote."""
        tests = tuple(TestResult.from_plain(test) for test in data.pop("tests"))
        return cls(**data, tests=tests)


class Journal:
    """The files of one round that are done, in a file that outlives a kill."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.files: dict[tuple[str, str], FileResult] = {}
        lines = path.read_text("utf-8").split("\n")[:-1] if path.is_file() else []
        for line in lines:
            result = FileResult.from_json(json.loads(line))
            self.files[result.key] = result

    def add(self, result: FileResult) -> None:
        """Append a file's result."""
        self.files[result.key] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result.to_json()) + "\n")

    def remove(self) -> None:
        """Forget it: the round is over, and the next begins anew."""
        self._path.unlink(missing_ok=True)


def tests_of(files: Sequence[FileResult]) -> dict[tuple[str, str], TestResult]:
    """Return the tests of a round by suite and name."""
    return {(file.suite, test.test): test for file in files for test in file.tests}
