"""What became of the mutants: one result each, kept in a journal, and rates by module."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from parity_kit.selftest.operators import Mutant
from parity_kit.selftest.stages import Kill


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mutant; neither killed nor skipped, it survived.

    `misplaced` is whether a kill does not name the place where the fault is known to show.
    """

    module: str
    what: str
    line: int
    kill: Kill | None = None
    skipped: str = ""
    misplaced: bool = False
    seconds: float = 0.0

    @classmethod
    def of(
        cls, mutant: Mutant, *, kill: Kill | None = None, skipped: str = "", seconds: float = 0.0
    ) -> Self:
        """Return the result of a mutant."""
        misplaced = kill is not None and mutant.shows not in kill.place
        line = mutant.lines.start
        return cls(mutant.module, mutant.what, line, kill, skipped, misplaced, seconds)

    @property
    def id(self) -> str:
        """The mutant's name."""
        return f"{self.module}: {self.what}"

    @property
    def survived(self) -> bool:
        """Whether nothing noticed the mutant."""
        return self.kill is None and not self.skipped

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the result that `to_json` wrote."""
        kill = data.pop("kill")
        return cls(**data, kill=None if kill is None else Kill(**kill))


class Journal:
    """The results so far of one self-test, in a file that outlives a kill."""

    def __init__(self, path: Path, asked: str) -> None:
        """Open the journal of what was `asked`; that of anything else begins anew."""
        self._path = path
        self.results: list[Result] = []
        first, *lines = path.read_text("utf-8").split("\n")[:-1] if path.is_file() else [""]
        if first == asked:
            self.results = [Result.from_json(json.loads(line)) for line in lines]
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{asked}\n", encoding="utf-8")

    def add(self, result: Result) -> None:
        """Append a result."""
        self.results.append(result)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result.to_json()) + "\n")

    def remove(self) -> None:
        """Remove the file: every mutant has its result."""
        self._path.unlink()


@dataclass(frozen=True, slots=True)
class Row:
    """The results in one module, or in all: counts by stage and by kind of kill."""

    module: str
    kills: Counter[str]
    kinds: Counter[str]
    survived: int
    equivalent: int
    skipped: int
    seconds: float

    @property
    def judged(self) -> int:
        """The mutants that count: neither skipped nor judged equivalent."""
        return self.kills.total() + self.survived

    @property
    def rate(self) -> float:
        """The share that was killed."""
        return self.kills.total() / self.judged if self.judged else 1.0

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain JSON."""
        counts = {"kills": dict(self.kills), "kinds": dict(self.kinds)}
        own = {name: getattr(self, name) for name in self.__slots__}
        return {**own, **counts, "judged": self.judged, "rate": self.rate}


def row(module: str, results: Sequence[Result], equivalent: Iterable[str]) -> Row:
    """Return the counts of some results; survivors judged `equivalent` count apart."""
    killed = [(result, result.kill) for result in results if result.kill is not None]
    survivors = [result for result in results if result.survived]
    alike = sum(result.id in set(equivalent) for result in survivors)
    times = [result.seconds for result, _ in killed]
    return Row(
        module,
        Counter(kill.stage for _, kill in killed),
        Counter(kill.kind for _, kill in killed),
        len(survivors) - alike,
        alike,
        sum(bool(result.skipped) for result in results),
        statistics.median(times) if times else 0.0,
    )


def rows(results: Sequence[Result], equivalent: Iterable[str]) -> list[Row]:
    """Return the counts by module, and last those of all."""
    modules = sorted({result.module for result in results})
    of_module = [
        row(module, [result for result in results if result.module == module], equivalent)
        for module in modules
    ]
    return [*of_module, row("all", results, equivalent)]
