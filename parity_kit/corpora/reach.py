"""`REACH.json`: which functions of the oracle each corpus runs, and which none does.

A verdict cannot speak of what no case runs. The file is written with the corpora and checked with
them; reading it needs no LangGraph.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.contract.errors import BadFileError
from parity_kit.corpora.areas import area_of
from parity_kit.corpora.corpus import FORMAT, REBUILD, CorpusName, read_bytes
from parity_kit.corpora.oracle_source import Function

REACH = "REACH.json"


@dataclass(frozen=True, slots=True)
class AreaReach:
    """How much of one area of LangGraph cases run: functions run, of those there are."""

    name: str
    run: int
    functions: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Every function of the oracle, and the corpora that run it."""

    oracle: str
    functions: Mapping[Function, tuple[CorpusName, ...]]

    def run_by(self, corpora: Collection[str] | None = None) -> frozenset[Function]:
        """Return the functions that some of these corpora run; without any named, that one does."""
        return frozenset(
            function
            for function, names in self.functions.items()
            if (names if corpora is None else set(names) & set(corpora))
        )

    def areas(self, corpora: Collection[str] | None = None) -> list[AreaReach]:
        """Return how much of each area these corpora run, in the order of the areas' names."""
        run = self.run_by(corpora)
        counts: dict[str, list[int]] = {}
        for function in self.functions:
            count = counts.setdefault(area_of(function.module), [0, 0])
            count[0] += function in run
            count[1] += 1
        return [AreaReach(name, *counts[name]) for name in sorted(counts)]

    def not_looked_at(self, corpora: Collection[str]) -> list[str]:
        """Return the areas of which these corpora run nothing at all."""
        return [area.name for area in self.areas(corpora) if not area.run]

    def merged(self, made: Mapping[CorpusName, frozenset[Function]]) -> Reach:
        """Return this with what some corpora run replaced; the others' entries stay."""
        return Reach(
            self.oracle,
            {
                function: tuple(
                    sorted(
                        {name for name in names if name not in made}
                        | {name for name, run in made.items() if function in run}
                    )
                )
                for function, names in self.functions.items()
            },
        )

    def to_json(self) -> str:
        """Return the content of the file: a line a function."""
        lines = [
            f"    {json.dumps(module)}: {{\n{',\n'.join(functions)}\n    }}"
            for module, functions in self._lines()
        ]
        head = f'{{\n  "format": {FORMAT},\n  "oracle": {json.dumps(self.oracle)},\n'
        return f'{head}  "functions": {{\n{",\n".join(lines)}\n  }}\n}}\n'

    def _lines(self) -> Iterator[tuple[str, list[str]]]:
        for module in sorted({function.module for function in self.functions}):
            yield (
                module,
                [
                    f"      {json.dumps(function.name)}: {json.dumps(list(names))}"
                    for function, names in sorted(self.functions.items())
                    if function.module == module
                ],
            )


def read_reach(fixtures: Path) -> Reach | None:
    """Return the reach of a folder of corpora; None where it has none, as a port's own may.

    Raises:
        BadFileError: If the file is no reach.
    """
    path = fixtures / REACH
    if not path.is_file():
        return None
    try:
        content = cast("dict[str, Any]", json.loads(read_bytes(path)))
        functions = {
            Function(str(module), str(name)): tuple(CorpusName(str(corpus)) for corpus in corpora)
            for module, entries in content["functions"].items()
            for name, corpora in entries.items()
        }
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}")  # noqa: TRY301  # told as the others
        return Reach(str(content["oracle"]), functions)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadFileError(
            f"expected format {FORMAT}, an oracle and functions by module ({error!r})",
            where=str(path),
            hint=REBUILD,
        ) from error
