"""`REACH.json`: which functions of the oracle each corpus runs, and which none does.

It also holds which parameters each corpus gives another value than their default. A verdict cannot
speak of what no case runs. The file is written with the corpora and checked with them; reading it
needs no LangGraph.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import is_there, write_atomically
from parity_kit.corpora.areas import area_of
from parity_kit.corpora.corpus import FORMAT, REBUILD, CorpusName, read_bytes
from parity_kit.reference.functions import Function, Parameter, functions, parameters
from parity_kit.reference.watcher import Ran

REACH = "REACH.json"

ReachedBy = dict[CorpusName, Ran]
"""What each corpus runs."""
K = TypeVar("K", Function, Parameter)


@dataclass(frozen=True, slots=True)
class AreaReach:
    """How much of one area of LangGraph cases run: functions run, of those there are."""

    name: str
    run: int
    functions: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Every function of the oracle, and the corpora that run it.

    `parameters` holds every parameter with a default of the functions that users call, and the
    corpora that give it another value. `oracle` is LangGraph's version, `python` the minor version
    that the cases ran on: LangGraph has branches for some.
    """

    oracle: str
    python: str
    functions: Mapping[Function, tuple[CorpusName, ...]]
    parameters: Mapping[Parameter, tuple[CorpusName, ...]] = field(
        default_factory=dict[Parameter, tuple[CorpusName, ...]]
    )

    def run_by(self, corpora: Collection[str] | None = None) -> frozenset[Function]:
        """Return the functions that some of these corpora run; without any named, that one does."""
        return frozenset(
            function
            for function, names in self.functions.items()
            if (names if corpora is None else set(names) & set(corpora))
        )

    def ran(self, corpus: CorpusName) -> Ran:
        """Return what one corpus runs."""
        given = (parameter for parameter, names in self.parameters.items() if corpus in names)
        return Ran(self.run_by([corpus]), frozenset(given))

    def never_given(self) -> list[Parameter]:
        """Return the parameters that no corpus gives another value than their default."""
        return sorted(parameter for parameter, names in self.parameters.items() if not names)

    def corpora(self) -> frozenset[str]:
        """Return the corpora that run something."""
        return frozenset(name for names in self.functions.values() for name in names)

    def areas(self, corpora: Collection[str] | None = None) -> list[AreaReach]:
        """Return how much of each area these corpora run, the largest area first."""
        run = self.run_by(corpora)
        counts: dict[str, list[int]] = {}
        for function in self.functions:
            count = counts.setdefault(area_of(function.module), [0, 0])
            count[0] += function in run
            count[1] += 1
        names = sorted(counts, key=lambda name: (-counts[name][1], name))
        return [AreaReach(name, *counts[name]) for name in names]

    def not_looked_at(self, corpora: Collection[str]) -> list[str]:
        """Return the areas of which these corpora run nothing at all."""
        return [area.name for area in self.areas(corpora) if not area.run]

    def is_of_this_python(self) -> bool:
        """Whether the cases ran on the minor version of Python that runs now."""
        return self.python == this_python()

    def to_json(self) -> str:
        """Return the content of the file: a line a name, its corpora with spaces between."""
        modules: dict[str, dict[str, str]] = {}
        for function, corpora in sorted(self.functions.items()):
            modules.setdefault(function.module, {})[function.name] = " ".join(corpora)
        given: dict[str, dict[str, str]] = {}
        for parameter, corpora in sorted(self.parameters.items()):
            function = parameter.function
            name = f"{function.name}({parameter.name})"
            given.setdefault(function.module, {})[name] = " ".join(corpora)
        head = {"format": FORMAT, "oracle": self.oracle, "python": self.python}
        return json.dumps({**head, "functions": modules, "parameters": given}, indent=1) + "\n"


def this_python() -> str:
    """Return the minor version of Python that runs, such as 3.11."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def write_reach(fixtures: Path, oracle: str, made: ReachedBy) -> Reach:
    """Write what corpora run; entries of corpora that were not made again stay.

    Returns:
        What was written.
    """
    before = read_reach(fixtures)
    reach = Reach(
        oracle,
        this_python(),
        _merged(
            before.functions if before else {},
            functions(),
            {name: ran.functions for name, ran in made.items()},
        ),
        _merged(
            before.parameters if before else {},
            parameters(),
            {name: ran.given for name, ran in made.items()},
        ),
    )
    write_atomically(fixtures / REACH, reach.to_json())
    return reach


def _merged(
    kept: Mapping[K, tuple[CorpusName, ...]],
    known: Collection[K],
    made: Mapping[CorpusName, Collection[K]],
) -> Mapping[K, tuple[CorpusName, ...]]:
    """Return the corpora of each key: those that were made again, and the others as they were."""
    return {
        key: tuple(
            sorted(
                {name for name in kept.get(key, ()) if name not in made}
                | {name for name, keys in made.items() if key in keys}
            )
        )
        for key in known
    }


def read_reach(fixtures: Path) -> Reach | None:
    """Return the reach of a folder of corpora; None where it has none, as a port's own may.

    Raises:
        BadFileError: If the file is no reach.
    """
    path = fixtures / REACH
    if not is_there(path):
        return None
    try:
        content = cast("dict[str, Any]", json.loads(read_bytes(path)))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}")  # noqa: TRY301  # reported as the rest
        return Reach(
            str(content["oracle"]),
            str(content["python"]),
            dict(_entries(content["functions"])),
            {
                Parameter(Function(named.module, name), parameter): corpora
                for named, corpora in _entries(content.get("parameters", {}))
                for name, _, parameter in [named.name.removesuffix(")").rpartition("(")]
            },
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BadFileError(
            f"expected format {FORMAT}, an oracle and functions by module ({error!r})",
            where=str(path),
            hint=REBUILD,
        ) from error


def _entries(
    modules: Mapping[str, Mapping[str, str]],
) -> Iterator[tuple[Function, tuple[CorpusName, ...]]]:
    for module, names in modules.items():
        for name, corpora in names.items():
            yield Function(module, name), tuple(map(CorpusName, corpora.split()))
