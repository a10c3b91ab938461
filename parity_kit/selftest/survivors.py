"""`survivors.toml`: judgements on survivors, and the floors that a self-test must reach."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import read_text
from parity_kit.selftest.results import Result, Row

FILE = Path(__file__).with_name("survivors.toml")
JUDGEMENTS = ("equivalent", "message only", "open")
"""What a survivor may be: no outcome can differ, only a text does, or a hole in the cases."""
_FEWEST = 10  # mutants of a module for which its floor holds


@dataclass(frozen=True, slots=True)
class Survivors:
    """The judgement on each known survivor, and the least kill rate of targets and modules."""

    judgements: Mapping[str, str]
    floors: Mapping[str, float]

    @property
    def equivalent(self) -> frozenset[str]:
        """The mutants that no outcome can tell from the original."""
        return frozenset(name for name, word in self.judgements.items() if word == "equivalent")

    def stale(self, results: Sequence[Result], known: Collection[str]) -> list[str]:
        """Return the judged survivors that were killed, or that no module in `known` makes."""
        modules = {name.partition(": ")[0] for name in known}
        killed = {result.id for result in results if result.kill is not None}
        return [
            name
            for name in self.judgements
            if name in killed or (name.partition(": ")[0] in modules and name not in known)
        ]

    def missed(self, target: str, rows: Sequence[Row]) -> Iterator[str]:
        """Yield the floors that were not reached: of the target, and of modules with enough."""
        for row in rows:
            name = target if row.module == "all" else row.module
            floor = self.floors.get(name)
            if floor is not None and row.judged >= _FEWEST and row.rate < floor:
                yield f"{name}: {row.rate:.0%} killed, and the floor is {floor:.0%}"


def read_survivors(target: str, path: Path = FILE) -> Survivors:
    """Return the judgements on a target's survivors, and the floors.

    Raises:
        BadFileError: If it is no such file.
    """
    try:
        content = tomllib.loads(read_text(path))
        by_word = cast("dict[str, dict[str, Any]]", content["survivors"].get(target, {}))
        if unknown := set(by_word) - set(JUDGEMENTS):
            raise ValueError(f"{min(unknown)!r} is no judgement")  # noqa: TRY301  # reported as the rest
        judgements = {name: word for word, names in by_word.items() for name in names}
        return Survivors(
            judgements, {name: float(rate) for name, rate in content["floors"].items()}
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadFileError(f"expected floors and survivors ({error})", where=str(path)) from error
